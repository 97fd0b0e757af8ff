"""Near names: what somebody probably meant."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

MOST_NAMES = 1_000
"""Among more names than these nothing is looked for: many unknown names times many names would take minutes."""


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Give up to three names that look like `name`, the nearest first."""
    known = sorted({n for n in names if n != name})
    if len(known) > MOST_NAMES:
        return ()
    return tuple(match for match, _, _ in process.extract(name, known, limit=3, score_cutoff=60))


def only_near(name: str, names: Iterable[str]) -> str | None:
    """Give the one name that `name` is a misspelling of; None where there is none or more than one.

    At most one letter in four is wrong (left out, added, replaced or swapped), and no other name is as near.
    """
    most = max(1, len(name) // 4)
    known = sorted({n for n in names if n != name})
    if len(known) > MOST_NAMES:
        return None
    ranked = sorted((DamerauLevenshtein.distance(name, n, score_cutoff=most), n) for n in known)
    if not ranked or ranked[0][0] > most or len(name) < 3:  # noqa: PLR2004 - of two letters one is no evidence
        return None
    return ranked[0][1] if len(ranked) == 1 or ranked[1][0] > most else None


def hint(name: str, names: Iterable[str], *, otherwise: str = "") -> str:
    """Say what is near: `Nearest: fetch.`; with nothing near, what there is."""
    known = sorted(set(names))
    if near := nearest(name, known):
        return f"Nearest: {', '.join(near)}."
    if not known:
        return otherwise
    shown = ", ".join(known[:8])
    return f"There is: {shown}{', ...' if len(known) > 8 else ''}."  # noqa: PLR2004 - as many as one line holds
