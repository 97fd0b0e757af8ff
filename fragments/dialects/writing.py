"""Templates written as YAML for people: block style, short lists on one line, and read back as exactly what was written."""

from typing import Any

from yaml import SafeDumper, dump
from yaml.nodes import Node, SequenceNode

from fragments.yaml_text import read_yaml
from schemas.values import Json
from schemas.visible import block, visible

_WIDTH = 120
_MOST_IN_LINE = 80
_OTHER_LINE_ENDS = "\r\x85\u2028\u2029"


class _Dumper(SafeDumper):
    """Writes what the language's reader reads: its numbers and constants are fewer and other than YAML 1.1 has."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Write every value out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as above
        """Indent lists below their keys."""
        super().increase_indent(flow=flow, indentless=False)


def yaml_of(value: Json, *, heading: tuple[str, ...] = ()) -> str:
    """Write a value as YAML, below comments. Where a character would steer a terminal, all beyond ASCII is escaped."""
    comments = "".join(f"# {visible(line)}\n" for line in heading)
    text = _dumped(value, allow_unicode=True)
    return comments + (text if block(text) == text else _dumped(value, allow_unicode=False))


def _dumped(value: Json, *, allow_unicode: bool) -> str:
    written: str = dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=allow_unicode, width=_WIDTH, default_flow_style=False
    )
    return written


def _text(dumper: SafeDumper, text: str) -> Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if any(mark in text for mark in _OTHER_LINE_ENDS):
        return '"'
    if "\n" in text:
        return "|"
    return '"' if _may_be_plain(text) and read_yaml(text) != (text, ()) else None


def _may_be_plain(text: str) -> bool:
    return len(text) < _MOST_IN_LINE and text.replace(".", "").replace("-", "").replace("+", "").isalnum()


def _list(dumper: SafeDumper, members: list[Json]) -> SequenceNode:
    short = all(isinstance(member, (str, int, float, bool)) for member in members) and len(str(members)) <= _MOST_IN_LINE
    return dumper.represent_sequence("tag:yaml.org,2002:seq", members, flow_style=short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
