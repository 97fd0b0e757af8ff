"""The one way into Markdown and Mermaid: words of others stay words, with no HTML, no links and no line of their own."""

import re

from schemas.visible import block, visible

_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\](?=[(\[:])")
_HEADING = re.compile(r"^(\s*)(#{1,6}\s|={3,}\s*$|-{3,}\s*$)", re.MULTILINE)
_MERMAID = frozenset('"#;<>&{}[]()|`\\')


def prose(text: str) -> str:
    """Write a description of several lines: emphasis, lists and code stay; HTML, links, images and headings show as typed."""
    parts, at = [], 0
    shown = _HEADING.sub(r"\1\\\2", block(text))
    for code in _CODE.finditer(shown):
        parts += [_closed(shown[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, _closed(shown[at:])])


def line(text: str) -> str:
    """Write a text as part of one line."""
    return prose(visible(" ".join(text.split())))


def cell(text: str) -> str:
    """Write a text so that it stays in its cell of a table."""
    return line(text).replace("|", "\\|")


def code(text: str) -> str:
    """Write a text as code, whatever backticks it has."""
    said = visible(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", said)), default=0))
    return f"{fence} {said} {fence}" if said.startswith("`") or said.endswith("`") else f"{fence}{said}{fence}"


def mermaid(text: str) -> str:
    """Write a text of a Mermaid diagram: what Mermaid would take for syntax as its entities."""
    return "".join(f"#{ord(sign)};" if sign in _MERMAID else sign for sign in visible(" ".join(text.split())))


def mermaid_comment(text: str) -> str:
    """Write a text behind `%%`, where entities are not known."""
    return visible(" ".join(text.split())).replace("%%", "% %").replace("{", "(").replace("}", ")")


def _closed(text: str) -> str:
    return _LINK.sub(r"]\\", _TAG.sub("&lt;", text))
