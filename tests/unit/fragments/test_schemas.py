from itertools import count
from typing import Any

import pytest

from fragments.schemas.acceptance import plainly_accepts
from fragments.schemas.defaults import after_filling
from fragments.schemas.fitting import Fit, fits, fits_when_present
from fragments.schemas.inference import in_words, schema_of
from fragments.schemas.inlining import UNKNOWN, inlined, is_unknown
from fragments.schemas.memory import ByIdentity
from fragments.schemas.paths import Found, Impossible, at_path
from fragments.schemas.soundness import schema_flaw, sound
from fragments.schemas.validators import accepts
from schemas.values import Json, Schema

INT, NUM, STR, NULL, OBJ, ARR = ({"type": kind} for kind in ("integer", "number", "string", "null", "object", "array"))


def obj(required: tuple[str, ...] = (), *, closed: bool = False, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        **({"additionalProperties": False} if closed else {}),
    }


DOUBLING = {"$ref": "#/$defs/d0"}
DOUBLING_DEFS = {"$defs": {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(60)} | {"d60": {}}}


@pytest.mark.parametrize(
    ("producer", "consumer", "expected"),
    [
        pytest.param({}, {}, Fit.YES, id="anything into anything"),
        pytest.param({}, STR, Fit.UNKNOWN, id="anything into a text"),
        pytest.param(STR, {"title": "x"}, Fit.YES, id="annotations ask nothing"),
        pytest.param(STR, False, Fit.NO, id="into nothing"),
        pytest.param(False, STR, Fit.YES, id="nothing comes"),
        pytest.param(STR, INT, Fit.NO, id="another type"),
        pytest.param(INT, NUM, Fit.YES, id="an integer is a number"),
        pytest.param(NUM, INT, Fit.UNKNOWN, id="a number may be an integer"),
        pytest.param({"type": ["string", "null"]}, STR, Fit.UNKNOWN, id="a text or null"),
        pytest.param({"type": ["string", "null"]}, {"type": ["null", "string", "array"]}, Fit.YES, id="one of several types"),
        pytest.param({"type": ["string", "null"]}, {"anyOf": [STR, NULL]}, Fit.YES, id="one of several cases"),
        pytest.param({"anyOf": [STR, NULL]}, {"anyOf": [INT, ARR]}, Fit.NO, id="none of several cases"),
        pytest.param({"oneOf": [STR, INT]}, {"oneOf": [STR, INT]}, Fit.YES, id="exactly one of several cases"),
        pytest.param(INT, {"oneOf": [INT, NUM]}, Fit.UNKNOWN, id="two of several cases, where one is wanted"),
        pytest.param({"allOf": [OBJ, {"required": ["a"]}]}, STR, Fit.NO, id="all of several parts, one of them decides"),
        pytest.param(INT, {"allOf": [NUM, {"minimum": 0}]}, Fit.UNKNOWN, id="into all of several parts"),
        pytest.param({"const": 3}, {"type": "integer", "minimum": 3}, Fit.YES, id="a constant that fits"),
        pytest.param({"const": 3}, {"enum": [1, 2]}, Fit.NO, id="a constant that does not"),
        pytest.param({"enum": [1, "a"]}, STR, Fit.UNKNOWN, id="an enumeration of which some fit"),
        pytest.param({"type": "boolean"}, {"enum": [True, False]}, Fit.YES, id="a boolean is true or false"),
        pytest.param(STR, {"const": 3}, Fit.NO, id="into a constant of another type"),
        pytest.param(STR, {"enum": ["a", 3]}, Fit.UNKNOWN, id="into an enumeration"),
        pytest.param({"type": "integer", "minimum": 5}, {"exclusiveMaximum": 5}, Fit.NO, id="ranges apart"),
        pytest.param(
            {"type": "integer", "minimum": 5, "maximum": 6}, {"minimum": 5, "maximum": 6}, Fit.YES, id="the same range"
        ),
        pytest.param({"type": "number", "exclusiveMinimum": 5}, {"minimum": 5}, Fit.YES, id="a range within"),
        pytest.param({"type": "number", "minimum": 5}, {"exclusiveMinimum": 5}, Fit.UNKNOWN, id="a range that reaches too far"),
        pytest.param({"type": "integer", "exclusiveMinimum": 3}, {"minimum": 4}, Fit.YES, id="the next integer"),
        pytest.param({"type": "integer", "minimum": 3.5}, {"maximum": 3.9}, Fit.NO, id="no integer between"),
        pytest.param({"type": "number", "minimum": 3.5}, {"maximum": 3.9}, Fit.UNKNOWN, id="a number between"),
        pytest.param({"type": "integer", "multipleOf": 4}, {"multipleOf": 2}, Fit.YES, id="multiples of a multiple"),
        pytest.param({"type": "integer", "multipleOf": 2}, {"multipleOf": 4}, Fit.UNKNOWN, id="multiples of a part"),
        pytest.param(INT, {"multipleOf": 1}, Fit.YES, id="every integer is a multiple of one"),
        pytest.param(NUM, {"multipleOf": 1}, Fit.UNKNOWN, id="not every number is"),
        pytest.param({"type": "number", "multipleOf": 0.5}, {"multipleOf": 0.5}, Fit.YES, id="the same multiples"),
        pytest.param({"type": "string", "format": "uri"}, {"format": "uri"}, Fit.YES, id="the same format"),
        pytest.param({"type": "string", "format": "date"}, {"format": "uri"}, Fit.UNKNOWN, id="another format"),
        pytest.param({"const": "x"}, {"type": "string", "format": "uri"}, Fit.UNKNOWN, id="a constant and a format"),
        pytest.param({"type": "string", "minLength": 5}, {"maxLength": 4}, Fit.NO, id="lengths apart"),
        pytest.param({"type": "string", "pattern": "^a"}, {"pattern": "^a"}, Fit.YES, id="the same pattern"),
        pytest.param(STR, {"pattern": "^a"}, Fit.UNKNOWN, id="a pattern"),
        pytest.param(STR, {"type": "string", "format": "uri"}, Fit.UNKNOWN, id="a format"),
        pytest.param(INT, {"pattern": "^a"}, Fit.YES, id="a pattern asks nothing of a number"),
        pytest.param(
            {"type": "array", "items": INT}, {"type": "array", "items": STR}, Fit.UNKNOWN, id="lists that may be empty"
        ),
        pytest.param(
            {"type": "array", "items": INT, "minItems": 1}, {"type": "array", "items": STR}, Fit.NO, id="lists that are not"
        ),
        pytest.param({"type": "array", "maxItems": 0}, {"type": "array", "items": STR}, Fit.YES, id="a list that is empty"),
        pytest.param(
            {"type": "array", "prefixItems": [INT, STR], "items": False, "minItems": 2},
            {"items": {"type": ["integer", "string"]}},
            Fit.YES,
            id="a pair",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [INT], "items": STR},
            {"prefixItems": [NUM], "items": STR},
            Fit.YES,
            id="a first and others",
        ),
        pytest.param({"type": "array", "items": False}, {"minItems": 1}, Fit.NO, id="a list that must not be empty"),
        pytest.param(ARR, {"uniqueItems": True}, Fit.UNKNOWN, id="different members"),
        pytest.param(obj(("a",), a=INT), obj(("a",), a=NUM), Fit.YES, id="an object"),
        pytest.param(obj(a=INT), obj(a=STR), Fit.UNKNOWN, id="a property that may be absent"),
        pytest.param(obj(("a",), a=INT), obj(a=STR), Fit.NO, id="a property that is not"),
        pytest.param(obj(a=INT, closed=True), obj(("b",)), Fit.NO, id="a property that can never be there"),
        pytest.param(obj(a=INT), obj(("b",)), Fit.UNKNOWN, id="a property that might be there"),
        pytest.param(obj(("a",), a=INT), obj(closed=True), Fit.NO, id="a property too many"),
        pytest.param(obj(a=INT, closed=True), obj(closed=True, a=INT, b=STR), Fit.YES, id="closed objects"),
        pytest.param(obj(), obj(closed=True), Fit.UNKNOWN, id="an open object into a closed one"),
        pytest.param({"type": "object", "additionalProperties": INT}, {"additionalProperties": NUM}, Fit.YES, id="maps"),
        pytest.param(obj(("a", "b")), {"minProperties": 2}, Fit.YES, id="counts of properties"),
        pytest.param(obj(a=INT, closed=True), {"minProperties": 2}, Fit.NO, id="counts of properties apart"),
        pytest.param(OBJ, {"patternProperties": {"^a": INT}}, Fit.UNKNOWN, id="patterns of properties"),
        pytest.param(OBJ, {"not": {"required": ["a"]}}, Fit.UNKNOWN, id="not"),
        pytest.param(UNKNOWN, STR, Fit.UNKNOWN, id="the unknown"),
        pytest.param(STR, UNKNOWN, Fit.UNKNOWN, id="into the unknown"),
        pytest.param({"const": 1}, {"allOf": [UNKNOWN, STR]}, Fit.NO, id="the unknown beside what decides"),
        pytest.param({"const": 1}, {"not": {"allOf": [UNKNOWN]}}, Fit.UNKNOWN, id="the unknown negated"),
    ],
)
def test_what_comes_out_is_compared_with_what_may_go_in(producer: Schema, consumer: Schema, expected: Fit) -> None:
    assert fits(producer, consumer) is expected


def test_a_likely_mistake_is_seen_when_what_may_be_absent_is_taken_for_there() -> None:
    assert fits_when_present({"type": "array", "items": INT}, {"type": "array", "items": STR}) is Fit.NO


def test_a_comparison_without_end_is_given_up() -> None:
    producer: Schema = INT
    consumer: Schema = NUM
    for _ in range(40):
        producer, consumer = {"anyOf": [producer, producer]}, {"anyOf": [consumer, consumer]}
    assert fits(producer, consumer) is Fit.UNKNOWN


BODY: Schema = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {
        "items": {"type": "array", "minItems": 1, "items": obj(("n",), n=INT)},
        "pair": {"type": "array", "prefixItems": [STR, INT], "items": False},
        "gone": False,
        "usual": {"type": "integer", "default": 3},
        "any": {"anyOf": [obj(("a",), a=INT, closed=True), obj(("a", "b"), a=STR, b=STR, closed=True)]},
        "map": {"type": "object", "additionalProperties": STR},
        "free": {},
        "maybe": {"type": ["object", "null"], "properties": {"x": INT}, "required": ["x"]},
    },
}


@pytest.mark.parametrize(
    ("path", "schema", "certain"),
    [
        pytest.param((), BODY, True, id="nowhere"),
        pytest.param(("items", 0, "n"), INT, True, id="what is always there"),
        pytest.param(("items", 1, "n"), INT, False, id="an item that need not be there"),
        pytest.param(("pair", 1), INT, False, id="the second of a pair"),
        pytest.param(("items", -1, "n"), INT, True, id="the last of a list that is not empty"),
        pytest.param(("items", -2, "n"), INT, False, id="the last but one"),
        pytest.param(("pair", -2), STR, False, id="the first of a pair, from the end"),
        pytest.param(("pair", -1), {"anyOf": [STR, INT]}, False, id="the last of a pair that may be shorter"),
        pytest.param(("any", "a"), {"anyOf": [INT, STR]}, False, id="one of two cases"),
        pytest.param(("any", "b"), STR, False, id="in one of two cases"),
        pytest.param(("map", "k"), STR, False, id="a key of a map"),
        pytest.param(("free", "x", 3), UNKNOWN, False, id="in what has no schema"),
        pytest.param(("maybe", "x"), INT, False, id="in what may be null"),
    ],
)
def test_a_path_leads_to_a_schema(path: tuple[str | int, ...], schema: Schema, *, certain: bool) -> None:
    assert at_path(BODY, path) == Found(schema=schema, certain=certain)


def test_a_default_makes_a_property_certain_where_defaults_count() -> None:
    assert at_path(after_filling(BODY), ("usual",)) == Found(schema={"type": "integer", "default": 3}, certain=True)
    assert at_path(BODY, ("usual",)) == Found(schema={"type": "integer", "default": 3}, certain=False)


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        pytest.param(("itms",), "itms", id="no such property"),
        pytest.param(("gone",), "gone", id="a property that is forbidden"),
        pytest.param(("items", "n"), "n", id="a name in a list"),
        pytest.param((0,), 0, id="an index in an object"),
        pytest.param(("pair", 2), 2, id="beyond a pair"),
        pytest.param(("any", "c"), "c", id="in no case"),
        pytest.param(("items", 0, "n", "x"), "x", id="in a number"),
    ],
)
def test_a_path_that_no_value_has_is_impossible(path: tuple[str | int, ...], missing: str | int) -> None:
    place = at_path(BODY, path)
    assert isinstance(place, Impossible)
    assert place.missing == missing


def test_paths_lead_into_known_values() -> None:
    assert at_path({"const": {"a": [1, 2]}}, ("a", 1)) == Found(schema={"const": 2})
    assert at_path({"enum": [{"a": 1}, {"a": 2}]}, ("a",)) == Found(schema={"anyOf": [{"const": 1}, {"const": 2}]})
    assert at_path({"enum": [{"a": 1}, {}]}, ("a",)) == Found(schema={"const": 1}, certain=False)
    assert isinstance(at_path({"const": {"a": [1, 2]}}, ("a", 2)), Impossible)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        pytest.param(3, (), id="a number"),
        pytest.param({"type": "objct"}, ("type",), id="an unknown type"),
        pytest.param(
            {"properties": {"a": {"items": {"minimum": "3"}}}}, ("properties", "a", "items", "minimum"), id="deep inside"
        ),
        pytest.param({"properties": {"a": 3}}, ("properties", "a"), id="a property that is no schema"),
        pytest.param({"properties": []}, ("properties",), id="properties as a list"),
        pytest.param({"anyOf": []}, ("anyOf",), id="no case"),
        pytest.param({"anyOf": [3]}, ("anyOf", 0), id="a case that is no schema"),
        pytest.param({"items": [STR]}, ("items",), id="items of an earlier draft"),
        pytest.param({"required": ["a", "a"]}, ("required",), id="a name twice"),
        pytest.param({"required": "a"}, ("required",), id="a name without a list"),
        pytest.param({"pattern": "["}, ("pattern",), id="a pattern that is none"),
        pytest.param({"patternProperties": {"[": {}}}, ("patternProperties",), id="a property pattern that is none"),
        pytest.param({"title": 3}, ("title",), id="a title that is no text"),
        pytest.param({"$ref": "https://x/y"}, ("$ref",), id="elsewhere"),
        pytest.param({"$ref": "#/$defs/gone"}, ("$ref",), id="nowhere"),
        pytest.param({"$ref": "#anchor", "$defs": {"a": {"$anchor": "anchor"}}}, ("$ref",), id="an anchor"),
        pytest.param({"$dynamicRef": "#a"}, ("$dynamicRef",), id="a dynamic reference"),
        pytest.param({"properties": {"a": {"$id": "x"}}}, ("properties", "a", "$id"), id="a resource within"),
        pytest.param({"$ref": "#"}, ("$ref",), id="itself"),
        pytest.param(
            {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
            ("$defs", "b", "not", "$ref"),
            id="in a circle",
        ),
        pytest.param({"pattern": "^(?=a)"}, ("pattern",), id="a pattern that looks ahead"),
        pytest.param({"properties": {"a": DOUBLING}, **DOUBLING_DEFS}, ("$defs", "d48"), id="what doubles at each level"),
        pytest.param(
            {
                "$ref": "#/$defs/d0",
                "$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(10_000)} | {"d10000": STR},
            },
            (),
            id="a chain of ten thousand references",
        ),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(schema: Any, path: tuple[str | int, ...]) -> None:
    flaw = schema_flaw(schema)
    assert flaw is not None
    assert flaw[0] == path
    assert is_unknown(sound(schema))


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(True, id="true"),
        pytest.param({}, id="nothing asked"),
        pytest.param(
            {"const": {"$ref": "https://x"}, "enum": [{"type": 3}], "default": {"$ref": 3}}, id="values that look like schemas"
        ),
        pytest.param({"properties": {"$ref": STR, "const": {"items": STR}}}, id="properties named as keywords"),
        pytest.param(
            {"properties": {"next": {"$ref": "#"}, "a": {"$ref": "#/$defs/a"}}, "$defs": {"a": STR}},
            id="recursion into the value",
        ),
        pytest.param(
            {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": STR}}, id="another draft's name"
        ),
    ],
)
def test_what_is_a_schema_has_no_flaw(schema: Any) -> None:
    assert schema_flaw(schema) is None


def test_references_within_a_schema_are_written_out() -> None:
    schema = {
        "$defs": {"a/b": {"type": "array", "items": {"$ref": "#/$defs/c"}}, "c": INT},
        "properties": {"x": {"$ref": "#/$defs/a~1b", "minItems": 1}},
    }
    assert inlined(schema) == {"properties": {"x": {"allOf": [{"type": "array", "items": INT}, {"minItems": 1}]}}}


def test_what_refers_to_itself_is_unknown_from_there_on() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert inlined(schema) == {"type": "object", "properties": {"next": {"type": "object", "properties": {"next": UNKNOWN}}}}


def test_references_that_double_every_time_end_as_unknown() -> None:
    defs: dict[str, Any] = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)}
    written = inlined({"$ref": "#/$defs/d0", "$defs": defs | {"d40": STR}})
    assert is_unknown(at_path(written, ("x",)).schema)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": [1, "x", None, {"b": 2.5}], "c": True}, id="an object"),
        pytest.param([[], [1], [1.0, 2]], id="lists"),
        pytest.param([{str(i): i} for i in range(50)], id="many different members"),
        pytest.param(1.0, id="a whole float"),
    ],
)
def test_a_value_satisfies_the_schema_that_was_inferred_from_it(value: Any) -> None:
    assert accepts(schema_of(value), value)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        pytest.param(True, "any value", id="anything"),
        pytest.param({"type": ["string", "null"]}, "a text or null", id="two types"),
        pytest.param({"type": "array", "items": INT}, "a list of integers", id="a list"),
        pytest.param(obj(a=INT, b=STR), "an object with a, b", id="an object"),
        pytest.param({"enum": ["a", 1]}, 'one of "a", 1', id="an enumeration"),
        pytest.param({"const": 4.5}, "a number", id="a known value"),
        pytest.param({"anyOf": [INT, STR, INT]}, "an integer or a text", id="cases"),
    ],
)
def test_schemas_are_told_in_words(schema: Schema, words: str) -> None:
    assert in_words(schema) == words


@pytest.mark.parametrize(
    "text", ["", "a", "bb", "ü€", "ccc", "dddd", "\U0001f30b\U0001f30b\U0001f30b", 5, 2.5, None, True, [], {"a": 1}], ids=repr
)
@pytest.mark.parametrize(
    "schema",
    [{"minLength": 2}, {"type": "string", "maxLength": 3}, {"type": "string", "minLength": 2, "maxLength": 3, "format": "x"}],
    ids=repr,
)
def test_a_text_is_judged_by_its_length_where_a_schema_asks_no_more(schema: dict[str, Any], text: Json) -> None:
    judged = [plainly_accepts(schema, other) for other in ("x", "yy", "zzz", "zzzz", text)]
    assert judged == [accepts(schema, other) for other in ("x", "yy", "zzz", "zzzz", text)]


def test_what_was_worked_out_for_an_object_is_never_given_for_one_like_it() -> None:
    numbers = count(1)
    number = ByIdentity(lambda _: next(numbers), most=2)
    one, other, third = {"a": 1}, {"a": 1}, {"a": 1}
    assert [number(one), number(other), number(one), number(other)] == [1, 2, 1, 2]
    assert [number(third), number(one)] == [3, 4]  # a third was too many, and all was forgotten
