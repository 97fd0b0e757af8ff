"""Workflows of `workflow.io/v1`: tasks with `taskRef`, conditions, loops, switches and child workflows."""

import re
from collections.abc import Mapping

from fragments.dialects.assembly import (
    Step,
    input_schema_of,
    output_of,
    template_of,
)
from fragments.dialects.bindings import Binder
from fragments.dialects.draft import Draft, Node
from fragments.dialects.expressions import Expressions, Sight
from fragments.dialects.naming import named
from fragments.dialects.vocabulary import WORKFLOW_IO
from fragments.dialects.workflow_io_tasks import Tasks
from schemas.values import Json

_VERSION = re.compile(r"v?(\d+(?:\.\d+){0,2})")
_TYPES = ("string", "number", "integer", "boolean", "array", "object")


def workflow_io_template(draft: Draft, root: Node, binder: Binder, name: str) -> dict[str, Json] | None:
    """Convert a workflow; None where it has no tasks at all."""
    framed = "spec" in root.value
    bare = {**WORKFLOW_IO["document"], **WORKFLOW_IO["spec"]}
    document = draft.fields(root, WORKFLOW_IO["document"] if framed else bare, "A workflow")
    spec = draft.fields(document["spec"], WORKFLOW_IO["spec"], "spec") if "spec" in document else document
    nodes = draft.members(spec["tasks"], "tasks") if "tasks" in spec else []
    if not nodes:
        draft.report("dialect.shape", "/spec/tasks" if framed else "/tasks", "A workflow has at least one task.")
        return None
    expressions = Expressions(draft=draft)
    steps, sight = Tasks(draft, binder, expressions).all(nodes, "/steps", Sight(steps={}))
    parts = _heading(draft, document, name) | {"steps": steps, "output": _output(draft, spec, steps, expressions, sight)}
    if "description" in spec:
        parts["description"] = draft.text(spec["description"], "A description")
    if "version" in spec:
        parts["version"] = _version(draft, spec["version"])
    parts["input_schema"] = _input_schema(draft, spec, expressions, parts)
    return template_of(parts)


def _version(draft: Draft, node: Node) -> str | None:
    """Give a version of three numbers; what is missing of it is zero."""
    found = _VERSION.fullmatch(str(node.value)) if isinstance(node.value, str | int | float) else None
    if found is None:
        draft.report("dialect.value", node.at, f"The version {node.value!r} is not of up to three numbers.", "Write 1.0.0.")
        return None
    version = ".".join([*found[1].split("."), "0", "0"][:3])
    if version != node.value:
        draft.note(node.at, f"the version {node.value!r} is {version!r} here.")
    return version


def _heading(draft: Draft, document: Mapping[str, Node], name: str) -> dict[str, Json]:
    metadata = draft.fields(document["metadata"], WORKFLOW_IO["metadata"], "metadata") if "metadata" in document else {}
    if "name" not in metadata:
        draft.note("", f"the workflow has no name; it is {name!r} here.")
    heading: dict[str, Json] = {"name": named(draft, metadata["name"], 63, name) if "name" in metadata else name}
    if "namespace" in metadata:
        heading["namespace"] = named(draft, metadata["namespace"], 29, "default")
        draft.put("/namespace", metadata["namespace"].at)
    return heading


def _output(draft: Draft, spec: Mapping[str, Node], steps: list[Step], expressions: Expressions, sight: Sight) -> Json:
    if "output" in spec:
        draft.put("/output", spec["output"].at)
        return expressions.value(spec["output"], sight)
    draft.note(spec["tasks"].at, "no output is declared; what no other task waits for is the output here.")
    return output_of(steps)


def _input_schema(draft: Draft, spec: Mapping[str, Node], expressions: Expressions, parts: Mapping[str, Json]) -> Json:
    if "inputSchema" in spec:
        draft.put("/input_schema", spec["inputSchema"].at)
        if "input" in spec:
            says = "The input is declared twice, by `input` and by `inputSchema`."
            draft.report("dialect.value", spec["input"].at, says, "Keep one.")
        if isinstance(spec["inputSchema"].value, Mapping):
            return spec["inputSchema"].value
        draft.shape(spec["inputSchema"], "inputSchema is a JSON Schema")
        return {"type": "object"}
    if "input" in spec:
        draft.put("/input_schema", spec["input"].at)
        return spec["input"].value if _is_schema(spec["input"].value) else _declared(draft, spec["input"])
    schema = input_schema_of(parts["steps"], expressions.reads, parts["output"])
    if not schema.get("properties"):
        return None
    draft.note("", "no input is declared; what is read of it must be there, and is the input_schema here.")
    return schema


def _is_schema(value: Json) -> bool:
    """Tell a JSON Schema from names and types of parameters: it is one of an object, or says so."""
    return isinstance(value, Mapping) and (
        value.get("type") == "object" or "$schema" in value or isinstance(value.get("properties"), Mapping)
    )


def _declared(draft: Draft, node: Node) -> dict[str, Json]:
    if not isinstance(node.value, Mapping):
        draft.shape(node, "The input is written as names and types")
        return {"type": "object"}
    schema: dict[str, Json] = {"type": "object", "required": [], "properties": {}}
    for name in node.value:
        parameter = node.child(name)
        plain = isinstance(parameter.value, str)
        words = {"type": parameter} if plain else draft.fields(parameter, WORKFLOW_IO["parameter"], "A parameter")
        schema["properties"][name] = _property(draft, words)
        if "required" in words and words["required"].value is True:
            schema["required"].append(name)
    return {key: value for key, value in schema.items() if value != []}


def _property(draft: Draft, words: Mapping[str, Node]) -> dict[str, Json]:
    made: dict[str, Json] = {key: words[key].value for key in ("type", "description", "default") if key in words}
    if "type" in made and made["type"] not in _TYPES:
        says = f"No input has the type {made.pop('type')!r}."
        draft.report("dialect.value", words["type"].at, says, f"There is: {', '.join(_TYPES)}.")
    return made
