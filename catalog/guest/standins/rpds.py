"""A pure-Python stand-in for `rpds`, whose Rust cannot be bundled: the part that `referencing` and `jsonschema` use.

Maps and sets copy themselves on change. The registries that they hold have tens of entries, and a sandboxed call makes
few changes, so the copy costs less than a trie in Python would.
"""  # noqa: INP001 - a folder on the guest's path

from collections.abc import Hashable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class HashTrieMap(Mapping[K, V], Generic[K, V]):
    """Maps keys to values and never changes."""

    __slots__ = ("_held",)

    def __init__(self, value: Mapping[K, V] | Iterable[tuple[K, V]] = (), **kwargs: V) -> None:
        """Hold what `dict` would."""
        self._held: dict[Any, Any] = dict(value, **kwargs)

    @classmethod
    def convert(cls, value: Any) -> "HashTrieMap[K, V]":
        """Take a map as it is, anything else as what makes one."""
        return value if isinstance(value, cls) else cls(value)

    @classmethod
    def fromkeys(cls, keys: Iterable[K], value: Any = None) -> "HashTrieMap[K, V]":
        """Map every key to the one value."""
        return cls(dict.fromkeys(keys, value))

    def insert(self, key: K, value: V) -> "HashTrieMap[K, V]":
        """Copy the map with one entry more or another value for it."""
        return type(self)({**self._held, key: value})

    def remove(self, key: K) -> "HashTrieMap[K, V]":
        """Copy the map without `key`; `KeyError` where it is not."""
        if key not in self._held:
            raise KeyError(key)
        return type(self)({k: v for k, v in self._held.items() if k != key})

    def discard(self, key: K) -> "HashTrieMap[K, V]":
        """Copy the map without `key`, if it is there."""
        return self.remove(key) if key in self._held else self

    def update(self, *maps: Any, **kwargs: V) -> "HashTrieMap[K, V]":
        """Copy the map with the entries of others; the last one wins."""
        held = dict(self._held)
        for entries in maps:
            held.update(entries)
        return type(self)(held, **kwargs)

    def __getitem__(self, key: K) -> V:
        """Give the value; `KeyError` where there is none."""
        return self._held[key]

    def __iter__(self) -> Iterator[K]:
        """Go through the keys."""
        return iter(self._held)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._held)

    def __hash__(self) -> int:
        """Hash by content, whatever the order."""
        return hash(frozenset(self._held.items()))

    def __repr__(self) -> str:
        """Show the map as `rpds` does."""
        return f"HashTrieMap({self._held!r})"


class HashTrieSet(AbstractSet[K], Generic[K]):
    """Holds values once and never changes."""

    __slots__ = ("_held",)

    def __init__(self, value: Iterable[K] = ()) -> None:
        """Hold what `frozenset` would, in the order of `value`."""
        self._held: dict[Any, None] = dict.fromkeys(value)

    def insert(self, value: K) -> "HashTrieSet[K]":
        """Copy the set with one value more."""
        return type(self)((*self._held, value))

    def remove(self, value: K) -> "HashTrieSet[K]":
        """Copy the set without `value`; `KeyError` where it is not."""
        if value not in self._held:
            raise KeyError(value)
        return type(self)(held for held in self._held if held != value)

    def discard(self, value: K) -> "HashTrieSet[K]":
        """Copy the set without `value`, if it is there."""
        return self.remove(value) if value in self._held else self

    def update(self, *others: Iterable[K]) -> "HashTrieSet[K]":
        """Copy the set with the values of others."""
        return type(self)([*self._held, *(value for other in others for value in other)])

    def __contains__(self, value: object) -> bool:
        """Say whether the set holds `value`."""
        return value in self._held

    def __iter__(self) -> Iterator[K]:
        """Go through the values."""
        return iter(self._held)

    def __len__(self) -> int:
        """Count the values."""
        return len(self._held)

    def __hash__(self) -> int:
        """Hash by content, whatever the order."""
        return hash(frozenset(self._held))

    def __repr__(self) -> str:
        """Show the set as `rpds` does."""
        return f"HashTrieSet({{{', '.join(map(repr, self._held))}}})"


class List(Generic[V]):
    """A linked list: adding in front and taking the rest cost the same at any length."""

    __slots__ = ("_first", "_length", "_rest")

    def __init__(self, *elements: Any) -> None:
        """Hold the elements, given one by one or as one iterable."""
        held = list(elements[0]) if len(elements) == 1 and isinstance(elements[0], Iterable) else list(elements)
        self._rest: List[V] | None = None
        self._first: Any = None
        self._length = 0
        if held:
            rest: List[V] = List()
            for value in reversed(held[1:]):
                rest = rest.push_front(value)
            self._first, self._rest, self._length = held[0], rest, len(held)

    @property
    def first(self) -> V:
        """The first value; `IndexError` in an empty list."""
        if not self._length:
            message = "empty list has no first element"
            raise IndexError(message)
        return self._first

    @property
    def rest(self) -> "List[V]":
        """Everything behind the first value; an empty list has an empty rest."""
        return self._rest if self._rest is not None else self

    def push_front(self, value: V) -> "List[V]":
        """Make the list that begins with `value` and goes on with this one."""
        made: List[V] = List()
        made._first, made._rest, made._length = value, self, self._length + 1
        return made

    def drop_first(self) -> "List[V]":
        """Give the rest; `IndexError` in an empty list."""
        if self._rest is None:
            message = "empty list has no first element"
            raise IndexError(message)
        return self._rest

    def __iter__(self) -> Iterator[V]:
        """Go through the values from the first."""
        node = self
        while node._rest is not None:
            yield node._first
            node = node._rest

    def __reversed__(self) -> "List[V]":
        """Make the list in the other order."""
        return List(list(self)[::-1])

    def __len__(self) -> int:
        """Count the values."""
        return self._length

    def __eq__(self, other: object) -> bool:
        """Compare value by value."""
        return isinstance(other, List) and list(self) == list(other)

    def __hash__(self) -> int:
        """Hash by content and order."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Show the list as `rpds` does."""
        return f"List([{', '.join(map(repr, self))}])"
