"""Expressions of workflow.io: `{{tasks.x.output.y}}` as references, `condition.if` as CEL."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fragments.conditions import Condition, parse
from fragments.dialects.draft import Draft, Node
from fragments.dialects.inputs import ITEM, Read
from fragments.near import hint as near_hint
from fragments.reference_text import Key, spelled
from schemas.values import Json

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_ROOT = re.compile(r"\s*([A-Za-z_]\w*)")
_SEGMENT = re.compile(r"""\.([A-Za-z_$][\w$-]*)|\[\s*(\d{1,9})\s*\]|\[\s*"([^"\\]*)"\s*\]|\[\s*'([^'\\]*)'\s*\]""")
_LOOP_WORDS = {
    "outputs": "outputs",
    "itemCount": "item_count",
    "successCount": "success_count",
    "failureCount": "failure_count",
}
_CEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CEL_RESERVED = re.compile(
    r"as|break|const|continue|else|false|for|function|if|import|in|let|loop|package|namespace|null|return|true|var|void|while"
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<reference>\{\{[^{}]*\}\})
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<operator>==|!=|<=|>=|&&|\|\||[!<>()-])
    |(?P<constant>(?:true|false|null)(?![\w.-]))""",
    re.VERBOSE | re.DOTALL,
)
_LONGEST_PATH = 1_000
_OPERATORS = "An expression has references in braces, texts, numbers, true, false, null, == != > < >= <= && || ! and ( )."

Path: TypeAlias = tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A loop around an expression: what it binds in the source and here, and where in the input its items are."""

    item: str
    index: str
    item_name: str
    index_name: str
    items: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What an expression sees: steps by the names that they had, and the loops around it, the outermost first."""

    steps: Mapping[str, str]
    loops: tuple[Loop, ...] = ()


class _Untranslatable(Exception):  # noqa: N818 - carries a complaint out of the parser, never leaves this module
    def __init__(self, says: str, hint: str = "") -> None:
        self.says, self.hint = says, hint


@dataclass(slots=True, kw_only=True)
class Expressions:
    """Translates expressions for one conversion; `reads` lists what they read of the input, `secrets` the secrets they take."""

    draft: Draft
    reads: list[Read] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def value(self, node: Node, sight: Sight) -> Json:
        """Translate every text in a value."""
        if isinstance(node.value, str):
            return self._text(node, sight) if "{{" in node.value else node.value
        if isinstance(node.value, Mapping):
            return {key: self.value(node.child(key), sight) for key in node.value}
        if isinstance(node.value, list):
            return [self.value(node.child(i), sight) for i in range(len(node.value))]
        return node.value

    def condition(self, node: Node, sight: Sight) -> str | None:
        """Translate a condition into CEL; None where it cannot be."""
        if isinstance(node.value, bool):
            return "true" if node.value else "false"
        text = self.draft.text(node, "A condition")
        if text is None:
            return None
        try:
            made = "".join(self._tokens(text, sight)).strip()
        except _Untranslatable as fault:
            self.draft.report("dialect.expression", node.at, fault.says, fault.hint or _OPERATORS)
            return None
        parsed = parse(made)
        if isinstance(parsed, Condition):
            return made
        for complaint in parsed:
            self.draft.report("dialect.expression", node.at, complaint.says, complaint.hint)
        return None

    def items(self, node: Node, sight: Sight) -> tuple[Json, Path | None]:
        """Translate the items of a loop; beside them their place in the input, where they are of it."""
        before = len(self.reads)
        value = self.value(node, sight)
        if isinstance(node.value, str) and len(self.reads) == before + 1 and _BRACES.fullmatch(node.value.strip()):
            path = self.reads[before].path
            self.reads[before] = Read(path=path, is_list=True)
            return value, (*path, ITEM)
        return value, None

    def _text(self, node: Node, sight: Sight) -> str:
        try:
            return self._interpolated(node.value, sight)
        except _Untranslatable as fault:
            self.draft.report("dialect.expression", node.at, fault.says, fault.hint)
            return str(node.value)

    def _interpolated(self, text: str, sight: Sight) -> str:
        made = _BRACES.sub(lambda match: f"{{{{ {_plain(self._path(match[1], sight))} }}}}", text)
        if "{{" in _BRACES.sub("", text):
            says = "{{ begins an expression that does not end, or holds braces."
            raise _Untranslatable(says)
        return made

    def _tokens(self, text: str, sight: Sight) -> Iterator[str]:
        end = 0
        while end < len(text):
            token = _TOKEN.match(text, end)
            if token is None:
                says = f"The condition cannot be read from {text[end : end + 40]!r} on."
                raise _Untranslatable(says)
            yield self._token(token, sight)
            end = token.end()

    def _token(self, token: re.Match[str], sight: Sight) -> str:
        if token["reference"]:
            return _cel(self._path(token["reference"][2:-2], sight))
        if token["text"] and "{{" in token["text"]:
            return self._templated(token["text"], sight)
        return " " if token["space"] else token[0]

    def _templated(self, quoted: str, sight: Sight) -> str:
        """Write a text that holds expressions as CEL: pieces put together."""
        quote, body = quoted[0], quoted[1:-1]
        pieces: list[str] = []
        end = 0
        for match in _BRACES.finditer(body):
            if match.start() > end:
                pieces.append(f"{quote}{body[end : match.start()]}{quote}")
            pieces.append(f"string({_cel(self._path(match[1], sight))})")
            end = match.end()
        if end < len(body):
            pieces.append(f"{quote}{body[end:]}{quote}")
        return pieces[0] if len(pieces) == 1 else f"({' + '.join(pieces)})"

    def _path(self, text: str, sight: Sight) -> Path:
        root = _ROOT.match(text)
        if root is None:
            says = f"{{{{{text}}}}} is no path."
            raise _Untranslatable(says, "An expression in braces begins with input, tasks, forEach or secrets.")
        segments = _segments(text, root.end())
        if root[1] == "input":
            return self._read("input", *segments)
        if root[1] == "tasks":
            return _of_task(text, segments, sight)
        if root[1] == "forEach":
            return self._of_loop(text, segments, sight)
        if root[1] == "secrets" and segments:
            self.secrets.add(str(segments[0]))
            return ("secrets", *segments)
        says = f"Nothing is called {root[1]!r} in {{{{{text}}}}}."
        raise _Untranslatable(says, near_hint(root[1], ("input", "tasks", "forEach", "secrets")))

    def _read(self, root: str, *path: Key, within: Path | None = ()) -> Path:
        if within is not None and (path or within):
            self.reads.append(Read(path=(*within, *path)))
        return (root, *path)

    def _of_loop(self, text: str, segments: Path, sight: Sight) -> Path:
        loops = sight.loops
        while segments and segments[0] in {"$parent", "$root"}:
            loops = loops[:-1] if segments[0] == "$parent" else loops[:1]
            segments = segments[1:]
        if not loops or not segments:
            says = f"{{{{{text}}}}} reads a loop that is not around it."
            raise _Untranslatable(says)
        name, rest = str(segments[0]), segments[1:]
        for loop in reversed(loops):
            if name == loop.item:
                return self._read(loop.item_name, *rest, within=loop.items)
            if name == loop.index:
                return (loop.index_name, *rest)
        if name == "item":
            return self._read(loops[-1].item_name, *rest, within=loops[-1].items)
        says = f"No loop around {{{{{text}}}}} binds {name!r}."
        raise _Untranslatable(says, near_hint(name, [each for loop in loops for each in (loop.item, loop.index)]))


def _segments(text: str, end: int) -> Path:
    keys: list[Key] = []
    whole = text.rstrip()
    if len(whole) > _LONGEST_PATH:
        says = f"An expression in braces has {len(whole):,} characters; {_LONGEST_PATH:,} are the most."
        raise _Untranslatable(says)
    while end < len(whole):
        segment = _SEGMENT.match(whole, end)
        if segment is None:
            says = f'In {{{{{text}}}}}, {whole[end : end + 40]!r} is no path: .name, [0] or ["key"].'
            raise _Untranslatable(says)
        name, index, double, single = segment.groups()
        keys.append(int(index) if index is not None else next(key for key in (name, double, single) if key is not None))
        end = segment.end()
    return tuple(keys)


def _of_task(text: str, segments: Path, sight: Sight) -> Path:
    if len(segments) < 2:  # noqa: PLR2004 - the task's name, and what of it is read
        says = f"{{{{{text}}}}} says not what of the task is read."
        raise _Untranslatable(says, "Write {{tasks.ID.output}}.")
    task, what, *rest = segments
    if task not in sight.steps:
        says = f"{{{{{text}}}}} reads a task that is not seen here."
        raise _Untranslatable(says, near_hint(str(task), sight.steps))
    if what == "output":
        return ("steps", sight.steps[str(task)], "output", *rest)
    if what == "forEach" and rest and rest[0] in _LOOP_WORDS:
        return ("steps", sight.steps[str(task)], "output", _LOOP_WORDS[str(rest[0])], *rest[1:])
    says = f"{{{{{text}}}}} has no counterpart."
    raise _Untranslatable(says, f"Of a task there is output, and forEach with {', '.join(_LOOP_WORDS)}.")


def _plain(path: Path) -> str:
    return f"{path[0]}{spelled(*path[1:])}"


def _cel(path: Path) -> str:
    return str(path[0]) + "".join(map(_cel_segment, path[1:]))


def _cel_segment(key: Key) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    plain = _CEL_NAME.fullmatch(key) and not _CEL_RESERVED.fullmatch(key)
    return f".{key}" if plain else f"[{json.dumps(key, ensure_ascii=False)}]"
