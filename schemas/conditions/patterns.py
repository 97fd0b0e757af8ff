"""How large a regular expression is: what compiling it and matching with it can cost at worst."""

import re
from collections.abc import Callable

_TOKEN = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|.", re.DOTALL)
_MOST_REPEATED = 1_000  # RE2 refuses more
_PROPERTY = 5_000  # \pL is a class of hundreds of ranges; compiling one takes as long as compiling that many letters
_ANY = 20  # a dot, or a class of all but some, takes the ranges of UTF-8


def states(pattern: str) -> int:
    """Count the states of the automaton: one for each character or class, multiplied where they are repeated."""
    return _measured(pattern, lambda _token: 1)


def weight(pattern: str) -> int:
    """Measure what compiling takes, in letters."""
    return _measured(pattern, _letters)


def _letters(part: str) -> int:
    properties = len(re.findall(r"\\[pP]", part))
    if properties:
        return properties * _PROPERTY
    return _ANY if part == "." or part.startswith("[^") or not part.isascii() else 1


def _measured(pattern: str, measure: Callable[[str], int]) -> int:
    groups: list[list[int]] = [[0]]  # the sizes of what stands in each open group, the last one being what `{n}` repeats
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if text == "(":
            groups.append([0])
        elif text == ")" and len(groups) > 1:
            whole = sum(groups.pop())
            groups[-1].append(whole)
        elif token[1] is not None:
            groups[-1][-1] *= min(max(int(token[2] or token[1]), 1), _MOST_REPEATED)
        else:
            groups[-1].append(measure(text))
    return max(1, sum(sum(group) for group in groups))
