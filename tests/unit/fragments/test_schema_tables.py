"""What each function of `fragments.schemas` makes of schemas of every shape, held against values that are tried one by one."""

import json

import pytest

from fragments.schemas.defaults import after_filling
from fragments.schemas.fitting import Fit, fits, fits_when_present, known_values, provable, takes_all
from fragments.schemas.inference import in_words, schema_of
from fragments.schemas.inlining import inlined
from fragments.schemas.loosening import of_literals, written
from fragments.schemas.nulls import may_be_null, or_null, without_null
from fragments.schemas.paths import Found, Impossible, at_path
from fragments.schemas.soundness import schema_flaw
from fragments.schemas.validators import accepts
from schemas.values import Json, Schema
from tests.support.schemas import SCHEMAS
from tests.support.telling import hear

VALUES: list[Json] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        3,
        4,
        -1,
        1.0,
        1.5,
        2.5,
        "",
        "a",
        "b",
        "abc",
        "2026-01-31",
        [],
        [1],
        [2, 3],
        [1, "x"],
        ["x", 1],
    ),
    *(
        ["a", "b"],
        ["a", "a"],
        [1, 1],
        [None],
        {},
        {"a": 1},
        {"a": 1, "b": "x"},
        {"a": "x"},
        {"a": 1, "b": "x", "c": 1},
        {"c": 1.5},
    ),
    *({"a": [1, "x"]}, {"next": {"a": 1}}, {"next": 3}, [{"a": 1}], {"a": {"a": 1}}, {"a": None}, {"b": 1}, {"z": 1, "a": 2}),
]
PATHS: list[tuple[str | int, ...]] = [
    ("a",),
    ("b",),
    ("c",),
    ("next", "a"),
    ("a", "a"),
    (0,),
    (1,),
    (2,),
    (-1,),
    (-2,),
    (0, "a"),
]
EVERY = pytest.mark.parametrize("name", SCHEMAS)


def taken(schema: Schema) -> list[Json]:
    return [value for value in VALUES if accepts(schema, value)]


def line(name: str, value: object) -> str:
    return f"{name}: {json.dumps(value, ensure_ascii=False)}"


@EVERY
def test_what_is_told_and_made_of_a_schema_is_known_and_lets_the_same_values_through(name: str) -> None:
    schema = SCHEMAS[name]
    plain = inlined(schema)
    hear(in_words(plain), line("flaw", schema_flaw(schema)), line("inlined", plain), line("written", written(schema)))
    hear(line("of literals", of_literals(schema)), line("or null", or_null(plain)), line("without null", without_null(plain)))
    hear(line("known values", known_values(plain)), f"null: {may_be_null(plain)}", f"provable: {provable(plain)}")
    hear(f"takes all: {takes_all(plain)}")
    values = taken(schema)
    assert [value for value in values if not accepts(plain, value)] == []
    assert [value for value in values if not accepts(written(schema), value)] == []
    assert [value for value in values if not accepts(of_literals(schema), value)] == []
    assert [value for value in [*values, None] if not accepts(or_null(plain), value)] == []
    assert [value for value in values if value is not None and not accepts(without_null(plain), value)] == []
    assert not (None in values and not may_be_null(plain))
    known = known_values(plain)
    assert known is None or all(value in known for value in values)
    assert not takes_all(plain) or values == VALUES


@EVERY
def test_no_value_speaks_against_how_two_schemas_fit(name: str) -> None:
    producer = inlined(SCHEMAS[name])
    given = taken(producer)
    verdicts: dict[str, list[str]] = {}
    for other, schema in SCHEMAS.items():
        consumer = inlined(schema)
        verdict = fits(producer, consumer)
        fitting = [accepts(consumer, value) for value in given]
        assert not (verdict is Fit.YES and not all(fitting)), other
        assert not (verdict is Fit.NO and any(fitting)), other
        verdicts.setdefault(f"{verdict}, {fits_when_present(producer, consumer)} when present", []).append(other)
    hear(*(f"{verdict}: {'; '.join(others)}" for verdict, others in verdicts.items()))


@EVERY
def test_paths_lead_into_a_schema_as_they_lead_into_its_values(name: str) -> None:
    schema = inlined(SCHEMAS[name])
    for path in PATHS:
        for defaults, whole in ((False, schema), (True, after_filling(schema))):
            place = at_path(whole, path)
            shown = "(as without defaults)" if defaults and place == at_path(schema, path) else repr(place)
            hear(f"{path}{' with defaults' if defaults else ''}: {shown}")
            led = [found for value in taken(schema) if (found := at(value, path)) is not None]
            assert not (isinstance(place, Impossible) and led), path
            assert not (isinstance(place, Found) and [found for found in led if not accepts(place.schema, found)]), path


def at(value: Json, path: tuple[str | int, ...]) -> Json:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
        if isinstance(key, int) and isinstance(value, str):
            return None
    return value


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_the_schema_of_a_value_is_as_close_as_its_structure(value: Json) -> None:
    schema = schema_of(value)
    hear(line("schema", schema), in_words(schema), line("one level deep", schema_of(value, depth=1)))
    hear(line("no level deep", schema_of(value, depth=0)))
    assert accepts(schema, value)
    assert accepts(schema_of(value, depth=0), value)
