"""JSON values as they cross the packages: documents, inputs, outputs."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any value that JSON can write: null, booleans, finite numbers, strings, lists and objects of these."""

JsonObject: TypeAlias = Mapping[str, Json]
"""A JSON object. Never changed after it was made."""

Schema: TypeAlias = Mapping[str, Json] | bool
"""A JSON Schema, draft 2020-12."""


def canonical(value: Json) -> str:
    """Write `value` as the one text that digests are made of: keys sorted, no spaces, no NaN (`ValueError`)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Json) -> str:
    """Name `value` by the SHA-256 of its canonical text, in hex: stable under formatting and key order."""
    return sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
