"""Stands in for google-re2, which is native: the host's RE2 answers, with the part of it that `celpy` uses."""  # noqa: INP001 - a folder on the guest's path

from goalwright.patterns import RE2, PatternError
from goalwright.patterns import search as _search

error = PatternError


def search(pattern: str, text: str) -> "bool | None":
    """Give None where a pattern matches nowhere in a text. Raises `error` for what RE2 does not take."""
    return _search(pattern, text, RE2) or None
