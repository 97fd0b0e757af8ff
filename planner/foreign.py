"""Text from outside: a type of its own, which a prompt holds in one way only, within a fence.

Whatever a model reads is either `Own`, words of this project and of the operator, or `Foreign`: the goal, inputs and their
keys, results, hosts, words of imported handlers, and what quotes any of them. The renderer writes the first as it is and the
second between `<data MARK>` and `</data MARK>`; it refuses any other text.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

_MARK = 12  # hexadecimal digits


class Own(str):
    """Words of this project or of the operator."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """Text from outside. `kind` names its fence: data | goal."""

    text: str
    kind: str = "data"

    def __str__(self) -> NoReturn:
        """Refuse: only a fence writes it."""
        msg = "text from outside is written within a fence, and in no other way"
        raise TypeError(msg)

    __format__ = None  # type: ignore[assignment]  # no f-string takes it either

    def fenced(self, mark: str) -> Own:
        """Write the text between the marks of its prompt, which it does not contain."""
        return Own(f"<{self.kind} {mark}>\n{self.text}\n</{self.kind} {mark}>")


def own(value: Any) -> Any:
    """Say of every text within a value that it is ours; what is foreign stays so."""
    if isinstance(value, str):
        return Own(value)
    if isinstance(value, Mapping):
        return {key: own(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [own(part) for part in value]
    return value


def foreign_in(value: Any) -> Iterator[Foreign]:
    """Go through the foreign texts within a value."""
    if isinstance(value, Foreign):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from foreign_in(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from foreign_in(part)


def mark_of(texts: Iterable[Foreign]) -> Own:
    """Give a mark that none of the texts contains: the same for the same texts, and foretold by none of them."""
    kept = [one.text for one in texts]
    whole = hashlib.sha256("\0".join(kept).encode("utf-8", "surrogatepass"))
    while True:
        mark = whole.hexdigest()[:_MARK]
        if not any(mark in text for text in kept):
            return Own(mark)
        whole.update(b"again")
