"""A document's file after mending: the patches applied to its own text, so that comments, quotes and order stay."""

import io
import json
from collections.abc import Sequence
from itertools import pairwise

from jsonpatch import JsonPatch
from jsonpointer import JsonPointer
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from fragments.dialects import yaml_of
from fragments.reading import read_text
from schemas.values import Json, JsonObject

_WIDTH = 4096  # no line is broken that was not


def rewritten(source: str, operations: Sequence[JsonObject], value: Json) -> tuple[str, bool]:
    """Write `value`, which is what RFC 6902 `operations` make of the document in `source`.

    Gives the text and whether comments and layout could be kept. JSON stays JSON, YAML stays YAML.
    """
    if source.lstrip().startswith("{"):
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n", True
    kept = _kept(source, operations)
    if kept is not None and read_text(kept).value == value:
        return kept, True
    return yaml_of(value), False


def _kept(source: str, operations: Sequence[JsonObject]) -> str | None:
    """Apply the operations to the text's own tree; None where the round trip fails."""
    form = YAML()
    form.preserve_quotes = True
    form.width = _WIDTH
    dash, sequence = _indents(source)
    form.indent(mapping=2, sequence=sequence, offset=dash)
    try:
        tree = form.load(source)
        for operation in operations:
            _apply(tree, operation)
        written = io.StringIO()
        form.dump(tree, written)
    except (YAMLError, ValueError, TypeError, KeyError):
        return None
    return written.getvalue()


def _apply(tree: Json, operation: JsonObject) -> None:
    if operation["op"] == "move":
        source, target = JsonPointer(operation["from"]), JsonPointer(operation["path"])
        if source.parts[:-1] == target.parts[:-1]:
            holder, _ = source.to_last(tree)
            if isinstance(holder, CommentedMap):
                _rename(holder, source.parts[-1], target.parts[-1])
                return
    JsonPatch([dict(operation)]).apply(tree, in_place=True)


def _rename(holder: CommentedMap, old: str, new: str) -> None:
    """Give a key another name where it stands, with the comments around it."""
    position = list(holder).index(old)
    comments = holder.ca.items.pop(old, None)
    holder.insert(position, new, holder.pop(old))
    if comments is not None:
        holder.ca.items[new] = comments


def _indents(source: str) -> tuple[int, int]:
    """Find how the text indents lists below a key: the column of the dash beside that of the key."""
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for above, line in pairwise(lines):
        if above.rstrip().endswith(":") and line.lstrip().startswith("- "):
            offset = (len(line) - len(line.lstrip())) - (len(above) - len(above.lstrip(" -")))
            return max(offset, 0), max(offset, 0) + 2
    return 0, 2
