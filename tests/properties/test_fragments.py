from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fragments.bounds import Left
from fragments.checks import check
from fragments.documents import Fragment, Template
from fragments.mending import check_and_mend
from fragments.problems import Severity
from fragments.reading import Reading, read_document, read_fragment, read_template
from fragments.references import Malformed, Reference, parse
from fragments.schemas.fitting import Fit, fits
from fragments.schemas.inference import schema_of
from fragments.schemas.inlining import inlined
from fragments.schemas.paths import Found, at_path
from schemas.values import digest
from tests.properties.keywords import WORDS, using
from tests.properties.strategies import (
    DOCUMENT_LIKE,
    JSON_VALUES,
    VALUES,
    copied,
    fragments,
    satisfies,
    schemas,
    takers,
    values_of,
)
from tests.support.catalogs import CATALOG, FRAME, told

ROOMY = replace(FRAME, left=Left(steps=500))


def errors_of(value: Any, frame: Any = ROOMY) -> list[tuple[str, str]]:
    report = check(Fragment.model_validate(value), CATALOG, frame)
    return told(tuple(problem for problem in report.problems if problem.severity is Severity.ERROR))


@given(fragments())
def test_a_well_formed_fragment_passes_with_its_proof(value: Any) -> None:
    report = check(Fragment.model_validate(value), CATALOG, ROOMY)
    assert report.ok, report.problems
    assert report.bound is not None
    assert report.bound.steps >= len(value["steps"])
    assert report.authority is not None


@given(fragments(), st.data())
def test_the_order_of_steps_changes_neither_verdict_nor_bound(value: Any, data: st.DataObject) -> None:
    other = value | {"steps": data.draw(st.permutations(value["steps"]))}
    first, second = (check(Fragment.model_validate(one), CATALOG, ROOMY) for one in (value, other))
    assert (first.ok, first.bound, first.authority) == (second.ok, second.bound, second.authority)


@given(fragments(), st.data())
def test_an_unknown_handler_is_found(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    places = [i for i, step in enumerate(changed["steps"]) if "handler" in step]
    assume(places)
    i = data.draw(st.sampled_from(places))
    changed["steps"][i]["handler"] = "no_such_thing"
    assert ("handler.unknown", f"/steps/{i}/handler") in errors_of(changed)


@given(fragments(), st.data())
def test_a_dropped_step_is_missed_wherever_it_was_read(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    gone = changed["steps"].pop(data.draw(st.integers(0, len(value["steps"]) - 1)))
    assert ("reference.unknown_step", f"/output/{gone['name']}") in errors_of(changed)


@given(fragments(), st.data())
def test_a_circle_is_found_at_its_first_step(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    i, j = sorted(data.draw(st.lists(st.integers(0, len(value["steps"]) - 1), min_size=2, max_size=2, unique=True)))
    first, second = changed["steps"][i], changed["steps"][j]
    first["depends_on"] = [*first.get("depends_on", []), second["name"]]
    second["depends_on"] = [*second.get("depends_on", []), first["name"]]
    circles = [where for code, where in errors_of(changed) if code == "graph.cycle"]
    assert circles
    assert min(int(where.split("/")[2]) for where in circles) <= i


@given(fragments(), st.data())
def test_a_dangling_reference_is_found(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    places = [i for i, step in enumerate(changed["steps"]) if "data" in step.get("input", {})]
    assume(places)
    i = data.draw(st.sampled_from(places))
    changed["steps"][i]["input"]["data"] = {"deep": ["{{ steps.nowhere.output.x }}"]}
    assert ("reference.unknown_step", f"/steps/{i}/input/data/deep/0") in errors_of(changed)


@given(fragments(), st.data())
def test_a_wrong_config_key_is_found(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    places = [i for i, step in enumerate(changed["steps"]) if "handler" in step]
    assume(places)
    i = data.draw(st.sampled_from(places))
    changed["steps"][i]["config"] = changed["steps"][i].get("config", {}) | {"no_such_key": 1}
    assert ("config.unknown_key", f"/steps/{i}/config/no_such_key") in errors_of(changed)


@given(fragments())
def test_more_steps_than_are_left_are_found_and_as_many_are_not(value: Any) -> None:
    bound = check(Fragment.model_validate(value), CATALOG, ROOMY).bound
    assert bound is not None
    assert errors_of(value, replace(FRAME, left=Left(steps=bound.steps))) == []
    assert errors_of(value, replace(FRAME, left=Left(steps=bound.steps - 1))) == [("bounds.steps", "/steps")]


@given(fragments(), st.data())
def test_a_shadowed_name_is_found(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    hidden = data.draw(st.sampled_from([step["name"] for step in changed["steps"]]))
    body = [{"name": hidden, "handler": "transform", "config": {"expression": "$"}, "input": {"data": "{{ item }}"}}]
    changed["steps"].append({"name": "around", "for_each": {"items": [1]}, "steps": body})
    assert ("names.shadowed", f"/steps/{len(value['steps'])}/steps/0/name") in errors_of(changed)


@given(fragments(), st.data())
def test_a_misspelt_handler_is_mended_to_what_was_written_at_first(value: Any, data: st.DataObject) -> None:
    changed = copied(value)
    places = [i for i, step in enumerate(changed["steps"]) if "handler" in step]
    assume(places)
    step = changed["steps"][data.draw(st.sampled_from(places))]
    name, at, version = step["handler"].partition("@")
    cut = data.draw(st.integers(1, len(name) - 1))
    step["handler"] = name[:cut] + name[cut + 1 :] + at + version
    mended = check_and_mend(read_fragment(changed), read_fragment, CATALOG, ROOMY)
    assert mended.report.ok, mended.report.problems
    assert digest(mended.value) == digest(value)


@given(st.text() | st.binary())
def test_reading_any_text_or_bytes_gives_a_document_or_problems(source: str | bytes) -> None:
    for read in (read_document, read_template, read_fragment):
        reading: Reading[Any] = read(source)
        assert (reading.document is None) == bool(reading.problems)


@given(JSON_VALUES | DOCUMENT_LIKE)
def test_reading_and_checking_any_value_never_raises(value: Any) -> None:
    for read in (read_document, read_template, read_fragment):
        reading: Reading[Any] = read(value)
        assert (reading.document is None) == bool(reading.problems)
        if isinstance(reading.document, (Template, Fragment)):
            check(reading.document, CATALOG, FRAME)


@given(DOCUMENT_LIKE, DOCUMENT_LIKE, DOCUMENT_LIKE)
def test_checking_and_mending_any_steps_never_raises(config: Any, given_input: Any, loop: Any) -> None:
    step = {"name": "a", "handler": "transform", "config": config, "input": given_input}
    for steps in ([step], [step | {"for_each": loop}], [{"name": "b", "for_each": {"items": loop}, "steps": [step]}], loop):
        check_and_mend(read_fragment({"steps": steps, "output": given_input}), read_fragment, CATALOG, FRAME)


@given(st.text(alphabet="{}[]\"'. abs0\\?-"))
def test_parsing_references_is_total_and_loses_no_literal_text(text: str) -> None:
    parts = parse(text)
    assert all(isinstance(part, (str, Reference, Malformed)) for part in parts)
    if "{{" not in text:
        assert "".join(str(part) for part in parts) == text


@given(schemas(), schemas(), st.data())
def test_what_is_called_fit_fits_and_what_is_called_unfit_does_not(producer: Any, consumer: Any, data: st.DataObject) -> None:
    verdict = fits(producer, consumer)
    value = data.draw(values_of(producer))
    if verdict is not Fit.UNKNOWN and satisfies(producer, value):
        assert satisfies(consumer, value) is (verdict is Fit.YES)


@given(VALUES, st.data())
def test_a_value_that_both_take_is_never_called_unfit(value: Any, data: st.DataObject) -> None:
    producer, consumer = data.draw(takers(value)), data.draw(takers(value))
    both = satisfies(producer, value) and satisfies(consumer, value)
    assert not (both and fits(producer, consumer) is Fit.NO)


@pytest.mark.parametrize("word", sorted(WORDS))
@given(data=st.data())
def test_no_keyword_makes_a_verdict_wrong(word: str, data: st.DataObject) -> None:
    either = using(word) | schemas(1)
    pair = data.draw(st.tuples(using(word), either) | st.tuples(either, using(word)))
    producer, consumer = (inlined(schema) for schema in pair)
    value = data.draw(values_of(producer) | VALUES)
    verdict = fits(producer, consumer)
    if verdict is not Fit.UNKNOWN and satisfies(pair[0], value):
        assert satisfies(pair[1], value) is (verdict is Fit.YES)


@given(VALUES, schemas())
def test_a_known_value_is_judged_as_the_library_judges_it(value: Any, consumer: Any) -> None:
    assert fits({"const": value}, consumer) is (Fit.YES if satisfies(consumer, value) else Fit.NO)


@given(VALUES)
def test_a_value_satisfies_the_schema_inferred_from_it(value: Any) -> None:
    assert satisfies(schema_of(value), value)


@given(schemas(), st.data())
def test_what_stands_at_a_path_of_a_value_satisfies_the_schema_at_that_path(schema: Any, data: st.DataObject) -> None:
    value = data.draw(values_of(schema) | VALUES)
    if not satisfies(schema, value):
        schema = {"anyOf": [schema, data.draw(takers(value))]}
    assume(satisfies(schema, value))
    path: list[str | int] = []
    part = value
    while isinstance(part, (dict, list)) and part and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        path.append(key)
        part = part[key]
    place = at_path(schema, tuple(path))
    assert isinstance(place, Found)
    assert satisfies(place.schema, part)


@given(schemas(), schemas(), st.data())
def test_writing_references_out_changes_no_verdict(one: Any, two: Any, data: st.DataObject) -> None:
    whole = {"$defs": {"one": one, "two": {"anyOf": [two, {"$ref": "#/$defs/one"}]}}, "$ref": "#/$defs/two"}
    value = data.draw(values_of(one) | values_of(two))
    assert satisfies(inlined(whole), value) is satisfies(whole, value)
