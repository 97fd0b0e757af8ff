"""The one reader of JSON: what it takes, and what it refuses with which code and place."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.limits import DEPTH, depth_exceeds, text_depth_exceeds
from schemas.reading import UnreadableJsonError, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(' {"a": [1, 1.0, true, null, "x"]} ', {"a": [1, 1.0, True, None, "x"]}, id="every kind"),
        pytest.param("12345678901234567890", 12345678901234567890, id="more than 64 bits"),
        pytest.param("-" + "9" * 300, -int("9" * 300), id="as many digits as there may be"),
        pytest.param("1e308", 1e308, id="the largest power of ten"),
        pytest.param("1E-999", 0.0, id="too small to tell from zero"),
        pytest.param('"\\ud83d\\ude00"', "😀", id="both halves of a pair"),
        pytest.param('"\\\\ud83d"', "\\ud83d", id="an escaped backslash"),
        pytest.param(b'\xef\xbb\xbf"\xc3\xa9"', "é", id="bytes with a mark"),
        pytest.param('{"a": {"a": 1}}', {"a": {"a": 1}}, id="a key in two objects"),
        pytest.param("[" * DEPTH + "]" * DEPTH, json.loads("[" * DEPTH + "]" * DEPTH), id="as deep as may be"),
        pytest.param('"' + "[" * 500 + '"', "[" * 500, id="brackets within a text"),
    ],
)
def test_a_value_is_read_as_it_is_written(text: str | bytes, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        pytest.param('{"a": NaN}', "json.number", 1, 7, id="NaN"),
        pytest.param("[Infinity]", "json.number", 1, 2, id="infinity"),
        pytest.param("[-Infinity]", "json.number", 1, 2, id="minus infinity"),
        pytest.param("[\n 1e999]", "json.number", 2, 2, id="a float beyond all"),
        pytest.param("-1E+400", "json.number", 1, 1, id="a float below all"),
        pytest.param("9" * 299 + ".5e99", "json.number", 1, 1, id="digits and an exponent that are too much together"),
        pytest.param("1" * 301, "json.number", 1, 1, id="a digit too many"),
        pytest.param("[" + "1" * 5000 + "]", "json.number", 1, 2, id="more digits than Python reads"),
        pytest.param('{"a": 1, "a": 2}', "json.duplicate_key", 1, 10, id="a key twice"),
        pytest.param('{"a": 1, "\\u0061": 2}', "json.duplicate_key", 1, 10, id="a key twice, one escaped"),
        pytest.param('[{"b": 1,\n"b": 1}]', "json.duplicate_key", 2, 1, id="a key twice, further down"),
        pytest.param('["\\ud83d"]', "json.surrogate", 1, 2, id="the first half of a pair"),
        pytest.param('["\\uDE00\\uD83D"]', "json.surrogate", 1, 2, id="a pair the wrong way round"),
        pytest.param('{"\\ud83d": 1}', "json.surrogate", 1, 2, id="half of a pair in a key"),
        pytest.param('["a", "\ud83d"]', "json.surrogate", 1, 7, id="half of a pair, not escaped"),
        pytest.param(b'["\xff"]', "json.encoding", 1, 3, id="bytes that are not UTF-8"),
        pytest.param(b'["\xed\xa0\xbd"]', "json.encoding", 1, 3, id="half of a pair in bytes"),
        pytest.param(b"\xfe\xff\x001", "json.encoding", 1, 1, id="UTF-16"),
        pytest.param("[" * 129 + "]" * 129, "json.nesting", 1, 129, id="a level too many"),
        pytest.param('{"a":' * 129 + "1" + "}" * 129, "json.nesting", 1, 641, id="a level of objects too many"),
        pytest.param("[" * 100_000, "json.nesting", 1, 129, id="brackets without end"),
        pytest.param("[}" * 300, "json.invalid", 1, 2, id="brackets that do not match"),
        pytest.param("", "json.invalid", 1, 1, id="nothing"),
        pytest.param("{'a': 1}", "json.invalid", 1, 2, id="single quotes"),
        pytest.param("[1,,2]", "json.invalid", 1, 4, id="a comma too many"),
        pytest.param("[1 2]", "json.invalid", 1, 4, id="a comma too few"),
        pytest.param("01", "json.invalid", 1, 2, id="a zero first"),
        pytest.param("+1", "json.invalid", 1, 1, id="a plus"),
        pytest.param(".5", "json.invalid", 1, 1, id="no digit first"),
        pytest.param("undefined", "json.invalid", 1, 1, id="a word"),
        pytest.param('"a\nb"', "json.invalid", 1, 3, id="a line break within a text"),
        pytest.param("1 2", "json.invalid", 1, 3, id="two values"),
        pytest.param('{"a": 1', "json.invalid", 1, 8, id="no end"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused_with_its_place(text: str | bytes, code: str, line: int, column: int) -> None:
    with pytest.raises(UnreadableJsonError) as refused:
        read_json(text)

    assert (refused.value.code, refused.value.line, refused.value.column) == (code, line, column)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # drawing takes long on a busy machine
@given(VALUES, st.booleans())
def test_what_json_can_say_is_read_back(value: object, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    assert read_json(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(st.text() | st.text(alphabet='[]{}",:0123456789eE+-.\\udDfalsn '))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = read_json(text)
    except UnreadableJsonError:
        return
    assert read_json(json.dumps(value, allow_nan=False).encode()) == value


@given(VALUES, st.integers(0, 6))
def test_depth_is_counted_alike_in_values_and_texts(value: object, limit: int) -> None:
    assert depth_exceeds(value, limit) == text_depth_exceeds(json.dumps(value), limit)
