"""Strategies: JSON values, schemas with values that satisfy them, well-formed fragments."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fragments.schemas.inference import scalar_type
from tests.support.catalogs import step

SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1.0, -2.5]) | st.sampled_from(["", "a", "ab", "abc"])
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
"""Anything that Python's JSON reader could give, NaN and infinities included."""

LANGUAGE_WORDS = [
    *("name", "steps", "output", "handler", "config", "input", "for_each", "items", "as", "type", "planning", "goal", "retry"),
    *(
        "max_attempts",
        "depends_on",
        "bounds",
        "allow",
        "when",
        "refused",
        "timeout",
        "transform",
        "a",
        "{{ steps.a.output }}",
        "{{",
    ),
]

DOCUMENT_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.sampled_from(LANGUAGE_WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(LANGUAGE_WORDS), inner, max_size=6),
    max_leaves=40,
)
"""Values made of the language's own words, put together in any way."""

_KEYS = ("a", "b", "c")


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Draw a JSON Schema over few types and keys, so that two of them meet often."""
    kind = draw(st.sampled_from(["scalar", "scalar", "enum", "object", "array", "combined", "any"]))
    if kind == "any" or (depth == 0 and kind not in ("scalar", "enum")):
        return {}
    if kind == "scalar":
        return draw(_scalar_schemas())
    if kind == "enum":
        return {"enum": draw(st.lists(SCALARS, min_size=1, max_size=3))}
    if kind == "object":
        return draw(_object_schemas(depth))
    if kind == "array":
        return draw(_array_schemas(depth))
    word = draw(st.sampled_from(["anyOf", "oneOf", "allOf"]))
    combined: dict[str, Any] = {word: draw(st.lists(schemas(depth - 1), min_size=1, max_size=3))}
    return combined | draw(st.just({}) | _scalar_schemas())


@st.composite
def _scalar_schemas(draw: st.DrawFn) -> dict[str, Any]:
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "null"])
    kind = draw(kinds | st.lists(kinds, min_size=1, max_size=2, unique=True))
    schema: dict[str, Any] = {"type": kind}
    limits = {"minimum": st.integers(-3, 3), "maximum": st.integers(-3, 3), "exclusiveMinimum": st.integers(-3, 3)}
    lengths = {"minLength": st.integers(0, 3), "maxLength": st.integers(0, 3)}
    for word, values in (limits | lengths | {"multipleOf": st.sampled_from([1, 2])}).items():
        if draw(st.integers(0, 4)) == 0:
            schema[word] = draw(values)
    return schema


@st.composite
def _object_schemas(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if draw(st.booleans()):
        schema["properties"] = draw(st.dictionaries(st.sampled_from(_KEYS), schemas(depth - 1) | st.just(False), max_size=3))
    if draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(_KEYS), max_size=3, unique=True))
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.just(False) | schemas(depth - 1))
    if draw(st.integers(0, 3)) == 0:
        schema["minProperties"] = draw(st.integers(0, 2))
    return schema


@st.composite
def _array_schemas(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"}
    if draw(st.booleans()):
        schema["items"] = draw(schemas(depth - 1) | st.just(False))
    if draw(st.integers(0, 2)) == 0:
        schema["prefixItems"] = draw(st.lists(schemas(depth - 1), min_size=1, max_size=2))
    for word in ("minItems", "maxItems"):
        if draw(st.integers(0, 2)) == 0:
            schema[word] = draw(st.integers(0, 2))
    if draw(st.integers(0, 4)) == 0:
        schema["uniqueItems"] = True
    return schema


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
    max_leaves=6,
)
"""Values over the same few types and keys as `schemas`."""


@st.composite
def values_of(draw: st.DrawFn, schema: Any, depth: int = 4) -> Any:
    """Draw a value aimed at a schema; it need not satisfy it. The validator says whether it does."""
    if not isinstance(schema, dict) or depth == 0:
        return draw(VALUES)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and draw(st.integers(0, 3)):
            return draw(values_of(draw(st.sampled_from(schema[word])), depth - 1))
    kinds = schema.get("type", ["object", "array", "string", "integer"])
    kind = draw(st.sampled_from(kinds if isinstance(kinds, list) else [kinds]))
    if kind == "object":
        keys = {*schema.get("required", ()), *draw(st.lists(st.sampled_from(_KEYS), max_size=2))}
        others = schema.get("additionalProperties", True)
        return {key: draw(values_of(schema.get("properties", {}).get(key, others), depth - 1)) for key in sorted(keys)}
    if kind == "array":
        first, others = schema.get("prefixItems", []), schema.get("items", True)
        size = draw(st.integers(schema.get("minItems", 0), max(schema.get("minItems", 0), min(schema.get("maxItems", 2), 3))))
        return [draw(values_of(first[i] if i < len(first) else others, depth - 1)) for i in range(size)]
    return draw(_scalars_of(kind))


@st.composite
def takers(draw: st.DrawFn, value: Any, depth: int = 3) -> dict[str, Any]:
    """Draw a schema that takes `value`; with `oneOf` now and then one that does not."""
    kind = draw(st.sampled_from(["any", "known", "one of", "all of", "typed", "typed", "typed", "typed"]))
    if kind == "any":
        return {}
    if kind == "known" or depth == 0:
        return {"enum": [*draw(st.lists(SCALARS, max_size=2)), value]}
    if kind == "one of":
        cases = [draw(takers(value, depth - 1)), draw(schemas(1))]
        return {draw(st.sampled_from(["anyOf", "oneOf"])): draw(st.permutations(cases))}
    if kind == "all of":
        return {"allOf": [draw(takers(value, depth - 1)), draw(takers(value, depth - 1))]}
    return draw(_typed(value, depth))


@st.composite
def _typed(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    if isinstance(value, dict):
        named = {key: draw(takers(part, depth - 1)) for key, part in value.items() if draw(st.booleans())}
        closed = {"additionalProperties": False} if len(named) == len(value) and draw(st.booleans()) else {}
        return {"type": "object", "properties": named, "required": [key for key in value if draw(st.booleans())], **closed}
    if isinstance(value, list):
        items = {"items": {"anyOf": [draw(takers(part, depth - 1)) for part in value]}} if value else {}
        return {"type": "array", **items, "minItems": draw(st.integers(0, len(value)))}
    return draw(st.sampled_from([{"type": [scalar_type(value), "null"]}, {"type": scalar_type(value)}]))


def _scalars_of(kind: str) -> st.SearchStrategy[Any]:
    return {
        "string": st.sampled_from(["", "a", "ab", "abc", "abcd"]),
        "integer": st.integers(-5, 5) | st.sampled_from([1.0, 2.0]),
        "number": st.integers(-5, 5) | st.sampled_from([0.5, 1.5, -2.5]),
        "boolean": st.booleans(),
        "null": st.none(),
    }[kind]


def satisfies(schema: Any, value: Any) -> bool:
    """Ask the library."""
    return Draft202012Validator(schema).is_valid(value)


@st.composite
def fragments(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a well-formed fragment over the test catalog: every step reads earlier ones only, every output is used."""
    count = draw(st.integers(2, 6))
    steps: list[dict[str, Any]] = []
    for i in range(count):
        before = draw(st.lists(st.sampled_from(steps), max_size=2, unique_by=lambda one: one["name"])) if steps else []
        steps.append(draw(_steps(f"step_{i}", before)))
    order = draw(st.permutations(steps))  # the graph decides what runs first, not the order in the text
    output = {one["name"]: f"{{{{ steps.{one['name']}.output }}}}" for one in steps}
    return {"reasoning": draw(st.text(max_size=5)), "steps": list(order), "output": output}


@st.composite
def _steps(draw: st.DrawFn, name: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = ["transform", "transform", "fetch", "notify", "total", "each", "loop", "maybe", "switch", "fallback", "deferred"]
    kind = draw(st.sampled_from(kinds))
    reads = [f"{{{{ steps.{one['name']}.output }}}}" for one in before]
    more = {"depends_on": [one["name"] for one in before]} if draw(st.booleans()) else {}
    if kind == "transform":
        schema = draw(schemas())
        return {
            "name": name,
            "handler": "transform@^1",
            "config": {"expression": "$x", "output_schema": schema},
            "input": {"data": reads, "x": 1},
            **more,
        }
    if kind == "fetch":
        url = "https://feeds.example/{id}"
        return {
            "name": name,
            "handler": "http_request",
            "config": {"url": url},
            "input": {"url_params": {"id": "x"}, "body": reads},
            **more,
        }
    if kind == "total":
        return {
            "name": name,
            "handler": "total",
            "input": {"numbers": [1, "{{ input.floor }}"], "label": "x"},
            "depends_on": [o["name"] for o in before],
        }
    if kind == "each":
        loop = {"items": draw(st.sampled_from(["{{ input.names }}", [1, 2]])), "max_items": 3}
        return step(name, for_each=loop, input={"data": ["{{ item }}", "{{ index }}", *reads]}, **more)
    if kind in _KINDS:
        return _KINDS[kind](name, reads) | ({"depends_on": [one["name"] for one in before]} if kind == "deferred" else more)
    inner = step(f"{name}_in", input={"data": ["{{ item }}", *reads]})
    after = step(f"{name}_out", input={"data": f"{{{{ steps.{name}_in.output }}}}"})
    return {"name": name, "for_each": {"items": "{{ input.names }}"}, "steps": [after, inner], **more}


def _notify(name: str, reads: list[str]) -> dict[str, Any]:
    config = {"channel": "desk", "template": "{{#list}}{{a}}{{/list}}"}
    return {"name": name, "handler": "notify", "config": config, "input": {"list": reads}}


def _maybe(name: str, reads: list[str]) -> dict[str, Any]:
    return step(name, when="input.floor > 3", input={"data": reads})


def _switch(name: str, reads: list[str]) -> dict[str, Any]:
    branch = {"steps": [step(f"{name}_a"), step(f"{name}_b", input={"data": [*reads, f"{{{{ steps.{name}_a.output }}}}"]})]}
    plain = {"handler": "total", "input": {"numbers": [1], "label": "{{ input.gone ?? 'none' }}"}}
    cases = [{"equals": 4.5, **plain}, {"when": "size(input.names) > 2", **branch}]
    return {"name": name, "switch": {"value": "{{ input.floor }}", "cases": cases, "default": plain}}


def _fallback(name: str, reads: list[str]) -> dict[str, Any]:
    return step(
        name, input={"data": reads}, fallback={"output": {"why": "{{ failure.message }}", "last": "{{ input.names[-1] }}"}}
    )


def _deferred(name: str, reads: list[str]) -> dict[str, Any]:
    texts = [read.replace(" }}", " ?? [] }}") for read in reads]
    return step(name, type="deferred", input={"data": texts}) | ({} if reads else {"type": "standard"})


_KINDS: dict[str, Callable[[str, list[str]], dict[str, Any]]] = {
    "notify": _notify,
    "maybe": _maybe,
    "switch": _switch,
    "fallback": _fallback,
    "deferred": _deferred,
}


def copied(value: Any) -> Any:
    """Copy a JSON value, to change it."""
    return json.loads(json.dumps(value))
