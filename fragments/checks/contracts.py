"""Checks 7 and 8: what flows into a step fits its handler, and the output what the frame around asks for.

Three-valued and sound: an error only where nothing that can flow would fit.
"""

from collections.abc import Iterator, Mapping

from fragments.checks.findings import INPUT, OUTPUT, Place, literal_findings, missing_key, unknown_key
from fragments.checks.flows import Flows
from fragments.checks.layout import Scope
from fragments.documents import Template
from fragments.pointers import has_braces, join
from fragments.problems import Problem, Severity
from fragments.references import find, is_text_with_references, whole
from fragments.schemas.acceptance import judges_by_key, key_rules, keys_accepted, plainly_accepts
from fragments.schemas.defaults import before_filling
from fragments.schemas.fitting import Fit, fits, fits_when_present, provable, says_nothing, takes_all
from fragments.schemas.inference import in_words
from fragments.schemas.inlining import NAMED, UNKNOWN, is_unknown
from fragments.schemas.soundness import schema_flaw, sound
from fragments.workflows import WorkflowInterface
from schemas.values import Json, JsonObject, Schema, canonical

_SILENT = {"description", "title", "examples", "default", "$comment"}
_MOST_WRITTEN = 600  # characters of a schema in a sentence


def check_schemas(flows: Flows) -> Iterator[Problem]:
    """Find schemas of the document that are no JSON Schemas."""
    document = flows.view.document
    if isinstance(document, Template):
        yield from _flaw(document.input_schema, "/input_schema", "The input_schema")
    for node in flows.view.nodes:
        if node.step.must_produce is not None:
            yield from _flaw(node.step.must_produce, f"{node.pointer}/must_produce", f'Step "{node.step.name}": must_produce')


def check_inputs(flows: Flows) -> Iterator[Problem]:
    """Find inputs into which nothing fits that can flow there."""
    for body in flows.view.bodies:
        schema = True if body.capability is None else sound(body.capability.input_schema)
        if not _suits(flows, body.input, schema, body.sight):  # before any sentence is begun: nearly all inputs do
            place = Place(where=f"{body.pointer}/input", label=f"{body.label}: input", codes=INPUT)
            yield from _mismatches(flows, body.input, schema, body.sight, place)
    for node in flows.view.nodes:
        if isinstance(node.child, WorkflowInterface):
            place = Place(where=f"{node.pointer}/input", label=f"{node.label}: input", codes=INPUT)
            yield from _mismatches(flows, node.step.input, before_filling(sound(node.child.input_schema)), node.sight, place)


def check_output(flows: Flows) -> Iterator[Problem]:
    """Find an output that is not proved to be what the frame asks for.

    Where the frame asks in words that no two schemas are compared by, the output is held against them when it is there, and
    here it is only a warning.
    """
    wanted = flows.view.frame.must_produce
    if wanted is None:
        return
    schema = sound(wanted)
    output = flows.view.document.output
    place = Place(where="/output", label="The output", codes=OUTPUT)
    found = list(_mismatches(flows, output, schema, flows.view.root.end, place))
    yield from found
    if not found and fits(flows.shape(output, flows.view.root.end), schema) is Fit.UNKNOWN:
        yield from _unproved(flows, output, schema, place)


def _unproved(flows: Flows, value: Json, schema: Schema, place: Place) -> Iterator[Problem]:
    """Tell which parts of the output are not proved: by key where it is an object, else as a whole."""
    parts = list(_parts(value, schema, place))
    unproved = [part for part in parts if fits(flows.shape(part[0], flows.view.root.end), part[1]) is not Fit.YES]
    for part, wanted, there in unproved or [(value, schema, place)]:
        known = flows.shape(part, flows.view.root.end)
        severity = Severity.ERROR if provable(wanted) else Severity.WARNING
        says = f"{there.label} must be {_written(wanted)}; all that is known of it is {_written(known)}."
        advice = "Say as much in the schema of the step that it comes from (output_schema, response_schema, must_produce)."
        yield Problem(code="output.unproved", where=there.where, says=says, hint=advice, severity=severity)


def _written(schema: Schema) -> str:
    text = canonical(_bare(schema))
    return text if len(text) <= _MOST_WRITTEN else f"{text[:_MOST_WRITTEN]}…"


def _bare(schema: Json) -> Json:
    """Leave out what asserts nothing: a sentence is no place for descriptions."""
    if isinstance(schema, (list, tuple)):
        return [_bare(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    named = {key: {name: _bare(part) for name, part in schema[key].items()} for key in NAMED if key in schema}
    return {key: named.get(key, _bare(part)) for key, part in schema.items() if key in named or key not in _SILENT}


def _parts(value: Json, schema: Schema, place: Place) -> Iterator[tuple[Json, Schema, Place]]:
    if isinstance(value, Mapping) and isinstance(schema, Mapping):
        named = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, part in value.items():
            yield part, named.get(key, others), place.at(key)


def _flaw(schema: JsonObject, where: str, label: str) -> Iterator[Problem]:
    flaw = schema_flaw(schema)
    if flaw is not None:
        path, reason = flaw
        yield Problem(
            code="schema.invalid",
            where=join(where, *path),
            says=f"{label} is no JSON Schema: {reason}.",
            hint="Draft 2020-12; references only to #/$defs/NAME.",
        )


def _suits(flows: Flows, value: Json, schema: Schema, scope: Scope) -> bool:
    """Say whether `_mismatches` has nothing to tell, where that is plain to see."""
    if takes_all(schema):
        return True
    if not has_braces(value):
        return plainly_accepts(sound(schema), value)
    if not (isinstance(value, Mapping) and isinstance(schema, Mapping) and judges_by_key(schema, value)):
        return fits(flows.shape(value, scope), schema) is Fit.YES
    if not keys_accepted(schema, value) or not all(name in value for name in schema.get("required", ())):
        return False
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(_suits(flows, part, named.get(key, others), scope) for key, part in value.items())


def _mismatches(flows: Flows, value: Json, schema: Schema, scope: Scope, place: Place) -> Iterator[Problem]:
    """Tell what cannot fit, as deep in the value as can be told."""
    if takes_all(schema):
        return
    if not has_braces(value):
        yield from literal_findings(value, schema, place)
        return
    if isinstance(value, Mapping) and isinstance(schema, Mapping) and judges_by_key(schema, value):
        yield from _object(flows, value, schema, scope, place)
        return
    shape = flows.shape(value, scope)
    verdict = fits(shape, schema)
    if verdict is Fit.YES:
        return
    deeper = list(_deeper(flows, value, schema, scope, place))
    yield from deeper
    if verdict is Fit.NO and not deeper:
        yield _mismatch(value, shape, schema, place)
    elif not deeper and is_text_with_references(value) and fits_when_present(shape, schema) is Fit.NO:
        yield _unlikely(value, shape, schema, place)
    elif not deeper and place.codes is INPUT and all(scope.sees(reference) for _, reference in find(value)):
        yield _unproved_input(shape, schema, place)


def _deeper(flows: Flows, value: Json, schema: Schema, scope: Scope, place: Place) -> Iterator[Problem]:
    if not isinstance(schema, Mapping) or is_unknown(schema):
        return
    if isinstance(value, Mapping):
        yield from _object(flows, value, schema, scope, place)
    elif isinstance(value, (list, tuple)):
        first = schema.get("prefixItems", ())
        for i, part in enumerate(value):
            wanted = first[i] if i < len(first) else schema.get("items", True)
            yield from _mismatches(flows, part, wanted, scope, place.at(i))


def _object(flows: Flows, value: JsonObject, schema: JsonObject, scope: Scope, place: Place) -> Iterator[Problem]:
    for key in schema.get("required", ()):
        if key not in value:
            yield missing_key(key, schema, place)
    if not keys_accepted(schema, value):
        yield from literal_findings(dict.fromkeys(value), key_rules(schema), place)
    named = schema.get("properties", {})
    others = UNKNOWN if "patternProperties" in schema else schema.get("additionalProperties", True)
    for key, part in value.items():
        wanted = named.get(key, others)
        if key not in named and others is False:
            yield unknown_key(key, value, schema, place)
        elif not takes_all(wanted):
            yield from _mismatches(flows, part, wanted, scope, place.at(key))


def _mismatch(value: Json, shape: Schema, schema: Schema, place: Place) -> Problem:
    gives = _source(value) or place.label
    says = f"{place.label} wants {in_words(schema)}; {gives} is {in_words(shape)}."
    advice = "Reshape it in a transform step, or refer to a part of it." if _source(value) else ""
    return Problem(code=place.codes.value, where=place.where, says=says, hint=advice)


def _unlikely(value: Json, shape: Schema, schema: Schema, place: Place) -> Problem:
    says = f"{place.label} wants {in_words(schema)}; {_source(value)}, {in_words(shape)}, fits only where it is empty."
    code = "output.unproved" if place.codes is OUTPUT else "input.unlikely"
    return Problem(code=code, where=place.where, says=says, hint="Look at the members of both.", severity=Severity.WARNING)


def _unproved_input(shape: Schema, schema: Schema, place: Place) -> Problem:
    known = "nothing is known of it" if says_nothing(shape) else f"all that is known of it is {_written(shape)}"
    says = f"{place.label} must be {_written(schema)}; {known}. The step fails where it does not fit."
    advice = "Say as much in the schema of the step that it comes from (output_schema, response_schema, must_produce)."
    return Problem(code="input.unproved", where=place.where, says=says, hint=advice, severity=Severity.WARNING)


def _source(value: Json) -> str:
    reference = whole(value)
    return reference.text if reference is not None else ""
