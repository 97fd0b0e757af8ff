"""How deep a text nests brackets, of whatever kind: asked before a parser, which recurses, sees it."""

import re

_BRACKETS = re.compile(r"[(\[{]|[)\]}]")


def nesting(text: str) -> int:
    """Give the most brackets that are open at once; texts in quotes are the caller's to take out."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        depth += 1 if match[0] in "([{" else -1
        deepest = max(deepest, depth)
    return deepest
