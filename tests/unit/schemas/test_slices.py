import json
import random
from json import JSONDecodeError
from typing import Any

import pytest

from schemas import slices
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import canonical

LONG = slices.PIECE
VALUES: dict[str, Any] = {
    "objects": [{"id": i, "name": f"item {i}", "v": [i, i + 1, 1.5]} for i in range(9_000)],
    "integers": list(range(60_000)),
    "floats and constants": [1.5, True, None, False, -0.0, 1e300] * 9_000,
    "empty lists": [[] for _ in range(90_000)],
    "empty objects": [{} for _ in range(90_000)],
    "one object of many members": {f"key {i}": i for i in range(30_000)},
    "an object of objects": {f"key, {i}": {"a": [1, {"b": "x,"}]} for i in range(9_000)},
    "texts that look like JSON": ['},"],[{', "a\\", '"', "],", "\\u0041", "é\u2028", "😀"] * 5_000,
    "one long text": 'é"\\\n' * LONG,
    "a long text in a list": ["x" * 3 * LONG, 1, "y" * 3 * LONG],
    "a long key": {"k" * 2 * LONG: 1, "l" * 2 * LONG: {"m": "n" * LONG}},
    "nested": json.loads('{"a":' * 60 + "[" + '{"a":[]},' * 30_000 + "1]" + "}" * 60),
    "mixed": [[i, {"a": "x" * (i % 700)}, [], {}, "t"] for i in range(2_000)],
    "lists of lists of lists": [[[1, 2], [3]] for _ in range(9_000)],
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("indent", [None, 1], ids=["compact", "indented"])
def test_a_long_text_is_read_as_json_reads_it(name: str, indent: int | None) -> None:
    text = json.dumps(VALUES[name], indent=indent, ensure_ascii=bool(indent))
    assert len(text) > LONG
    assert slices.loads(text) == VALUES[name]
    assert read_json(text, decode=slices.decode) == VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_a_large_value_is_written_as_json_writes_it(name: str) -> None:
    assert slices.canonical(VALUES[name]) == canonical(VALUES[name])
    assert slices.dumps(VALUES[name]) == json.dumps(VALUES[name], separators=(",", ":"), ensure_ascii=False)


def test_values_that_hold_each_other_at_random_are_read_and_written_alike() -> None:
    chance = random.Random(7)

    def value(depth: int) -> Any:
        kind = chance.randrange(7 if depth else 5)
        if kind >= 5:
            count = chance.choice([0, 1, 3, 40])
            parts = [value(depth - 1) for _ in range(count)]
            mark = chance.choice(["k", ",", "}", '"'])
            return parts if kind == 5 else {f"{mark}{i}": part for i, part in enumerate(parts)}
        return [chance.randrange(-9, 10**9), chance.random(), "text, [" * chance.randrange(30), None, True][kind]

    for _ in range(8):
        made = [value(4) for _ in range(120)]
        text = json.dumps(made)
        assert slices.loads(text) == made
        assert slices.canonical(made) == canonical(made)


@pytest.mark.parametrize("size", [LONG - 1, LONG, LONG + 1, 2 * LONG])
def test_a_value_that_ends_where_a_piece_ends_is_whole(size: int) -> None:
    for padding in range(6):
        made = ["x" * (size - padding), {"a": 12345}, [67890]]
        assert slices.loads(json.dumps(made)) == made


BROKEN = {
    "nothing": " " * 2 * LONG,
    "cut off": json.dumps(VALUES["objects"])[:-100],
    "a comma at the end": json.dumps(VALUES["integers"])[:-1] + ",]",
    "no comma": json.dumps(VALUES["objects"]).replace("}, {", "} {"),
    "something after": json.dumps(VALUES["integers"]) + " x",
    "another bracket": json.dumps(VALUES["objects"])[:-1] + "}",
    "a word in the middle": json.dumps(VALUES["integers"]).replace("30000", "wrong"),
    "a key without quotes": json.dumps(VALUES["one object of many members"]).replace('"key 20000"', "key"),
    "no colon": json.dumps(VALUES["one object of many members"]).replace('"key 20000":', '"key 20000"'),
    "a text without end": json.dumps(["x" * 3 * LONG])[:-2],
    "a control character": json.dumps(["x" * 3 * LONG]).replace("x]", "\n]").replace('x"]', '\n"]'),
    "a wrong escape": json.dumps(["x" * 3 * LONG, "a"]).replace('"a"', '"\\q"'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_long_text_is_told_as_json_tells_it(name: str) -> None:
    with pytest.raises(JSONDecodeError) as expected:
        json.loads(BROKEN[name])
    with pytest.raises(JSONDecodeError) as told:
        slices.loads(BROKEN[name])
    assert (told.value.msg, told.value.pos) == (expected.value.msg, expected.value.pos)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("{" + ",".join(f'"k{i}":{i}' for i in range(20_000)) + ',"k7":2}', "json.duplicate_key", id="a key twice"),
        pytest.param("[" + "1," * 70_000 + "NaN]", "json.number", id="no number"),
        pytest.param("[" + "1," * 70_000 + "1" * 400 + "]", "json.number", id="digits"),
        pytest.param("[" + "1," * 70_000 + "1e999]", "json.number", id="infinite"),
        pytest.param("[" + "1," * 70_000 + '"\\ud800"]', "json.surrogate", id="half a character"),
        pytest.param("[" * 200 + "]" * 200 + " " * LONG, "json.nesting", id="too deep"),
    ],
)
def test_what_no_door_takes_is_refused_in_pieces_too(text: str, code: str) -> None:
    with pytest.raises(UnreadableJsonError) as whole:
        read_json(text)
    with pytest.raises(UnreadableJsonError) as pieces:
        read_json(text, decode=slices.decode)
    assert whole.value.code == pieces.value.code == code
    assert str(whole.value) == str(pieces.value)


def test_what_cannot_be_written_is_refused_as_json_refuses_it() -> None:
    for wrong in (float("nan"), float("inf"), object()):
        with pytest.raises((ValueError, TypeError)):
            slices.canonical([1] * 10_000 + [wrong])


@pytest.mark.parametrize(
    ("value", "heavy"),
    [
        pytest.param(None, False, id="null"),
        pytest.param({"a": [1, 2, {"b": "text"}]}, False, id="small"),
        pytest.param([0] * slices.VALUES, False, id="as many values as fit"),
        pytest.param([0] * (slices.VALUES + 1), True, id="one too many"),
        pytest.param("x" * LONG, False, id="as long as fits"),
        pytest.param("x" * (LONG + 1), True, id="too long"),
        pytest.param({"k" * (LONG + 1): 1}, True, id="a long key"),
        pytest.param([["x" * 1_000] * 100], True, id="long in all"),
    ],
)
def test_a_value_is_heavy_by_its_values_and_characters(value: Any, *, heavy: bool) -> None:
    assert slices.is_heavy(value) is heavy
