import inspect
from types import CodeType
from typing import Any

import pytest
from jsonschema import Draft202012Validator, _keywords, _legacy_keywords, _utils

from schemas.dialects import DIALECTS, DialectError
from schemas.effort import Effort, TooMuchWorkError, UndecidedError, bounded
from schemas.formats import FORMATS
from schemas.validation import KEYWORDS, MOST_MESSAGE, fits, meta_misfits, misfits, validator

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


def test_every_keyword_of_the_library_that_searches_or_compares_is_one_of_ours() -> None:
    for dialect in DIALECTS:
        ours = validator({"$schema": dialect}).VALIDATORS
        assert {name for name in KEYWORDS if name in ours} == {name for name in ours if name in KEYWORDS}
    helpers = {name for name, made in vars(_utils).items() if inspect.isfunction(made) and "re" in made.__code__.co_names}
    risky = {"re", "equal", "uniq", "Fraction", *helpers, "find_evaluated_item_indexes_by_schema"}
    found = {
        name
        for library in (_keywords, _legacy_keywords)
        for name, made in vars(library).items()
        if inspect.isfunction(made) and made.__module__ == library.__name__ and risky & names(made.__code__)
    }
    used = {name.removesuffix("_draft2019") for name in found if "draft3" not in name and not name.startswith("find_")}
    assert used == set(KEYWORDS)


def names(code: CodeType) -> set[str]:
    return set(code.co_names).union(*(names(part) for part in code.co_consts if isinstance(part, CodeType)))


def test_a_schema_elsewhere_is_never_fetched() -> None:
    with pytest.raises(UndecidedError, match=r"refers to .*schema, which it does not hold"):
        fits(validator({"$ref": "https://example.org/schema"}), 1)


def test_a_pattern_that_cannot_be_evaluated_is_found_with_its_reason_before_it_is_used() -> None:
    (refused,) = meta_misfits({"properties": {"a": {"pattern": "(?=x)"}}})
    assert str(refused.cause) == "The pattern '(?=x)' cannot be evaluated here: look-around is not supported."
    assert list(refused.absolute_path) == ["properties", "a", "pattern"]


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


PRICES = [cents / 100 for cents in range(1, 1_001)]


def test_every_price_in_cents_is_a_multiple_of_a_cent() -> None:
    cents = validator({"multipleOf": 0.01})
    assert [price for price in PRICES if not fits(cents, price)] == []
    assert [price for price in PRICES if fits(cents, price + 0.001)] == []


@pytest.mark.parametrize(
    ("divisor", "number", "fitting"),
    [
        pytest.param(0.1, 0.3, True, id="tenths"),
        pytest.param(0.1, 1.1, True, id="more tenths"),
        pytest.param(0.01, 4.35, True, id="hundredths"),
        pytest.param(0.01, 1.005, False, id="thousandths are none"),
        pytest.param(0.0001, 0.0075, True, id="small"),
        pytest.param(1e-8, 12391239123, True, id="a whole number of small parts"),
        pytest.param(1e-300, 1e300, True, id="far apart"),
        pytest.param(0.123456789, 1e308, False, id="large"),
        pytest.param(2, 10**400, True, id="400 digits"),
        pytest.param(0.5, 10**400 + 1, True, id="400 digits and a half"),
        pytest.param(0.3, 10**400, False, id="400 digits and no third"),
        pytest.param(3, -9, True, id="negative"),
        pytest.param(1.5, -4.5, True, id="negative halves"),
        pytest.param(0.01, 0, True, id="nothing"),
        pytest.param(0.01, -0.0, True, id="less than nothing"),
        pytest.param(1, 2**53 + 1, True, id="beyond floating whole numbers"),
        pytest.param(10, 2**53 + 1, False, id="and no tens"),
        pytest.param(1.0, 1e22, True, id="whole as floating"),
        pytest.param(5e-324, 1.0, True, id="the least number, as it is written"),
        pytest.param(1e-2, "19.99", True, id="a text is no number"),
    ],
)
def test_numbers_are_divided_as_they_are_written(divisor: float, number: Any, *, fitting: bool) -> None:
    assert fits(validator({"multipleOf": divisor}), number) is fitting


SAME: list[tuple[Any, Any]] = [(1, 1.0), (0, -0.0), (10**20, 1e20), ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}), ([], [])]
OTHER: list[tuple[Any, Any]] = [
    (1, True),
    (0, False),
    (0, None),
    (1, "1"),
    ([1], {"0": 1}),
    ({"a": None}, {}),
    ([1, 2], [2, 1]),
    (2**53, 2**53 + 1),
]
OTHER += [("", None), ("a", "A"), ("é", "e\u0301"), ([[]], [{}]), ({"a": 1}, {"a": True}), (2**53 + 1, float(2**53)), (1e-7, 0)]


@pytest.mark.parametrize("padding", [[], [{"x": i} for i in range(20)]], ids=["few", "many"])
@pytest.mark.parametrize(("one", "other", "same"), [(*p, True) for p in SAME] + [(*p, False) for p in OTHER])
def test_values_are_equal_as_json_has_it(one: Any, other: Any, padding: list[Any], *, same: bool) -> None:
    assert fits(validator({"const": one}), other) is same
    assert fits(validator({"const": other}), one) is same
    assert fits(validator({"enum": [*padding, one]}), other) is same
    assert fits(validator({"uniqueItems": True}), [*padding, one, other]) is not same


@pytest.mark.parametrize(
    ("dialect", "schema", "value", "fitting"),
    [
        pytest.param("draft-04", {"minimum": 1, "exclusiveMinimum": True}, 1, False, id="4: booleans beside bounds"),
        pytest.param("draft-04", {"maximum": 1, "exclusiveMaximum": False}, 1, True, id="4: and false ones"),
        pytest.param("draft-04", {"type": "integer"}, 1.0, False, id="4: no whole number is written with a point"),
        pytest.param("draft-06", {"type": "integer"}, 1.0, True, id="6: one is"),
        pytest.param("draft-06", {"exclusiveMinimum": 1}, 1, False, id="6: bounds of their own"),
        pytest.param("draft-07", {"$ref": "#/definitions/a", "maxLength": 1}, "abc", True, id="7: beside $ref nothing counts"),
        pytest.param("2019-09", {"$ref": "#/definitions/a", "maxLength": 1}, "abc", False, id="2019: it does"),
        pytest.param("2020-12", {"$ref": "#/definitions/a", "maxLength": 1}, "abc", False, id="2020: it does"),
        pytest.param("draft-07", {"items": [{"type": "null"}], "additionalItems": False}, [None, 1], False, id="7: items"),
        pytest.param("2019-09", {"items": [{"type": "null"}], "additionalItems": False}, [None, 1], False, id="2019: items"),
        pytest.param("2020-12", {"prefixItems": [{"type": "null"}], "items": False}, [None, 1], False, id="2020: prefixItems"),
        pytest.param("draft-07", {"dependencies": {"a": ["b"]}}, {"a": 1}, False, id="7: dependencies"),
        pytest.param("2020-12", {"dependencies": {"a": ["b"]}}, {"a": 1}, True, id="2020: no such word"),
        pytest.param("2020-12", {"dependentRequired": {"a": ["b"]}}, {"a": 1}, False, id="2020: dependentRequired"),
        pytest.param("draft-06", {"if": True, "then": False}, 1, True, id="6: no if"),
        pytest.param("draft-07", {"if": True, "then": False}, 1, False, id="7: if"),
        pytest.param("draft-04", {"const": 1}, 2, True, id="4: no const"),
        pytest.param("2019-09", {"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, False, id="2019: rest"),
        pytest.param("draft-07", {"unevaluatedProperties": False}, {"b": 1}, True, id="7: no rest"),
        pytest.param("draft-07", {"multipleOf": 0.01}, 4.35, True, id="7: numbers as they are written"),
        pytest.param("draft-04", {"pattern": "^\\d$"}, "٣", False, id="4: patterns of ECMA-262"),
    ],
)
def test_a_schema_means_what_its_dialect_says(dialect: str, schema: dict[str, Any], value: Any, *, fitting: bool) -> None:
    uri = next(each for each in DIALECTS if dialect in each)
    for named in (uri, f"{uri}#"):
        whole = {"$schema": named, "definitions": {"a": {"type": "string"}}, **schema}
        assert list(meta_misfits(whole)) == []
        assert fits(validator(whole), value) is fitting


@pytest.mark.parametrize(
    "named",
    [
        *["", "#", 7, None, ["x"], "https://example.org/mine", "http://json-schema.org/draft-03/schema#", "draft-07"],
        *["http://json-schema.org/schema#", "https://json-schema.org/draft-07/schema"],
        "https://json-schema.org/draft/next/schema",
    ],
)
def test_another_dialect_is_refused_by_name(named: Any) -> None:
    with pytest.raises(DialectError, match=r"its dialect .* is unknown; use https://json-schema"):
        validator({"$schema": named})


def test_a_message_is_kept_short_with_its_end() -> None:
    (error,) = misfits(validator({"maxItems": 1}), list(range(10_000)))
    assert len(error.message) == MOST_MESSAGE
    assert error.message.startswith("[0, 1, 2, 3")
    assert error.message.endswith("9998, 9999] is too long")


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def doubled(levels: int, word: str, last: str = "integer") -> dict[str, Any]:
    defs = {f"d{i}": {word: [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{levels}": {"type": last}}}


def objects(count: int) -> list[Any]:
    return [{"id": i, "name": f"n{i}", "at": [i, i / 2]} for i in range(count)]


WIDE = {f"k{i}": i for i in range(20_000)}
COLLIDING = [i * (2**61 - 1) for i in range(1, 5_001)]  # one hash in Python
LOOP = {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}
TIGHT = Effort(applications=200_000, pattern_s=0.5)


@pytest.mark.parametrize(
    ("schema", "value", "verdict"),
    [
        pytest.param({"uniqueItems": True}, objects(2_000), True, id="2,000 objects that differ"),
        pytest.param({"uniqueItems": True}, [*objects(2_000), objects(1)[0]], False, id="2,001 objects, two the same"),
        pytest.param({"uniqueItems": True}, [*range(2_000), {}, "a", None, True], True, id="values of every kind"),
        pytest.param({"uniqueItems": True}, COLLIDING, True, id="numbers of one hash"),
        pytest.param({"enum": objects(3_000)}, objects(3_001)[-1], False, id="none of 3,000 objects"),
        pytest.param({"items": {"enum": objects(3_000)}}, objects(3_000), True, id="3,000 objects of 3,000 objects"),
        pytest.param({"items": {"enum": [str(i) for i in range(3_000)]}}, [str(i) for i in range(3_000)], True, id="texts"),
        pytest.param({"const": objects(3_000)}, objects(3_000), True, id="a constant of 3,000 objects"),
        pytest.param({"multipleOf": 0.01}, 10**400, True, id="400 digits"),
        pytest.param({"multipleOf": 1e-300}, 10**4_000, True, id="4,000 digits"),
        pytest.param({"minimum": 1e308}, 10**400, True, id="400 digits and the largest floating number"),
        pytest.param({"type": "integer"}, 10**400, True, id="400 digits are whole"),
        pytest.param({"enum": [*range(20), 10**5_000]}, 1, None, id="a number that cannot be written"),
        pytest.param({"multipleOf": 0}, 1, None, id="nothing to divide by"),
        pytest.param({"minimum": "1"}, 1, None, id="a bound that is a text"),
        pytest.param({"type": "strin"}, 1, None, id="no such type"),
        pytest.param({"required": 3}, {}, None, id="names that are a number"),
        pytest.param({"properties": {"a": 3}}, {"a": 1}, None, id="a schema that is a number"),
        pytest.param({"$ref": "#"}, 1, None, id="a reference to itself"),
        pytest.param({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#"}}}, 1, None, id="a circle of two"),
        pytest.param(LOOP, 1, None, id="a circle that doubles"),
        pytest.param({"$ref": "#/nowhere"}, 1, None, id="a reference to nothing"),
        pytest.param({"$ref": 3}, 1, None, id="a reference that is a number"),
        pytest.param({"$dynamicRef": "#none"}, 1, None, id="a dynamic reference to nothing"),
        pytest.param({"items": {"$ref": "#"}}, nested(5_000), None, id="nested 5,000 deep"),
        pytest.param({"const": nested(5_000)}, nested(5_000), None, id="a constant nested 5,000 deep"),
        pytest.param(doubled(30, "allOf"), 1, None, id="allOf doubles thirty times"),
        pytest.param(doubled(30, "anyOf"), "a", None, id="anyOf doubles thirty times"),
        pytest.param(doubled(30, "oneOf"), 1, None, id="oneOf doubles thirty times"),
        pytest.param({"anyOf": [{"type": "string"}] * 3_000}, objects(2_000), None, id="3,000 long messages"),
        pytest.param(
            {"items": {"required": [f"k{i}" for i in range(9_000)]}}, [{}] * 9_000, False, id="many names, none there"
        ),
        pytest.param(
            {"items": {"properties": dict.fromkeys(WIDE, True)}}, [{}] * 9_000, None, id="many properties, many items"
        ),
        pytest.param({"patternProperties": {f"x{i}": True for i in range(500)}}, WIDE, None, id="many patterns, many keys"),
        pytest.param(
            {"patternProperties": {f"x{i}": True for i in range(500)}, "additionalProperties": False}, WIDE, None, id="others"
        ),
        pytest.param({"propertyNames": {"pattern": "^k"}}, WIDE, True, id="20,000 names"),
        pytest.param({"dependentRequired": {"k1": [f"k{i}" for i in range(9_000)]}}, WIDE, True, id="9,000 names needed"),
        pytest.param({"contains": {"const": -1}}, [*range(20_000)], False, id="none of 20,000"),
        pytest.param(
            {"unevaluatedProperties": False, **doubled(30, "allOf", "object")}, WIDE, None, id="what doubles is unevaluated"
        ),
        pytest.param({"pattern": "^(a+)+$"}, "a" * 100_000 + "!", False, id="a pattern that backtracking does not end"),
        pytest.param({"pattern": "[ab]*a[ab]{990}c"}, "ab" * 500_000, None, id="a search that would take seconds"),
        pytest.param({"pattern": "a"}, "\ud800", None, id="half of a surrogate pair"),
        pytest.param({"pattern": "(?=a)"}, "a", None, id="look-around"),
    ],
)
def test_hostile_schemas_and_values_are_decided_or_undecided_within_a_counted_effort(
    schema: dict[str, Any], value: Any, *, verdict: bool | None
) -> None:
    made = validator(schema)
    with bounded(TIGHT):
        assert decided(made, value) is verdict


def decided(made: Any, value: Any) -> bool | None:
    try:
        return fits(made, value)
    except UndecidedError as error:
        return None if str(error) else False
