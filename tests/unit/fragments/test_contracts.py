"""What a document gives, held against a schema of every shape: what is told, and that no value speaks against it."""

from dataclasses import replace
from typing import Any

import pytest

from fragments.checks import check
from fragments.documents import Fragment
from fragments.frames import Frame
from fragments.problems import errors
from fragments.references import resolve
from fragments.schemas.soundness import schema_flaw
from fragments.schemas.validators import accepts
from tests.support.catalogs import CATALOG, FRAME, step
from tests.support.schemas import SCHEMAS
from tests.support.telling import hear, of_problems

GIVEN: dict[str, Any] = {"n": 2, "f": 1.5, "s": "a", "l": [1, 2], "o": {"a": 1, "b": "x"}, "none": None}
GIVING: Frame = replace(FRAME, input=GIVEN, input_schema={"type": "object"})
OUTPUTS: dict[str, Any] = {
    "a reference to an integer": "{{ input.n }}",
    "a reference to a list": "{{ input.l }}",
    "a reference to an object": "{{ input.o }}",
    "a reference to null": "{{ input.none }}",
    "a text with a reference": "a {{ input.s }}",
    "an object with references": {"a": "{{ input.n }}", "b": "{{ input.s }}", "c": 1.5},
    "an object with wrong ones": {"a": "{{ input.s }}", "z": "{{ input.n }}"},
    "an object in an object": {"a": {"a": "{{ input.n }}", "b": 3}, "b": "x"},
    "a list with references": ["{{ input.n }}", "x", "{{ input.s }}"],
    "a list of objects": [{"a": "{{ input.s }}"}, {"a": 1, "b": "{{ input.s }}"}],
    "a literal": {"a": "x", "b": 1},
    "a step": "{{ steps.one.output }}",
    "what a step may give": {"a": "{{ steps.one.output.a }}"},
}


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if isinstance(schema, dict)])
def test_what_is_given_is_held_against_a_schema_of_every_shape(name: str) -> None:
    schema = SCHEMAS[name]
    frame = replace(GIVING, must_produce=schema)
    for given, output in OUTPUTS.items():
        report = check(Fragment.model_validate({"steps": [step("one")], "output": output}), CATALOG, frame)
        found = [problem for problem in report.problems if problem.where.startswith(("/output", "/must"))]
        hear(f"{given}: {', '.join(problem.code for problem in found) or 'fits'}")
        of_problems(found)
        if schema_flaw(schema) is None and "step" not in given:
            fits = accepts(schema, resolve(output, {"input": GIVEN}))
            assert fits or found
            assert not (fits and [p for p in errors(tuple(found)) if p.code != "output.unproved"])
