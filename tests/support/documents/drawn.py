"""Whole documents by chance, with the frame that each is checked against and inputs that it may be run with."""

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from random import Random
from typing import Any

from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.checks import check
from fragments.checks.children import interface_of
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.proofs import Report
from fragments.reading import read_fragment, read_template
from fragments.workflows import WorkflowInterface
from schemas.values import JsonObject
from tests.support.documents.bodies import CHANNEL, HOST, SECRET
from tests.support.documents.shapes import list_shape, object_shape
from tests.support.documents.sources import Source
from tests.support.documents.steps import Writer
from tests.support.values import value_of

ROOM = Left(steps=1_000_000, depth=3, phases=5, model_calls=100_000, cost_usd=100_000.0, wall_clock_s=86_400.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A document as it is written, and the frame around it."""

    value: dict[str, Any]
    frame: Frame
    is_template: bool

    def document(self) -> Template | Fragment:
        """Read the document; it is of the right shape, or this fails."""
        reading = read_template(self.value) if self.is_template else read_fragment(self.value)
        assert isinstance(reading.document, (Template, Fragment)), reading.problems
        return reading.document

    def report(self) -> Report:
        """Check the document."""
        return check(self.document(), catalog(), self.frame)

    @property
    def input_schema(self) -> JsonObject:
        """Give the schema of the inputs that the document takes."""
        schema: JsonObject = self.value["input_schema"] if self.is_template else self.frame.input_schema
        return schema


@cache
def catalog() -> Catalog:
    """Load the core handlers."""
    return load_catalog().catalog


@cache
def workflows() -> tuple[WorkflowInterface, ...]:
    """Prove two templates that others run as their children."""
    frame = Frame(left=ROOM, channels=frozenset({CHANNEL}))
    found = (interface_of(Template.model_validate(value), catalog(), frame) for value in (_ADDS, _TELLS))
    return tuple(interface for interface in found if interface is not None)


@lru_cache(maxsize=2_000)
def drawn(seed: int, *, size: int = 6) -> Drawn:
    """Write the document that belongs to a seed."""
    random = Random(seed)
    careless = random.choice((0.0, 0.0, 0.0, 0.1, 0.4))
    writer = Writer(random, catalog(), workflows(), steps_left=random.randint(2, 3 * size), careless=careless)
    schema = object_shape(random) | {"additionalProperties": False}
    schema["properties"] |= {"names": list_shape(random, 1)}
    schema["required"] = [*schema["required"], "names"]
    sources = [
        *(Source(text=f"input.{key}", schema=schema["properties"][key]) for key in schema["required"]),
        Source(text="input", schema=schema),
    ]
    steps, end = writer.scope(writer.sight(*sources), random.randint(1, size))
    output = {key: end.value(literal=0) for key in ("one", "two", "three")}
    frame = Frame(
        left=ROOM,
        channels=frozenset({CHANNEL, "ops"}),
        input_hosts={"names": frozenset({HOST})},
        secrets=frozenset({SECRET}),
        workflows={child.id: (child,) for child in workflows()},
    )
    if random.random() < 0.5:
        named = {"name": "drawn", "version": "1.0.0", "input_schema": schema, "priority": random.choice((0, 3))}
        made = Drawn(value={**named, "steps": steps, "output": output}, frame=frame, is_template=True)
    else:
        made = Drawn(value={"steps": steps, "output": output}, frame=replace(frame, input_schema=schema), is_template=False)
    if random.random() < 0.3:
        known = value_of(schema, random)
        return replace(made, frame=replace(made.frame, input=known))
    return made


_ADDS: dict[str, Any] = {
    "name": "adds",
    "input_schema": {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
    },
    "steps": [
        {
            "name": "add",
            "handler": "transform",
            "config": {"expression": "$x", "output_schema": {"type": "number"}},
            "input": {"data": "{{ input.a }}", "x": "{{ input.b }}"},
        }
    ],
    "output": {"sum": "{{ steps.add.output }}"},
}
_TELLS: dict[str, Any] = {
    "name": "tells",
    "namespace": "demo",
    "input_schema": {"type": "object", "required": ["list"], "properties": {"list": {"type": "array", "items": {}}}},
    "steps": [
        {
            "name": "tell",
            "handler": "notify",
            "config": {"channel": CHANNEL, "template": "{{#list}}{{.}}{{/list}}"},
            "input": {"list": "{{ input.list }}"},
        }
    ],
    "output": {"told": "{{ steps.tell.output.delivered }}", "to": ["{{ steps.tell.output.channel }}"]},
}
