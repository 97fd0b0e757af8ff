"""JSONata's operators over JSON values, null told from nothing, numbers exact."""

import encodings.utf_16_be  # noqa: F401 - looked up by name at call time, when there are no files

from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.utils import Utils
from schemas.expressions import numbers

NULL = Utils.NULL_VALUE
"""JSON's null within an expression, where `None` is what the language calls undefined: nothing was found."""

_MOST_RANGED = 10_000_000


def marked(value: object) -> object:
    """Put `NULL` in place of every null of a JSON value; what holds none is given as it is."""
    if value is None:
        return NULL
    if isinstance(value, dict):
        made = {key: marked(held) for key, held in value.items()}
        return value if all(map(_same, made.values(), value.values())) else made
    if isinstance(value, list):
        made = [marked(held) for held in value]
        return value if all(map(_same, made, value)) else made
    return value


def _same(left: object, right: object) -> bool:
    return left is right


def equal(left: object, right: object) -> bool:
    """Compare by value, deeply; a number and a boolean are never equal."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(held, right[key]) for key, held in left.items())
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def order(left: object, right: object) -> int:
    """Compare two numbers, or two texts by their UTF-16 units as the language does: -1, 0 or 1."""
    if isinstance(left, str) and not (left.isascii() and right.isascii()):
        left, right = units(left), units(right)
    return (left > right) - (left < right)


def units(text: str) -> bytes:
    """Give the UTF-16 units of a text, which are in the order that the language has texts in."""
    return text.encode("utf-16-be", "surrogatepass")


def comparable(value: object) -> bool:
    """Say whether a value has an order."""
    return isinstance(value, str) or numbers.is_number(value)


def _calculated(sign: str, compute: object) -> object:
    def apply(left: object, right: object) -> object:
        if left is not None and not numbers.is_number(left):
            raise JException("T2001", -1, sign, left)
        if right is not None and not numbers.is_number(right):
            raise JException("T2002", -1, sign, right)
        return None if left is None or right is None else compute(left, right)

    return apply


def _ordered(sign: str, holds: object) -> object:
    def apply(left: object, right: object) -> object:
        for value in (left, right):
            if value is not None and not comparable(value):
                raise JException("T2010", -1, sign, value)
        if left is None or right is None:
            return None
        if isinstance(left, str) != isinstance(right, str):
            raise JException("T2009", -1, left, right, sign)
        return holds(order(left, right))

    return apply


def _equality(left: object, right: object) -> bool:
    return left is not None and right is not None and equal(left, right)


def _inequality(left: object, right: object) -> bool:
    return left is not None and right is not None and not equal(left, right)


def _included(left: object, right: object) -> bool:
    if left is None or right is None:
        return False
    held = right if isinstance(right, list) else [right]
    if isinstance(left, (list, dict)):
        return any(left is item for item in held)
    return any(equal(left, item) for item in held if not isinstance(item, (list, dict)))


def _joined(left: object, right: object) -> str:
    return "".join(Functions.string(value, None) for value in (left, right) if value is not None)


def _ranged(left: object, right: object) -> object:
    for code, value in (("T2003", left), ("T2004", right)):
        if value is not None and not (numbers.is_number(value) and value == value // 1):
            raise JException(code, -1, value)
    if left is None or right is None or left > right:
        return None
    size = int(right) - int(left) + 1
    if size > _MOST_RANGED:
        raise JException("D2014", -1, size)
    return Utils.create_sequence_from_iter(range(int(left), int(right) + 1))


OPERATORS = {
    "+": _calculated("+", numbers.added),
    "-": _calculated("-", numbers.subtracted),
    "*": _calculated("*", numbers.multiplied),
    "/": _calculated("/", numbers.divided),
    "%": _calculated("%", numbers.remainder),
    "=": _equality,
    "!=": _inequality,
    "<": _ordered("<", lambda compared: compared < 0),
    "<=": _ordered("<=", lambda compared: compared <= 0),
    ">": _ordered(">", lambda compared: compared > 0),
    ">=": _ordered(">=", lambda compared: compared >= 0),
    "&": _joined,
    "..": _ranged,
    "in": _included,
}
"""What an operator gives for the values of its sides."""


def negated(value: object, position: int) -> object:
    """Give `-value`."""
    if value is None:
        return None
    if not numbers.is_number(value):
        raise JException("D1002", position, value)
    return numbers.negated(value)
