"""What a condition reads, as references of the language."""

from functools import lru_cache

from fragments.references import Reference
from schemas.conditions.parsing import MOST_CHARACTERS
from schemas.conditions.reading import paths_read


def steps_read(text: str) -> tuple[str, ...]:
    """Name the steps that a condition reads, each once, in the order of the text; () where it does not parse."""
    named = (reference.path[0] for reference in references(text) if reference.root == "steps" and reference.path)
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))


def references(text: str) -> tuple[Reference, ...]:
    """Give the longest paths that a condition looks up, each once; names bound by its macros are none. Total."""
    return _references(text) if len(text) <= MOST_CHARACTERS else ()


@lru_cache(maxsize=10_000)  # one for every step that a document may have: asked for in turn, fewer would all be forgotten
def _references(text: str) -> tuple[Reference, ...]:
    return tuple(Reference(*path) for path in paths_read(text))
