"""The keywords of draft 2020-12 under which schemas stand."""

ONE = {
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
}
"""One schema."""

LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
"""A list of schemas."""

MAPS = {"$defs", "dependentSchemas", "patternProperties", "properties"}
"""Schemas by name."""
