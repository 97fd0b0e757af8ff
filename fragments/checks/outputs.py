"""What a handler gives under a config, and what a decision says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog.capability import Capability, OutputCase
from fragments.checks.layout import Body
from fragments.pointers import look_up
from fragments.schemas.inlining import UNKNOWN
from fragments.schemas.memory import ByIdentity
from fragments.schemas.soundness import sound
from schemas.values import Json, JsonObject, Schema


def body_output(body: Body) -> Schema:
    """Give the schema of what a body gives."""
    return handler_output(body.capability, body.config)


def decision_schema(branches: Sequence[str]) -> Schema:
    """Give the schema of what a decision says, narrowed to the steps that it may choose."""
    chosen = {"type": "array", "items": {"enum": list(branches)} if branches else False}
    reason = {"type": "string"}
    created = {"outcome": {"const": "create_steps"}, "steps": chosen, "reason": reason}
    nothing = {"outcome": {"const": "no_branches"}, "reason": reason}
    return {
        "anyOf": [
            {"type": "object", "properties": created, "required": ["outcome", "steps"]},
            {"type": "object", "properties": nothing, "required": ["outcome"]},
        ]
    }


def handler_output(capability: Capability | None, config: JsonObject) -> Schema:
    """Give the schema of a handler's output under a config, with what `output_from` takes from the config in its place."""
    if capability is None:
        return UNKNOWN
    typed = _typed(capability)
    text = repr([(key, config[key]) for key in typed.keys if key in config])
    schema = typed.known.get(text)
    if schema is None:
        if len(typed.known) >= _MOST_TYPED:
            typed.known.clear()
        schema = typed.known[text] = _handler_output(capability, config)
    return schema


@dataclass(frozen=True, slots=True)
class _Typed:
    """The keys of a config that decide about a handler's output, those that choose its case, and what was worked out."""

    keys: tuple[str, ...]
    choosing: tuple[str, ...]
    known: dict[str, Schema] = field(default_factory=dict)  # by the deciding part of the config, as Python writes it
    cases: dict[str, Capability | OutputCase] = field(default_factory=dict)  # by the choosing part


def _deciding(capability: Capability) -> _Typed:
    froms = (capability.output_from, *(case.output_from for case in capability.output_cases))
    sources = [source for output_from in froms for source in output_from.values()]
    asked = [pointer for case in capability.output_cases for pointer in (*case.given, *case.equals)]
    choosing = dict.fromkeys(pointer.split("/")[1] for pointer in asked if pointer)
    deciding = choosing | dict.fromkeys(pointer.split("/")[1] for pointer in sources if pointer)
    return _Typed(tuple(deciding), tuple(choosing))


_MOST_TYPED = 500  # outputs, or cases, of one handler
_typed = ByIdentity(_deciding)


def _case(capability: Capability, config: JsonObject) -> Capability | OutputCase:
    """Choose what types the output; a case differs from handler to handler, and hardly ever from step to step."""
    typed = _typed(capability)
    text = repr([(key, config[key]) for key in typed.choosing if key in config])
    case = typed.cases.get(text)
    if case is None:
        if len(typed.cases) >= _MOST_TYPED:
            typed.cases.clear()
        case = typed.cases[text] = capability.case_of(config) if capability.output_cases else capability
    return case


def _handler_output(capability: Capability, config: JsonObject) -> Schema:
    case = _case(capability, config)
    pieces = {place: piece for place, source in case.output_from.items() if _is_schema(piece := look_up(config, source))}
    # the usual case is made anew each time; what is known of its schema is known of the capability's own
    usual = case.output_schema == capability.output_schema
    return _with_pieces(sound(capability.output_schema if usual else case.output_schema), pieces)


def _is_schema(value: Json) -> bool:
    return isinstance(value, (Mapping, bool))


def _with_pieces(schema: Schema, pieces: Mapping[str, Schema]) -> Schema:
    for place, piece in pieces.items():
        schema = _placed(schema, place.split("/")[1:], sound(piece))
    return schema


def _placed(schema: Json, way: list[str], piece: Schema) -> Json:
    """Put a piece into a schema; where the way leads through nothing, what is there is unknown."""
    if not way:
        return piece
    if isinstance(schema, (list, tuple)):  # anyOf/0
        return [_placed(part, way[1:], piece) if str(i) == way[0] else part for i, part in enumerate(schema)]
    if not isinstance(schema, Mapping) or way[0] not in schema:
        return UNKNOWN
    return {**schema, way[0]: _placed(schema[way[0]], way[1:], piece)}
