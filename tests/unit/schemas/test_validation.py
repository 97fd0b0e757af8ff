import inspect
from typing import Any

import pytest
from jsonschema import Draft202012Validator, _keywords, _utils
from jsonschema.exceptions import SchemaError
from referencing.exceptions import Unresolvable

from schemas.effort import Effort, TooMuchWorkError, bounded
from schemas.validation import FORMATS, PATTERNS, SEARCHING, validator

BUSY = "a" * 60 + "!"
RUNAWAY = "^(a+)+$"


def told(found: Any) -> list[tuple[list[Any], str]]:
    return sorted((list(error.absolute_path), error.message) for error in found)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"pattern": "b"}, "abc", id="a pattern that matches"),
        pytest.param({"pattern": "^b"}, "abc", id="a pattern that does not"),
        pytest.param({"pattern": "^b"}, 3, id="a pattern and no text"),
        pytest.param({"patternProperties": {"^a": {"type": "string"}}}, {"a1": 1, "b": 1}, id="keys that match"),
        pytest.param({"patternProperties": {"^a": {}}, "additionalProperties": False}, {"a": 1, "b": 1}, id="no other keys"),
        pytest.param(
            {"properties": {"b": {}}, "patternProperties": {"^a": {}, "c$": {}}, "additionalProperties": {"type": "null"}},
            {"a": 1, "b": 1, "xc": 1, "d": 1},
            id="other keys of a type",
        ),
        pytest.param({"additionalProperties": False, "properties": {"a": {}}}, {"a": 1, "b": 1, "c": 2}, id="named keys only"),
        pytest.param(
            {"allOf": [{"patternProperties": {"^a": {}}}], "unevaluatedProperties": False},
            {"ab": 1, "b": 1},
            id="unevaluated keys",
        ),
        pytest.param(
            {"$ref": "#/$defs/x", "unevaluatedProperties": False, "$defs": {"x": {"patternProperties": {"^a": {}}}}},
            {"ab": 1, "b": 1},
            id="unevaluated keys behind a reference",
        ),
        pytest.param({"propertyNames": {"pattern": "^a$"}}, {"a": 1, "b": 1}, id="names of keys"),
        pytest.param({"not": {"pattern": "a"}}, "cat", id="turned around"),
        pytest.param({"oneOf": [{"pattern": "a"}, {"pattern": "t"}]}, "cat", id="one of two"),
    ],
)
def test_everything_is_told_as_the_library_tells_it(schema: dict[str, Any], value: Any) -> None:
    assert told(validator(schema).iter_errors(value)) == told(Draft202012Validator(schema).iter_errors(value))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"pattern": RUNAWAY}, BUSY, id="pattern"),
        pytest.param({"patternProperties": {RUNAWAY: False}}, {BUSY: 1}, id="patternProperties"),
        pytest.param(
            {"patternProperties": {RUNAWAY: True}, "additionalProperties": True}, {BUSY: 1}, id="additionalProperties"
        ),
        pytest.param({"patternProperties": {RUNAWAY: True}, "additionalProperties": {}}, {BUSY: 1}, id="of any other key"),
        pytest.param(
            {"patternProperties": {RUNAWAY: True}, "unevaluatedProperties": {}}, {BUSY: 1}, id="unevaluatedProperties"
        ),
        pytest.param({"propertyNames": {"not": {"pattern": RUNAWAY}}}, {BUSY: 1}, id="propertyNames"),
        pytest.param({"$ref": "#/$defs/x", "$defs": {"x": {"not": {"pattern": RUNAWAY}}}}, BUSY, id="behind a reference"),
        pytest.param(
            {"not": {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": RUNAWAY}},
            BUSY,
            id="a dialect within",
        ),
        pytest.param(
            {"not": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": RUNAWAY}},
            BUSY,
            id="another dialect within",
        ),
        pytest.param({"if": {"pattern": RUNAWAY}, "then": False}, BUSY, id="a condition"),
        pytest.param({"contains": {"pattern": RUNAWAY}, "minContains": 0}, [BUSY], id="in a list"),
    ],
)
def test_no_pattern_runs_away_wherever_it_stands(schema: dict[str, Any], value: Any) -> None:
    validator(schema).is_valid(value)  # with `re` this would not end


def test_every_keyword_of_the_library_that_searches_has_been_given_our_search() -> None:
    helpers = {name for name, made in vars(_utils).items() if inspect.isfunction(made) and "re" in made.__code__.co_names}
    assert helpers == {"find_additional_properties", "find_evaluated_property_keys_by_schema"}
    searching = {
        name
        for name, made in vars(_keywords).items()
        if inspect.isfunction(made) and made.__module__ == _keywords.__name__ and {"re", *helpers} & set(made.__code__.co_names)
    }
    assert searching == set(SEARCHING)
    assert set(SEARCHING) <= {
        name for name, made in Draft202012Validator.VALIDATORS.items() if made is vars(_keywords).get(name)
    }


def test_a_schema_elsewhere_is_never_fetched() -> None:
    with pytest.raises(Unresolvable):
        validator({"$ref": "https://example.org/schema"}).is_valid(1)


def test_a_pattern_that_cannot_be_evaluated_is_found_with_its_reason_before_it_is_used() -> None:
    with pytest.raises(SchemaError) as refused:
        Draft202012Validator.check_schema({"properties": {"a": {"pattern": "(?=x)"}}}, format_checker=PATTERNS)
    assert str(refused.value.cause) == "The pattern '(?=x)' cannot be evaluated here: look-around is not supported."
    assert list(refused.value.absolute_path) == ["properties", "a", "pattern"]


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        pytest.param("regex", "a+", True, id="a pattern"),
        pytest.param("regex", "(", False, id="no pattern"),
        pytest.param("regex", "(" * 100_000, False, id="nested without end"),
        pytest.param("date", "2024-02-30", False, id="the formats of the library, too"),
    ],
)
def test_formats_are_asserted_where_asked_for(kind: str, value: str, *, fits: bool) -> None:
    assert validator({"format": kind}, formats=FORMATS).is_valid(value) is fits
    assert validator({"format": kind}).is_valid(value)


def test_a_schema_that_doubles_at_each_level_of_a_value_is_given_up() -> None:
    schema = {"properties": {"a": {"$ref": "#"}}, "patternProperties": {"^a$": {"$ref": "#"}}}
    value: dict[str, Any] = {}
    for _ in range(60):
        value = {"a": value}
    with pytest.raises(TooMuchWorkError, match="too much work"), bounded(Effort(applications=10_000, pattern_s=10)):
        validator(schema).is_valid(value)
    with bounded(Effort(applications=10_000, pattern_s=10)):
        assert validator(schema).is_valid({"a": {"a": {}}})
