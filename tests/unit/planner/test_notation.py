import pytest

from planner.notation import inferred, sample, shape, sketch
from schemas.values import Json

POINT = {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}, "y": {"type": "number", "default": 0}}}


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        pytest.param(True, "any", id="anything"),
        pytest.param(False, "nothing", id="nothing"),
        pytest.param({}, "any", id="no keyword"),
        pytest.param({"type": ["string", "null"]}, "string | null", id="several types"),
        pytest.param({"enum": ["a", 1, None]}, '"a" | 1 | null', id="enum"),
        pytest.param({"const": "x"}, '"x"', id="const"),
        pytest.param({"type": "integer", "minimum": 1, "maximum": 9}, "integer (>= 1, <= 9)", id="limits"),
        pytest.param({"type": "array", "items": {"type": "string"}}, "[string, ...]", id="list"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string | number", id="alternatives"),
        pytest.param({"type": "object"}, "{[key]: any}", id="open object"),
        pytest.param({"type": "object", "additionalProperties": False}, "{}", id="empty object"),
        pytest.param({"type": "object", "additionalProperties": {"type": "string"}}, "{[key]: string}", id="dictionary"),
        pytest.param(POINT, "{\n  x: number,\n  y?: number = 0,\n}", id="object"),
        pytest.param(
            {**POINT, "additionalProperties": True},
            "{\n  x: number,\n  y?: number = 0,\n  [any other key]: any,\n}",
            id="open end",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "string", "description": "Of\n  two lines."}}},
            "{\n  a?: string,  // Of two lines.\n}",
            id="comment",
        ),
        pytest.param({"type": "object", "required": ["a"]}, "{\n  a: any,\n}", id="required and not described"),
        pytest.param(
            {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/tree"}}}}},
            "{\n  next?: tree,\n}",
            id="a definition within itself",
        ),
        pytest.param({"not": {"type": "null"}}, 'any & {"not": {"type": "null"}}', id="a keyword without a sign"),
    ],
)
def test_a_schema_is_written_in_the_short_notation(schema: Json, written: str) -> None:
    assert sketch(schema) == written


def test_comments_can_be_left_out() -> None:
    assert sketch({"type": "object", "properties": {"a": {"description": "Said."}}}, described=False) == "{\n  a?: any,\n}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("secret text", "string", id="text"),
        pytest.param(True, "boolean", id="boolean is no number"),
        pytest.param(None, "null", id="null"),
        pytest.param([], "[any, ...0 items]", id="empty list"),
        pytest.param([1, 2.5, None], "[null | number, ...3 items]", id="mixed list"),
        pytest.param([{"a": 1}, {"a": 2, "b": "x"}], "[{\n  a: integer,\n  b?: string,\n}, ...2 items]", id="a key of some"),
        pytest.param(
            {"b": 1, "a": [[1], ["x"]]}, "{\n  a: [[integer | string, ...], ...2 items],\n  b: integer,\n}", id="nested"
        ),
    ],
)
def test_a_value_is_summed_up_by_its_shape_alone(value: Json, written: str) -> None:
    assert shape(value) == written


def test_the_shape_does_not_depend_on_the_order_of_keys() -> None:
    assert inferred({"a": 1, "b": "x"}) == inferred({"b": "x", "a": 1})


def test_a_sample_cuts_lists_and_texts_and_keeps_keys() -> None:
    assert sample({"rows": [1, 2, 3], "text": "x" * 9}, items=2, characters=4) == {"rows": [1, 2], "text": "xxxx..."}
