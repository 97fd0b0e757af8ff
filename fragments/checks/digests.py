"""The digest of what was proved: plan, catalog and policy in one name."""

from catalog.values import Json, digest
from fragments.checks.view import View
from fragments.documents import Fragment, Template

_WORDS = {"reasoning", "description", "summary", "goals"}
"""What is told to readers and runs nothing: it does not change the digest."""


def digest_of(view: View) -> str:
    """Name by SHA-256 the document, the source of the handlers that it uses, and the frame that it was checked against.

    Formatting, key order, defaults written out, and words for readers make no difference.
    """
    used = {node.capability.id for node in view.nodes if node.capability is not None}
    frame = view.frame
    return digest(
        {
            "kind": "template" if isinstance(view.document, Template) else "fragment",
            "document": _without_words(view.document),
            "catalog": {name: view.catalog.digests[name] for name in sorted(used)},
            "policy": {
                "allows": [allow.model_dump(mode="json") for allow in frame.allows],
                "left": view.left.to_json(),
                "hosts": sorted(frame.hosts),
                "channels": sorted(frame.channels),
                "operator_hosts": sorted(frame.operator_hosts),
                "must_produce": frame.must_produce,
                "depth": frame.depth,
            },
        }
    )


def _without_words(document: Template | Fragment) -> Json:
    whole = document.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_WORDS)
    return {**whole, "steps": [_step(step) for step in whole["steps"]]}


def _step(step: dict[str, Json]) -> dict[str, Json]:
    kept = {key: value for key, value in step.items() if key != "description"}
    return {**kept, "steps": [_step(inner) for inner in step["steps"]]} if step.get("steps") else kept
