"""How alike a goal and an authored template are, by their words."""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

_WORD = re.compile(r"[a-z0-9]+")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_FILLERS = frozenset(
    _WORD.findall(
        "a an and any are as at be by each every for from has have here if in into is it its me my of on or our please "
        "that the their them then there these they this those to us we what when whether which who with you your"
    )
)
_SAME = 90  # of 100: two words of this likeness are taken for spellings of one; "install" and "installed" are not


def likeness(goal: str, texts: Iterable[str], *, names: Iterable[str] = ()) -> float:
    """Say how alike a goal and the likest of `texts` are, of 100.

    The mean of two ratios over the words that carry meaning, times the share of the goal's words that the texts know at all.
    One ratio forgives what the longer text says in addition and alone would find any short goal in a long text; the other
    counts it and alone would miss a long-winded goal. The share tells "shut down these sites" from "which sites are down":
    a word that no text knows is likely the one that matters, unless it is one of `names`.
    """
    asked = _words(goal)
    told = [words for text in texts if (words := _words(text))]
    if not asked or not told:
        return 0.0
    return max(_alike(asked, words) for words in told) * _known(
        asked, {word for words in (*told, *map(_words, names)) for word in words}
    )


def figures_of(*texts: str) -> frozenset[str]:
    """Collect the numbers that stand in texts, as they are written."""
    return frozenset(figure for text in texts for figure in _FIGURE.findall(text))


def _alike(asked: list[str], told: list[str]) -> float:
    one, other = " ".join(asked), " ".join(told)
    return (fuzz.token_set_ratio(one, other) + fuzz.token_sort_ratio(one, other)) / 2


def _known(asked: list[str], vocabulary: set[str]) -> float:
    words = set(asked)
    known = [word for word in words if process.extractOne(word, sorted(vocabulary), scorer=fuzz.ratio, score_cutoff=_SAME)]
    return len(known) / len(words)


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _FILLERS]


def _stem(word: str) -> str:
    # Plurals, and spellings of both sides of the Atlantic; a real stemmer would be a dependency for little more.
    word = word.replace("licens", "licenc").replace("ize", "ise")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004 - not "us"
