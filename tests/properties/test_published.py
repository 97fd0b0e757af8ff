from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fragments.checks import check
from fragments.documents import Fragment
from fragments.published import published_schema
from fragments.reading import read_document
from fragments.schemas.loosening import of_literals, written
from schemas.values import Json
from tests.properties.strategies import DOCUMENT_LIKE, fragments, satisfies, schemas, takers, values_of
from tests.support.catalogs import CATALOG, FRAME

PLAIN = Draft202012Validator(published_schema())
KNOWN = Draft202012Validator(published_schema(CATALOG, FRAME.channels))


@given(fragments() | DOCUMENT_LIKE)
def test_what_the_reader_accepts_fits_the_plain_schema(value: Any) -> None:
    if read_document(value).document is not None:
        assert [error.message for error in PLAIN.iter_errors(value)] == []


@given(fragments())
def test_what_passes_the_checks_fits_the_schema_with_handlers(value: Any) -> None:
    document = read_document(value).document
    assert isinstance(document, Fragment)
    if check(document, CATALOG, FRAME).ok:
        assert [error.message for error in KNOWN.iter_errors(value)] == []


def by_reference(value: Json, data: st.DataObject) -> Json:
    """Put references in place of some values within."""
    if data.draw(st.integers(0, 3)) == 0:
        return data.draw(st.sampled_from(["{{ input.x }}", "x{{ input.x }}"])) if isinstance(value, str) else "{{ input.x }}"
    if isinstance(value, dict):
        return {key: by_reference(part, data) for key, part in value.items()}
    return [by_reference(part, data) for part in value] if isinstance(value, list) else value


@given(takers({"a": {"b": ["a", 1]}, "c": [{"a": 0.5}, None, True]}) | schemas(), st.data())
def test_a_value_that_fits_still_does_with_references_in_place_of_its_parts(
    schema: dict[str, Any], data: st.DataObject
) -> None:
    value = data.draw(values_of(schema))
    assume(satisfies(schema, value))
    assert satisfies(written(schema), value)
    assert satisfies(of_literals(schema), value)
    if isinstance(value, (dict, list)):
        parts = {k: by_reference(v, data) for k, v in value.items()} if isinstance(value, dict) else None
        assert satisfies(written(schema), parts if parts is not None else [by_reference(part, data) for part in value])
