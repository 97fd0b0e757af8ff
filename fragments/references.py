"""References: `{{ steps.fetch.output.body.items[0] }}`. A path lookup and nothing more.

A text that is one whole reference keeps the type of its value. Any other text with references is interpolated: texts as they
are, null as nothing, every other value as compact JSON.

    reference = "{{" root segment* "}}"          root: input | steps | task | a name that a loop binds
    segment   = "." name | "[" digits "]" | '["' any key '"]'
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from catalog.values import Json, canonical
from fragments.pointers import braced

ROOTS = ("input", "steps", "task")
LATER_ROOTS = ("secrets", "output", "phase", "plan")
"""Roots that the language will have: reserved, so that no loop binds them."""

# Braces stand only inside quotes, so a scan ends at the next one; possessive, so that it never goes back.
_BODY = re.compile(r"""\{\{((?:[^"'{}]|"(?:[^"\\]|\\.)*+"|'[^']*+')*+)\}\}""", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SEGMENT = re.compile(
    r"""\.([A-Za-z_][A-Za-z0-9_-]*)|\[\s*(\d{1,9})\s*\]|\[\s*("(?:[^"\\]|\\.)*")\s*\]|\[\s*'([^'\\]*)'\s*\]"""
)
_STEP_HEAD = 2  # steps.NAME.output: a name and the word `output`

_SHORT = 400  # characters; longer texts are rare, and a cache of them would hold megabytes

Key: TypeAlias = str | int


class Unresolvable(Exception):  # noqa: N818 - named for what it says of a reference
    """A reference went along a path that the value does not have. `missing` is the part not found, `there` what is there."""

    def __init__(self, reference: str, missing: str, there: str) -> None:
        """Keep the reference as written, the missing part and a description of what is there."""
        self.reference, self.missing, self.there = reference, missing, there
        super().__init__(f"{{{{ {reference} }}}}: there is no {missing}; there is {there}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One path lookup. `text` is the reference as written, without braces."""

    root: str
    path: tuple[Key, ...]
    text: str

    @property
    def step(self) -> str | None:
        """Name the step whose output is read; None for every other root."""
        return str(self.path[0]) if self.root == "steps" else None

    @property
    def tail(self) -> tuple[Key, ...]:
        """Give the path inside the step's output, or inside the root."""
        return self.path[_STEP_HEAD:] if self.root == "steps" else self.path


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text between braces that is not a reference, and why. `later` names a construct that does not exist yet."""

    text: str
    says: str
    later: str | None = None


Part: TypeAlias = str | Reference | Malformed


def is_text_with_references(value: Json) -> bool:
    """Say whether `value` is a text in which a reference may stand."""
    return isinstance(value, str) and "{{" in value


def parse(text: str) -> tuple[Part, ...]:
    """Split a text into what stands literally and what is looked up. Total: what is wrong is a part of its own."""
    return _parse_short(text) if len(text) <= _SHORT else _parse(text)


def whole(value: Json) -> Reference | None:
    """Give the reference that the value consists of; None where it is anything else."""
    if not is_text_with_references(value):
        return None
    parts = parse(value)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Reference) else None


def find(value: Json, pointer: str = "") -> list[tuple[str, Reference]]:
    """Collect every reference in `value`, with the pointer to the text that holds it."""
    return [(at, part) for at, part in parts_of(value, pointer) if isinstance(part, Reference)]


def malformed(value: Json, pointer: str = "") -> list[tuple[str, Malformed]]:
    """Collect every text between braces in `value` that is not a reference."""
    return [(at, part) for at, part in parts_of(value, pointer) if isinstance(part, Malformed)]


def parts_of(value: Json, pointer: str = "") -> Iterator[tuple[str, Part]]:
    """Go through the references of `value`, well formed or not, with their pointers."""
    for at, text in braced(value, pointer):
        yield from ((at, part) for part in parse(text) if not isinstance(part, str))


def resolve(value: Json, lookup: Mapping[str, Json]) -> Json:
    """Put the values of all references in place of them. Values that were looked up are never scanned again.

    `lookup` maps roots to values: `{"input": {...}, "task": {...}, "steps": {"fetch": {"output": ...}}, "item": ...}`; any part
    of it may be a `Mapping` that looks up lazily. Raises `Unresolvable` for a path that is not there.
    """
    return _replaced(value, lambda text: _resolved(text, lookup))


def substitute(value: Json, replace: Callable[[Reference], Json | None]) -> Json:
    """Put what `replace` gives in place of references; where it gives None the reference stays as written.

    The result is a document again. Raises `ValueError` for a value that holds braces: it would be read as a reference.
    """
    return _replaced(value, lambda text: _substituted(text, replace))


def follow(value: Json, path: tuple[Key, ...], *, reference: str = "") -> Json:
    """Look a path up in a value. Raises `Unresolvable`."""
    for key in path:
        if not _has(value, key):
            raise Unresolvable(reference, spelled(key), _what(value))
        value = value[key]
    return value


def spelled(*path: Key) -> str:
    """Write a path as a reference has it: `.items[0]["odd key"]`."""
    return "".join(_segment(key) for key in path)


def written(root: str, *path: Key) -> str:
    """Write a whole reference, braces included."""
    return f"{{{{ {root}{spelled(*path)} }}}}"


def _parse(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    end = 0
    while (start := text.find("{{", end)) >= 0:
        if start > end:
            parts.append(text[end:start])
        match = _BODY.match(text, start)
        end = match.end() if match else start + 2
        parts.append(_reference(match[1].strip()) if match else Malformed("{{", "{{ begins a reference that does not end"))
        if match is None:  # what follows stays unread: reading on from every {{ would take quadratic time
            break
    return (*parts, text[end:]) if end < len(text) else tuple(parts)


_parse_short = lru_cache(maxsize=8_192)(_parse)


def redirected(text: str, old: Reference, path: tuple[Key, ...]) -> str:
    """Write `text` with another path, root first, in place of the reference `old` wherever it stands."""
    return "".join(written(str(path[0]), *path[1:]) if part == old else _kept(part) for part in parse(text))


def _has(value: Json, key: Key) -> bool:
    if isinstance(key, str):
        return isinstance(value, Mapping) and key in value
    return isinstance(value, (list, tuple)) and key < len(value)


def _segment(key: Key) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _reference(text: str) -> Reference | Malformed:
    head = _NAME.match(text)
    if head is None:
        return Malformed(text, "a reference begins with a name, such as input or steps", _later(text))
    path: list[Key] = []
    end = head.end()
    while end < len(text):
        segment = _SEGMENT.match(text, end)
        key = _key(segment) if segment else None
        if segment is None or key is None:
            return Malformed(text, f'{text[end:][:40]!r} is no path: .name, [0] or ["any key"]', _later(text[end:]))
        path.append(key)
        end = segment.end()
    return _checked(Reference(head[0], tuple(path), text))


def _key(segment: re.Match[str]) -> Key | None:
    name, index, quoted, single = segment.groups()
    if name is not None or single is not None:
        return name if name is not None else single
    if index is not None:
        return int(index)
    try:
        return str(json.loads(quoted))
    except ValueError:  # an escape that JSON does not have
        return None


def _checked(reference: Reference) -> Reference | Malformed:
    if reference.root == "secrets":
        return Malformed(reference.text, "secrets cannot be referred to", "secrets")
    if reference.root != "steps":
        return reference
    if len(reference.path) < _STEP_HEAD or not isinstance(reference.path[0], str):
        return Malformed(reference.text, "a step is read as steps.NAME.output")
    if reference.path[1] == "status":
        return Malformed(reference.text, "a step's status cannot be read", "steps.NAME.status")
    if reference.path[1] != "output":
        return Malformed(reference.text, f"after the step's name comes .output, not {spelled(reference.path[1])}")
    return reference


def _later(rest: str) -> str | None:
    """Name the construct that somebody tried to use, where the language will have it."""
    if "??" in rest:
        return "defaults with ??"
    return "negative indexes" if re.match(r"\[\s*-\d", rest) else None


def _replaced(value: Json, change: Callable[[str], Json]) -> Json:
    if isinstance(value, str):
        return change(value) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: _replaced(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(part, change) for part in value]
    return value


def _resolved(text: str, lookup: Mapping[str, Json]) -> Json:
    parts = parse(text)
    if len(parts) == 1:
        return _value(parts[0], lookup)
    return "".join(_as_text(_value(part, lookup)) for part in parts)


def _value(part: Part, lookup: Mapping[str, Json]) -> Json:
    if isinstance(part, str):
        return part
    if isinstance(part, Malformed):
        raise Unresolvable(part.text, "such reference", part.says)
    if part.root not in lookup:
        raise Unresolvable(part.text, part.root, ", ".join(sorted(lookup)) or "nothing")
    return follow(lookup[part.root], part.path, reference=part.text)


def _substituted(text: str, replace: Callable[[Reference], Json | None]) -> Json:
    parts = parse(text)
    values = [replace(part) if isinstance(part, Reference) else None for part in parts]
    if all(value is None for value in values):
        return text
    if any(braced(value) for value in values):
        msg = f"a value put into {text!r} holds {{{{ and would be read as a reference"
        raise ValueError(msg)
    if len(parts) == 1:
        return values[0]
    filled = zip(parts, values, strict=True)
    return "".join(_kept(part) if value is None else _as_text(value) for part, value in filled)


def _kept(part: Part) -> str:
    if isinstance(part, str):
        return part
    return part.text if part.text == "{{" else f"{{{{ {part.text} }}}}"


def _as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else canonical(value)


def _what(value: Json) -> str:
    if isinstance(value, Mapping):
        keys = [str(key) for key in value]
        return f"an object with {', '.join(keys[:8])}{', ...' if len(keys) > 8 else ''}" if keys else "an empty object"  # noqa: PLR2004 - one line
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


__all__ = [
    "LATER_ROOTS",
    "ROOTS",
    "Key",
    "Malformed",
    "Part",
    "Reference",
    "Unresolvable",
    "find",
    "follow",
    "is_text_with_references",
    "malformed",
    "parse",
    "parts_of",
    "redirected",
    "resolve",
    "spelled",
    "substitute",
    "whole",
    "written",
]
