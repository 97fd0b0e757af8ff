"""References: `{{ steps.fetch.output.body.items[0] }}`. A path lookup and nothing more.

A text that is one whole reference keeps the type of its value. Any other text with references is interpolated: texts as they
are, null as nothing, every other value as compact JSON.

A negative index counts from the end. `??` gives the next operand where one is not there or null.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from fragments.pointers import braced
from fragments.reference_text import (
    FAILURE,
    RESERVED_ROOTS,
    ROOTS,
    SECRETS,
    Choice,
    Key,
    Literal,
    Malformed,
    Part,
    Reference,
    parse,
    references_in,
    spelled,
    written,
)
from schemas.values import Json, canonical


class Unresolvable(Exception):  # noqa: N818 - named for what it says of a reference
    """A reference went along a path that the value does not have. `missing` is the part not found, `there` what is there."""

    def __init__(self, reference: str, missing: str, there: str) -> None:
        """Keep the reference as written, the missing part and a description of what is there."""
        self.reference, self.missing, self.there = reference, missing, there
        super().__init__(f"{{{{ {reference} }}}}: there is no {missing}; there is {there}")


def is_text_with_references(value: Json) -> bool:
    """Say whether `value` is a text in which a reference may stand."""
    return isinstance(value, str) and "{{" in value


def whole(value: Json) -> Reference | Choice | None:
    """Give the reference that the value consists of, or the choice between several; None where it is anything else."""
    if not is_text_with_references(value):
        return None
    parts = parse(value)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], (Reference, Choice)) else None


def find(value: Json, pointer: str = "") -> list[tuple[str, Reference]]:
    """Collect every reference in `value`, with the pointer to the text that holds it."""
    return [(at, reference) for at, part in parts_of(value, pointer) for reference in references_in(part)]


def malformed(value: Json, pointer: str = "") -> list[tuple[str, Malformed]]:
    """Collect every text between braces in `value` that is not a reference."""
    return [(at, part) for at, part in parts_of(value, pointer) if isinstance(part, Malformed)]


def parts_of(value: Json, pointer: str = "") -> Iterator[tuple[str, Reference | Choice | Malformed]]:
    """Go through the references of `value`, well formed or not, with their pointers."""
    for at, text in braced(value, pointer):
        yield from ((at, part) for part in parse(text) if not isinstance(part, (str, Literal)))


def resolve(value: Json, lookup: Mapping[str, Json]) -> Json:
    """Put the values of all references in place of them. Values that were looked up are never scanned again.

    `lookup` maps roots to values: `{"input": {...}, "task": {...}, "steps": {"fetch": {"output": ...}}, "item": ...}`; any part
    of it may be a `Mapping` that looks up lazily. Raises `Unresolvable` for a path that is not there.
    """
    return _replaced(value, lambda text: _resolved(text, lookup))


def substitute(value: Json, replace: Callable[[Reference], Json | None]) -> Json:
    """Put what `replace` gives in place of references; where it gives None the reference stays as written.

    So does one that stands behind `??` where what it gives is no literal that may stand there. The result is a document
    again. Raises `ValueError` for a value that holds braces: it would be read as a reference.
    """
    return _replaced(value, lambda text: _substituted(text, replace))


def follow(value: Json, path: tuple[Key, ...], *, reference: str = "") -> Json:
    """Look a path up in a value. Raises `Unresolvable`."""
    for key in path:
        if not _has(value, key):
            raise Unresolvable(reference, spelled(key), _what(value))
        value = value[key]
    return value


def redirected(text: str, old: Reference, path: tuple[Key, ...]) -> str:
    """Write `text` with another path, root first, in place of the reference `old` wherever it stands."""
    new = f"{path[0]}{spelled(*path[1:])}"
    return "".join(_kept(part, {old.text: new} if old in references_in(part) else {}) for part in parse(text))


def _has(value: Json, key: Key) -> bool:
    if isinstance(key, str):
        return isinstance(value, Mapping) and key in value
    return isinstance(value, (list, tuple)) and -len(value) <= key < len(value)


def _replaced(value: Json, change: Callable[[str], Json]) -> Json:
    if isinstance(value, str):
        return change(value) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: _replaced(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(part, change) for part in value]
    return value


def _resolved(text: str, lookup: Mapping[str, Json]) -> Json:
    parts = parse(text)
    if len(parts) == 1:
        return _value(parts[0], lookup)
    return "".join(_as_text(_value(part, lookup)) for part in parts)


def _value(part: Part, lookup: Mapping[str, Json]) -> Json:
    if isinstance(part, str):
        return part
    if isinstance(part, Malformed):
        raise Unresolvable(part.text, "such reference", part.says)
    if isinstance(part, Literal):
        return part.value
    if isinstance(part, Choice):
        return _chosen(part, lookup)
    if part.root not in lookup:
        raise Unresolvable(part.text, part.root, ", ".join(sorted(lookup)) or "nothing")
    return follow(lookup[part.root], part.path, reference=part.text)


def _chosen(choice: Choice, lookup: Mapping[str, Json]) -> Json:
    for operand in choice.references:
        if operand is choice.operands[-1]:
            break
        try:
            value = _value(operand, lookup)
        except Unresolvable:
            continue
        if value is not None:
            return value
    last = choice.operands[-1]
    return last.value if isinstance(last, Literal) else _value(last, lookup)


def _substituted(text: str, replace: Callable[[Reference], Json | None]) -> Json:
    written_parts = parse(text)
    parts = tuple(_decided(part, replace) if isinstance(part, Choice) else part for part in written_parts)
    pairs = zip(written_parts, parts, strict=True)
    values = [None if isinstance(one, Literal) else _replacement(part, replace) for one, part in pairs]
    if all(value is None for value in values):
        return text if parts == written_parts else "".join(map(_kept, parts))
    if any(braced(value) for value in values):
        msg = f"a value put into {text!r} holds {{{{ and would be read as a reference"
        raise ValueError(msg)
    if len(parts) == 1:
        return values[0]
    filled = zip(parts, values, strict=True)
    return "".join(_kept(part) if value is None else _as_text(value) for part, value in filled)


def _decided(choice: Choice, replace: Callable[[Reference], Json | None]) -> Part | Literal:
    """Cut a choice off at the first operand that is known; one that is known from the start is decided."""
    for i, operand in enumerate(choice.operands):
        value = replace(operand) if isinstance(operand, Reference) else None
        if value is not None and (i == 0 or isinstance(value, (str, int, float)) or value in ([], {})):
            kept = (*choice.operands[:i], Literal(value))
            return Choice(kept, " ?? ".join(one.text for one in kept)) if i else Literal(value)
    return choice


def _replacement(part: Part | Literal, replace: Callable[[Reference], Json | None]) -> Json | None:
    if isinstance(part, Literal):
        return part.value
    return replace(part) if isinstance(part, Reference) else None


def _kept(part: Part | Literal, other: Mapping[str, str] = MappingProxyType({})) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Choice):
        return f"{{{{ {' ?? '.join(other.get(operand.text, operand.text) for operand in part.operands)} }}}}"
    return part.text if part.text == "{{" else f"{{{{ {other.get(part.text, part.text)} }}}}"


def _as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else canonical(value)


def _what(value: Json) -> str:
    if isinstance(value, Mapping):
        keys = [str(key) for key in value]
        return f"an object with {', '.join(keys[:8])}{', ...' if len(keys) > 8 else ''}" if keys else "an empty object"  # noqa: PLR2004 - one line
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


__all__ = [
    "FAILURE",
    "RESERVED_ROOTS",
    "ROOTS",
    "SECRETS",
    "Choice",
    "Key",
    "Literal",
    "Malformed",
    "Part",
    "Reference",
    "Unresolvable",
    "find",
    "follow",
    "is_text_with_references",
    "malformed",
    "parse",
    "parts_of",
    "redirected",
    "references_in",
    "resolve",
    "spelled",
    "substitute",
    "whole",
    "written",
]
