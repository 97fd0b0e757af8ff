"""The text of references: what may stand between `{{` and `}}`, read and written.

text      = "{{" reference ("??" reference)* ("??" literal)? "}}"
reference = root segment*          root: input | steps | task | secrets | failure | a name that a loop binds
segment   = "." name | "[" digits "]" | "[-" digits "]" | '["' any key '"]'
literal   = a JSON text, number, true, false or null, [] or {}

A text in quotes may stand alone: `{{ "{{" }}` writes two braces.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from fragments.near import only_near
from schemas.values import Json

ROOTS = ("input", "steps", "task")
FAILURE = "failure"
"""The root by which a fallback reads what happened; nothing else sees it."""
SECRETS = "secrets"
"""The root of secrets, which stand only where a capability takes them."""
RESERVED_ROOTS = (*ROOTS, SECRETS, FAILURE, "output", "phase", "plan")
"""Names that no loop binds: roots that there are, and those that the language will have."""

# Braces stand only inside quotes or as {}, so a scan ends at the next one; possessive, so that it never goes back.
_BODY = re.compile(r"""\{\{((?:[^"'{}]|\{\s*+\}|"(?:[^"\\]|\\.)*+"|'[^']*+')*+)\}\}""", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SEGMENT = re.compile(
    r"""\.([A-Za-z_][A-Za-z0-9_-]*)|\[\s*(-?\d{1,9})\s*\]|\[\s*("(?:[^"\\]|\\.)*")\s*\]|\[\s*'([^'\\]*)'\s*\]"""
)
_OR = re.compile(r"\s*\?\?\s*")
_LITERAL = re.compile(
    r"""("(?:[^"\\]|\\.)*"|(?:-?\d[\d.eE+-]{0,30}|true|false|null)(?![\w.\[])|\[\s*\]|\{\s*\})|'([^'\\]*)'""", re.DOTALL
)
_STEP_HEAD = 2  # steps.NAME.output: a name and the word `output`

_BEGINS = "a reference begins with a name, such as input or steps"
_FOLLOWS = "after ?? comes a reference, a text, a number, true, false, null, [] or {}"
_SHORT = 400  # characters; longer texts are rare, and a cache of them would hold megabytes

Key: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class Reference:
    """One path lookup. `text` is the reference as written, without braces."""

    root: str
    path: tuple[Key, ...]
    text: str

    @property
    def step(self) -> str | None:
        """Name the step whose output or status is read; None for every other root."""
        return str(self.path[0]) if self.root == "steps" else None

    @property
    def reads_status(self) -> bool:
        """Say whether a step's status is read, and not its output."""
        return self.root == "steps" and self.path[1:_STEP_HEAD] == ("status",)

    @property
    def tail(self) -> tuple[Key, ...]:
        """Give the path inside the step's output, or inside the root."""
        return self.path[_STEP_HEAD:] if self.root == "steps" else self.path


@dataclass(frozen=True, slots=True)
class Literal:
    """What `??` falls back on at last: a scalar, an empty list or an empty object."""

    value: Json

    @property
    def text(self) -> str:
        """Write the literal as a reference has it."""
        return json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """Operands with `??` between them: the first that is there and not null, or else the last. `text` is as written."""

    operands: tuple["Reference | Literal", ...]
    text: str

    @property
    def references(self) -> tuple[Reference, ...]:
        """List the operands that are looked up."""
        return tuple(operand for operand in self.operands if isinstance(operand, Reference))


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text between braces that is not a reference, and why. `meant` is what was probably meant, where one letter is off."""

    text: str
    says: str
    meant: str | None = None


Part: TypeAlias = str | Reference | Choice | Literal | Malformed


def parse(text: str) -> tuple[Part, ...]:
    """Split a text into what stands literally and what is looked up. Total: what is wrong is a part of its own."""
    return _parse_short(text) if len(text) <= _SHORT else _parse(text)


def references_in(part: Part) -> tuple[Reference, ...]:
    """List what one part of a text looks up."""
    if isinstance(part, Reference):
        return (part,)
    return part.references if isinstance(part, Choice) else ()


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
        parts.append(_between(match[1].strip()) if match else Malformed("{{", "{{ begins a reference that does not end"))
        if match is None:  # what follows stays unread: reading on from every {{ would take quadratic time
            break
    return (*parts, text[end:]) if end < len(text) else tuple(parts)


_parse_short = lru_cache(maxsize=8_192)(_parse)


def _segment(key: Key) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _between(text: str) -> Reference | Choice | Literal | Malformed:
    """Read what stands between braces: one reference, several operands, or a text in quotes."""
    if text[:1] == '"' and (match := _LITERAL.fullmatch(text)) is not None:
        return _literal(match)
    operands: list[Reference | Literal] = []
    end = 0
    while True:
        operand, end = _operand(text, end, first=not operands)
        if isinstance(operand, Malformed):
            meant = operand.meant and text.replace(operand.text, operand.meant, 1)
            return Malformed(text, operand.says, meant)
        operands.append(operand)
        again = _OR.match(text, end)
        if end == len(text) or again is None or isinstance(operand, Literal):
            break
        end = again.end()
    if end < len(text):
        return Malformed(text, _no_path(text, end, after_literal=isinstance(operands[-1], Literal)))
    return Choice(tuple(operands), text) if len(operands) > 1 else operands[0]


def _operand(text: str, start: int, *, first: bool) -> tuple[Reference | Literal | Malformed, int]:
    """Read one operand; give where it ends as well."""
    literal = None if first else _LITERAL.match(text, start)
    if literal is not None:
        return _literal(literal), literal.end()
    head = _NAME.match(text, start)
    if head is None:
        what = "a reference begins with a name, such as input or steps"
        return Malformed(
            text, what if first else "after ?? comes a reference, a text, a number, true, false, null, [] or {}"
        ), 0
    path: list[Key] = []
    end = head.end()
    while (segment := _SEGMENT.match(text, end)) is not None:
        key = _key(segment)
        if key is None:
            return Malformed(text, _no_path(text, end)), 0
        path.append(key)
        end = segment.end()
    return _checked(Reference(head[0], tuple(path), text[start:end])), end


def _no_path(text: str, end: int, *, after_literal: bool = False) -> str:
    rest = repr(text[end:][:40])
    if after_literal:
        return f"{rest} behind a literal would never be read"
    return f'{rest} is no path: .name, [0], [-1] or ["any key"]'


def _literal(match: re.Match[str]) -> Literal | Malformed:
    if match[2] is not None:
        return Literal(match[2])
    try:
        value = json.loads(match[1])
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # an escape that JSON does not have, a number out of range, half of a surrogate pair
        return Malformed(match[0], f"{match[0][:40]!r} is no JSON")
    return Literal(value)


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
    if reference.root == SECRETS:
        plain = len(reference.path) == 1 and isinstance(reference.path[0], str)
        return reference if plain else Malformed(reference.text, "a secret is read as secrets.NAME")
    if reference.root != "steps":
        return reference
    if len(reference.path) < _STEP_HEAD or not isinstance(reference.path[0], str):
        return Malformed(reference.text, "a step is read as steps.NAME.output")
    if reference.path[1] == "status":
        return reference if len(reference.path) == _STEP_HEAD else Malformed(reference.text, "a status is one word")
    if reference.path[1] != "output":
        meant = only_near(str(reference.path[1]), ("output", "status"))
        fixed = f"steps{spelled(reference.path[0], meant, *reference.path[_STEP_HEAD:])}" if meant is not None else None
        return Malformed(reference.text, f"after the step's name comes .output, not {spelled(reference.path[1])}", fixed)
    return reference
