"""Whatever is done to a workflow of another dialect: it is converted, or refused with problems; nothing else."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fragments.checks import check
from fragments.dialects import Bindings, Dialect, convert, read_bindings, yaml_of
from fragments.frames import Frame
from fragments.reading import read_document
from fragments.yaml_text import read_yaml
from tests.support.catalogs import CATALOG

DATA = Path(__file__).resolve().parents[1] / "data" / "dialects"
EXAMPLES: list[Any] = [
    value for path in sorted((DATA / "seeds").glob("*.yaml")) if (value := read_yaml(path.read_text())[0]) is not None
]
BINDINGS = [read_bindings(path.read_text())[0] for path in sorted((DATA / "bindings").glob("*.yaml"))]
ALL_BOUND = Bindings(
    callables={name: binding for each in BINDINGS if each is not None for name, binding in each.callables.items()}
)
WORDS = ("deferred", "{{tasks.a.output}}", "{{forEach.item}}", "{{input.x}} == 1", "{{", "${HOME}", "a-b", "A::B", "")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(max_size=20),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Give an example in which parts were deleted, replaced, renamed or taken from another place."""
    value = json.loads(json.dumps(draw(st.sampled_from(EXAMPLES))))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(value)))
        if not path:
            continue
        around = value
        for key in path[:-1]:
            around = around[key]
        what = draw(st.sampled_from(["delete", "replace", "rename", "copy"]))
        if what == "delete":
            del around[path[-1]]
        elif what == "replace":
            around[path[-1]] = draw(VALUES)
        elif what == "rename" and isinstance(around, dict):
            around[draw(st.text(max_size=8))] = around.pop(path[-1])
        else:
            source = value
            for key in draw(st.sampled_from(places(value))):
                source = source[key]
            around[path[-1]] = json.loads(json.dumps(source))
    return value


@given(value=mutated(), dialect=st.none() | st.sampled_from(Dialect), bound=st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_mutated_workflow_is_converted_or_refused_and_every_problem_has_a_place(
    value: Any, dialect: Dialect | None, *, bound: bool
) -> None:
    conversion = convert(json.dumps(value), dialect, ALL_BOUND if bound else None)
    assert conversion.template is not None or conversion.problems
    unplaced = [
        p for p in conversion.problems if p.line is None and p.code not in {"dialect.binding_unused", "document.problems"}
    ]
    assert [p.code for p in unplaced if p.where] == []
    if conversion.template is not None:
        written = yaml_of(conversion.template)
        assert read_yaml(written) == (conversion.template, ())
        read = read_document(written)
        problems = read.problems if read.document is None else check(read.document, CATALOG, Frame()).problems
        assert all(told.line is not None for told in conversion.told(problems))


@given(value=VALUES)
def test_whatever_value_is_written_is_read_back(value: Any) -> None:
    text = yaml_of({"value": value})
    assert read_yaml(text) == ({"value": value}, ())


@given(text=st.text() | st.sampled_from(["tasks: [", "steps: {a: [}", "\ud800", "tasks: *a", "tasks: !!set {}"]))
def test_a_text_that_is_no_workflow_is_refused(text: str) -> None:
    conversion = convert(text)
    assert conversion.template is None
    assert conversion.problems
