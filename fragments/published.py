"""The published JSON Schema of the language, generated from the models that read it."""

from collections.abc import Sequence

from catalog.capability import Document
from catalog.values import Json
from fragments.documents import Fragment, Refusal, Template

SCHEMA_ID = "urn:goalwright:language:1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published_schema() -> dict[str, Json]:
    """Give one JSON Schema (2020-12) for templates and fragments, for editors and for other programs."""
    definitions = _definitions(Template, Fragment)
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        "title": "Goalwright workflow language",
        "description": "A template is written by a person, a fragment by a planner; both are made of the same steps.",
        "oneOf": [{"$ref": "#/$defs/Template"}, {"$ref": "#/$defs/Fragment"}],
        "$defs": definitions,
    }


def fragment_schema(handlers: Sequence[str] | None = None) -> dict[str, Json]:
    """Give the schema of a planner's answer: a fragment or a refusal. With `handlers`, steps name only these."""
    definitions = _definitions(Fragment, Refusal)
    if handlers is not None:
        step = definitions["Step"]
        named = {**step["properties"]["handler"], "anyOf": [{"enum": sorted(handlers)}, {"type": "null"}]}
        definitions["Step"] = {**step, "properties": {**step["properties"], "handler": named}}
    return {"$schema": _DIALECT, "anyOf": [{"$ref": "#/$defs/Fragment"}, {"$ref": "#/$defs/Refusal"}], "$defs": definitions}


def _definitions(*models: type[Document]) -> dict[str, Json]:
    """Collect the schemas of models and of everything within them under their own names."""
    found: dict[str, Json] = {}
    for model in models:
        schema = model.model_json_schema(by_alias=True)
        found.update(schema.pop("$defs", {}))
        found[model.__name__] = schema
    return dict(sorted(found.items()))
