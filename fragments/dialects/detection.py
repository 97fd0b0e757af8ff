"""Which dialect a text is written in, by the words that only one of them has."""

from collections.abc import Mapping

from fragments.dialects.draft import Draft
from fragments.dialects.vocabulary import Dialect
from schemas.values import Json, JsonObject

WORKFLOW_IO_VERSION = "workflow.io/v1"
_HINT = "Converted are task templates of Tasker (steps with handler.callable) and kind Workflow of workflow.io/v1 (tasks)."
_TASKER_WORDS = frozenset({"namespace_name", "task_handler", "system_dependencies", "domain_events"})


def recognised(draft: Draft, value: JsonObject, wanted: Dialect | None) -> Dialect | None:
    """Give the dialect of a text: the one that is wanted where it can be that. Where it is none, say what it is."""
    if "apiVersion" in value or "kind" in value:
        return _with_a_kind(draft, value, wanted)
    found = _by_words(value)
    if wanted is not None and found in (None, wanted) and _KEYS[wanted] in value:
        return wanted
    if found is not None and wanted in (None, found):
        return found
    at, says, hint = _what_it_is(value, found)
    draft.report("dialect.unknown", at, says, hint)
    return None


def _with_a_kind(draft: Draft, value: JsonObject, wanted: Dialect | None) -> Dialect | None:
    version, kind = value.get("apiVersion"), value.get("kind")
    if version == WORKFLOW_IO_VERSION and kind == "Workflow" and wanted in (None, Dialect.WORKFLOW_IO):
        return Dialect.WORKFLOW_IO
    at = "/apiVersion" if version != WORKFLOW_IO_VERSION else "/kind"
    says = f"No workflow of a known dialect: apiVersion {version!r}, kind {kind!r}."
    draft.report("dialect.unknown", at, says, _HINT)
    return None


def _by_words(value: JsonObject) -> Dialect | None:
    if "tasks" in value:
        return Dialect.WORKFLOW_IO
    if "steps" not in value:
        return None
    return Dialect.TASKER if _TASKER_WORDS & value.keys() or any(map(_is_tasker_step, _listed(value["steps"]))) else None


def _is_tasker_step(step: Json) -> bool:
    return isinstance(step, Mapping) and (isinstance(step.get("handler"), Mapping) or "dependencies" in step)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _what_it_is(value: JsonObject, found: Dialect | None) -> tuple[str, str, str]:
    if found is not None:
        return "", f"This reads as {found.value}.", f"Say --dialect {found.value}."
    if "steps" in value:
        says = "No workflow of a known dialect: its steps have neither handler.callable nor dependencies."
        return "/steps", says, "A template of the language itself is checked without a dialect."
    return "", "No workflow of a known dialect: it has neither tasks nor steps.", _HINT


_KEYS = {Dialect.TASKER: "steps", Dialect.WORKFLOW_IO: "tasks"}
