"""What passes the checks of conditions does not fail on types or names; what they refuse cannot work."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fragments.conditions import ConditionError, Kind, equal, faults, holds, parse, references, steps_read
from fragments.problems import Severity
from schemas.values import Json, Schema

PROVED_AGAINST = {Kind.SYNTAX, Kind.MISSING, Kind.TYPE, Kind.NOT_BOOLEAN}
NAMES = ("a", "b", "c", "d")


@dataclass(frozen=True, slots=True)
class World:
    """A root `input` with its schema and a value that satisfies it."""

    schema: Schema
    value: Json


SCALARS: dict[str, st.SearchStrategy[Json]] = {
    "integer": st.integers(-3, 3) | st.sampled_from([2.0, 2**40]),
    "number": st.integers(-3, 3) | st.sampled_from([0.5, -1.25, 3.0]),
    "string": st.sampled_from(["", "a", "ab", "ä😀"]),
    "boolean": st.booleans(),
    "null": st.none(),
}


@st.composite
def worlds(draw: st.DrawFn, depth: int = 2) -> World:
    """Make a schema and a value for it: scalars, nullable ones, enumerations, objects with optional keys, lists."""
    form = draw(st.sampled_from(["scalar", "scalar", "nullable", "enum", *(["object", "object", "list"] if depth else [])]))
    if form in ("scalar", "nullable"):
        kind = draw(st.sampled_from(sorted(SCALARS)))
        kinds = [kind, "null"] if form == "nullable" else kind
        value = draw(SCALARS[kind] | st.none()) if form == "nullable" else draw(SCALARS[kind])
        return World({"type": kinds}, value)
    if form == "enum":
        value = draw(st.sampled_from(["a", "b"]))
        return World({"enum": ["a", "b"]}, value)
    if form == "list":
        item = draw(worlds(depth - 1))
        size = draw(st.integers(0, 2))
        least = draw(st.integers(0, size))
        return World({"type": "array", "items": item.schema, "minItems": least}, [item.value] * size)
    return draw(objects(depth - 1))


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> World:
    """Make an object, sometimes one that may be null."""
    parts = {name: draw(worlds(depth)) for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))}
    required = sorted(name for name in parts if draw(st.booleans()))
    value = {name: part.value for name, part in parts.items() if name in required or draw(st.booleans())}
    schema = {
        "type": "object",
        "properties": {name: part.schema for name, part in parts.items()},
        "required": required,
        "additionalProperties": False,
    }
    return World(schema, value)


LITERALS = st.sampled_from(
    ["0", "1", "2.0", "0.5", '"a"', '""', "true", "false", "null", "[]", "[1, 2]", '{"a": 1}', '["a"]', "1u"]
)
NAME = st.sampled_from(NAMES)


@st.composite
def paths(draw: st.DrawFn, bound: tuple[str, ...]) -> str:
    """Write a path that often, and not always, exists."""
    text = draw(st.sampled_from(["input", "input", "input", *bound]))
    for _ in range(draw(st.integers(1 if text == "input" else 0, 2))):
        text += draw(st.sampled_from(["", "", "", "[0]"])) or f".{draw(NAME)}"
    return text


@st.composite
def values(draw: st.DrawFn, bound: tuple[str, ...], depth: int) -> str:
    """Write an expression of any kind."""
    form = draw(st.sampled_from(["path", "path", "path", "literal", *(["call", "sum", "map", "choice"] if depth else [])]))
    if form == "path":
        return draw(paths(bound))
    if form == "literal":
        return draw(LITERALS)
    first = draw(values(bound, depth - 1))
    if form == "call":
        name = draw(st.sampled_from(["size", "double", "string", "int", "type"]))
        return f"{name}({first})"
    if form == "sum":
        return f"({first} {draw(st.sampled_from(['+', '-', '*', '/', '%']))} {draw(values(bound, depth - 1))})"
    if form == "map":
        name = f"v{len(bound)}"
        return f"{draw(paths(bound))}.map({name}, {draw(values((*bound, name), depth - 1))})"
    return f"({draw(questions(bound, depth - 1))} ? {first} : {draw(values(bound, depth - 1))})"


@st.composite
def strict_questions(draw: st.DrawFn, bound: tuple[str, ...], depth: int) -> str:
    """Write a test in which everything is evaluated: what cannot work somewhere makes it fail."""
    form = draw(st.sampled_from(["compare", "compare", "equal", "has", "in", "method", "not", "null"]))
    first = draw(values(bound, depth))
    if form == "compare":
        return f"{first} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {draw(values(bound, depth))}"
    if form == "equal":
        return f"{first} {draw(st.sampled_from(['==', '!=']))} {draw(values(bound, depth))}"
    if form == "has":
        return f"has({draw(paths(bound))}.{draw(NAME)})"
    if form == "in":
        return f"{first} in {draw(values(bound, depth))}"
    if form == "method":
        return f"{draw(paths(bound))}.{draw(st.sampled_from(['contains', 'startsWith', 'matches']))}({first})"
    return f"!({first})" if form == "not" else f"{draw(paths(bound))} {draw(st.sampled_from(['==', '!=']))} null"


@st.composite
def questions(draw: st.DrawFn, bound: tuple[str, ...] = (), depth: int = 2) -> str:
    """Write an expression that is meant to be true or false."""
    form = draw(st.sampled_from(["strict", "strict", *(["and", "or", "guard", "unless", "loop", "not"] if depth else [])]))
    if form == "strict":
        return draw(strict_questions(bound, max(depth - 1, 0)))
    if form in ("and", "or"):
        sign = "&&" if form == "and" else "||"
        return f"({draw(questions(bound, depth - 1))} {sign} {draw(questions(bound, depth - 1))})"
    if form in ("guard", "unless"):
        path = draw(paths(bound))
        guarded = f"{path} {draw(st.sampled_from(['<', '>', '==']))} {draw(LITERALS)}"
        test = f"has({path})" if path.endswith(NAMES) and "." in path else f"{path} != null"
        pair = [test, guarded] if form == "guard" else [f"!({test})", guarded]
        return f"({(' && ' if form == 'guard' else ' || ').join(draw(st.permutations(pair)))})"
    if form == "not":
        return f"!({draw(questions(bound, depth - 1))})"
    name = f"v{len(bound)}"
    macro = draw(st.sampled_from(["all", "exists", "exists_one"]))
    return f"{draw(paths(bound))}.{macro}({name}, {draw(questions((*bound, name), depth - 1))})"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A path that the schema has, and what must be tested before it is read."""

    text: str
    schema: Any
    guards: tuple[str, ...]


def leaves(schema: Any, text: str, guards: tuple[str, ...] = ()) -> list[Leaf]:
    """Collect the paths below `text`, each with its guards in order."""
    found = []
    kinds = schema.get("type")
    if isinstance(kinds, list):
        schema, guards = {**schema, "type": kinds[0]}, (*guards, f"{text} != null")
    found.append(Leaf(text, schema, guards))
    for name, part in schema.get("properties", {}).items():
        needed = guards if name in schema["required"] else (*guards, f"has({text}.{name})")
        found.extend(leaves(part, f"{text}.{name}", needed))
    if "items" in schema:
        needed = guards if schema["minItems"] else (*guards, f"size({text}) > 0")
        found.extend(leaves(schema["items"], f"{text}[0]", needed))
    return found


FORMS = {
    "integer": ("{0} > 1", "{0} % 2 == 0", "{0} + 1 >= {0}", "{0} < 0.5", "{0} in [1, 2]", "double({0}) / 2.0 < 1.0"),
    "number": ("{0} > 1", "{0} <= 0.5", "double({0}) * 2.0 > 1.0", "string({0}) != ''", "int({0}) == 0"),
    "string": ("{0} == 'a'", "{0}.startsWith('a')", "size({0}) > 1", "({0} + 'b').contains('ab')", "{0}.matches('^a*$')"),
    "boolean": ("{0}", "!{0}", "{0} == true", "({0} ? 1 : 2) > 1"),
    "null": ("{0} == null",),
    "object": ("'a' in {0}", "size({0}) > 0", "{0}.exists(k, k == 'a')", "{0} != {{}}"),
    "array": ("size({0}) > 1", "{0} != []", "{0} + {0} == []", "{0}.map(v, v).size() == 1", "{0}.filter(v, true) == {0}"),
    None: ("{0} == 'a'", "{0} in ['a', 'c']", "{0} < 'b'"),
}


@st.composite
def sensible(draw: st.DrawFn, schema: Any, root: str = "input", depth: int = 2) -> str:
    """Write a test that fits the schema; now and then a guard is forgotten."""
    leaf = draw(st.sampled_from(leaves(schema, root)))
    kind = leaf.schema.get("type")
    if kind == "array" and depth and draw(st.booleans()):
        name = f"w{depth}"
        body = draw(sensible(leaf.schema["items"], name, depth - 1))
        test = f"{leaf.text}.{draw(st.sampled_from(['all', 'exists', 'exists_one']))}({name}, {body})"
    else:
        test = draw(st.sampled_from(FORMS[kind])).format(leaf.text)
    guards = [guard for guard in leaf.guards if draw(st.integers(0, 9))]
    guarded = " && ".join((*guards, test)) if draw(st.booleans()) else " || ".join((*(f"!({guard})" for guard in guards), test))
    if depth and draw(st.booleans()):
        other = draw(sensible(schema, root, depth - 1))
        return f"({guarded}) {draw(st.sampled_from(['&&', '||', '==']))} ({other})"
    return f"({guarded})"


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, str]:
    """Make a world and a condition about it."""
    world = draw(objects())
    return world, draw(sensible(world.schema) | questions())


def _scope(world: World) -> Any:
    return {"input": world.schema, "steps": {"type": "object", "properties": {}}}.get


@settings(max_examples=600, deadline=None)
@given(case=cases())
def test_what_passes_without_a_warning_never_fails_on_types_or_names(case: tuple[World, str]) -> None:
    world, text = case
    Draft202012Validator(world.schema).validate(world.value)
    found = [fault for fault in faults(text, scope_types=_scope(world)) if fault.code != "condition.constant"]
    if found:
        return
    try:
        holds(text, {"input": world.value})
    except ConditionError as error:
        assert error.kind not in PROVED_AGAINST, (text, world, error)  # noqa: PT017 - values, such as 1 / 0, may still fail


@settings(max_examples=600, deadline=None)
@given(world=objects(), text=strict_questions((), 0))
def test_what_is_refused_cannot_work(world: World, text: str) -> None:
    refused = [fault for fault in faults(text, scope_types=_scope(world)) if fault.severity is Severity.ERROR]
    if not refused:
        return
    try:
        outcome = holds(text, {"input": world.value})
    except ConditionError:
        return
    raise AssertionError((text, world, refused, outcome))


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60) | st.text("input.nsteps()[]{}'\"\\&|!?:=<>+-*/% 01x,\n", max_size=60) | questions())
def test_any_text_is_a_condition_or_faults(text: str) -> None:
    parsed = parse(text)
    assert not isinstance(parsed, tuple) or all(fault.severity is Severity.ERROR for fault in parsed)
    assert set(steps_read(text)) <= {reference.path[0] for reference in references(text) if reference.path}
    for fault in faults(text, scope_types={"input": {}, "steps": {}}.get):
        assert 0 <= fault.span[0] <= fault.span[1] <= len(text)
        assert fault.says.endswith(".")


@settings(max_examples=200, deadline=None)
@given(world=objects(), other=objects())
def test_equality_of_values_is_that_of_conditions(world: World, other: World) -> None:
    lookup = {"input": {"a": world.value, "b": other.value}}
    assert equal(world.value, other.value) == holds("input.a == input.b", lookup)
    assert equal(world.value, world.value)
