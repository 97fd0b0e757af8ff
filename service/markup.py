"""The one way into HTML and SVG: words of others are text, in contents and in attributes."""

from html import escape

from schemas.visible import visible


def content(text: str) -> str:
    """Write a text between tags: no markup, no character that XML does not know or nobody sees."""
    return escape(visible(text), quote=False)


def attribute(text: str) -> str:
    r"""Write a text as an attribute of Graphviz, which reads entities, and `\N` as a name of its own."""
    return escape(visible(text)).replace("\\", "\\\\")
