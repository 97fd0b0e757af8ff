"""Numbers of expressions: whole numbers are exact, and what cannot be had exactly is an error, never another number."""

import math
import operator
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from jsonata.jexception import JException

WHOLE = 1 << 53
"""Up to here a floating-point number holds every whole number; beyond it, neighbours fall together."""

DIGITS = 300
"""The most digits of a whole number, as where values enter."""

_LARGEST = 10**DIGITS
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_PREFIXED = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_MOST_CHARACTERS = 400


class InexactError(JException):  # type: ignore[misc]  # the library ships no types
    """A result that neither a whole nor a floating-point number holds; `says` tells which."""

    def __init__(self, says: str) -> None:
        """Keep the sentence; the evaluator adds the place."""
        super().__init__("number_inexact", -1, says)
        self.says = says


def out_of_range(value: object) -> JException:
    """Make the language's error for a number that is none: infinite, or of too many digits."""
    return JException("D1001", -1, value)


def is_number(value: object) -> bool:
    """Say whether a value is a number of JSON."""
    return type(value) is int or type(value) is float


def plain(number: float) -> float:
    """Give a number as JSON has it: whole ones as `int` where that is the same; refuse what is no number."""
    if type(number) is int:
        if -_LARGEST < number < _LARGEST:
            return number
        says = f"a whole number of more than {DIGITS} digits"
        raise out_of_range(says)
    if not math.isfinite(number):
        raise out_of_range(number)
    return int(number) if number.is_integer() and -WHOLE <= number <= WHOLE else number


def read(text: str) -> float | None:
    """Read a number as JSON and the language write it, whole ones exactly; None for text that is no number."""
    if _PREFIXED.fullmatch(text):
        return plain(int(text, 0))
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    if found[1] is None and found[2] is None:
        return plain(int(text)) if len(text) <= DIGITS + 1 else None
    nearest = float(text)
    if not math.isfinite(nearest):
        return None
    return plain(nearest) if abs(nearest) < WHOLE else _large(text, nearest, exponent=found[2])


def _large(text: str, nearest: float, *, exponent: str | None) -> float:
    """Give a number with a fraction or an exponent beyond the exact range, if it can be held.

    With an exponent (`1.5e300`) the floating-point number that is written so is meant.
    """
    if exponent is not None or len(text) > _MOST_CHARACTERS:
        return nearest
    exact = Fraction(text)
    if exact == nearest:
        return nearest
    if exact.denominator == 1:
        return plain(int(exact))
    message = f"{text} has more digits than a number can hold"
    raise InexactError(message)


def added(left: float, right: float) -> float:
    """Add."""
    return _computed(operator.add, left, right, "+")


def subtracted(left: float, right: float) -> float:
    """Subtract."""
    return _computed(operator.sub, left, right, "-")


def multiplied(left: float, right: float) -> float:
    """Multiply."""
    return _computed(operator.mul, left, right, "*")


def divided(left: float, right: float) -> float:
    """Divide; whole numbers that divide give a whole one."""
    _require_divisor(right)
    left, right = plain(left), plain(right)
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    return _computed(operator.truediv, left, right, "/")


def remainder(left: float, right: float) -> float:
    """Give what is left over by a division that rounds towards zero."""
    _require_divisor(right)
    left, right = plain(left), plain(right)
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    if _fits(left) and _fits(right):
        return plain(math.fmod(left, right))
    exact = abs(Fraction(left)) % abs(Fraction(right))
    return _held(-exact if left < 0 else exact, left, right, "%")


def negated(number: float) -> float:
    """Turn the sign."""
    return plain(-number) if number else 0


def power(base: float, exponent: float) -> float:
    """Raise to a power: exactly where both are whole and the exponent is not negative."""
    base, exponent = plain(base), plain(exponent)
    if type(base) is int and type(exponent) is int and exponent >= 0:
        if abs(base) > 1 and exponent * (abs(base).bit_length() - 1) > DIGITS * math.log2(10):
            raise JException("D3061", 1, base, exponent)
        return plain(base**exponent)
    _require_fitting(base, exponent, "to the power of")
    try:
        made = float(base) ** float(exponent)
    except ArithmeticError:
        made = math.inf
    if isinstance(made, complex) or not math.isfinite(made):
        raise JException("D3061", 1, base, exponent)
    return plain(made)


def root(number: float) -> float:
    """Give the square root; that of a whole square is whole."""
    if number < 0:
        raise JException("D3060", 1, number)
    number = plain(number)
    if type(number) is int:
        whole = math.isqrt(number)
        if whole * whole == number:
            return whole
        _require_fitting(number, 0, "to the power of one half, not")
    return plain(math.sqrt(number))


def total(numbers: Iterable[float]) -> float:
    """Add all up, from the first to the last."""
    made: float = 0
    for number in numbers:
        made = added(made, number)
    return made


def text(number: float) -> str:
    """Write a number as the language does: whole ones in full, others with 15 significant digits, as JavaScript writes them."""
    number = plain(number)
    if type(number) is int:
        return str(number)
    if not number.is_integer():
        number = float(f"{number:.14e}")
    return _in_script(number)


def _in_script(number: float) -> str:
    """Write a floating-point number in the form of ECMA-262, Number::toString: the shortest digits that read back as it."""
    mantissa, _, power_of_ten = f"{number!r}".partition("e")
    if not power_of_ten:
        return mantissa.removesuffix(".0")
    digits = mantissa.removeprefix("-").replace(".", "").removesuffix("0") or "0"
    sign = "-" if mantissa.startswith("-") else ""
    exponent = int(power_of_ten)
    if 0 <= exponent <= 20:  # noqa: PLR2004 - ECMA-262: from 10**21 on an exponent is written
        return sign + digits.ljust(exponent + 1, "0")
    if -7 < exponent < 0:  # noqa: PLR2004 - ECMA-262: from 10**-7 down an exponent is written
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'+' if exponent > 0 else ''}{exponent}"


def _require_divisor(number: float) -> None:
    if number == 0:
        says = "division by zero"
        raise out_of_range(says)


def _computed(compute: Callable[[Any, Any], Any], left: float, right: float, sign: str) -> float:
    left, right = plain(left), plain(right)
    if type(left) is int and type(right) is int and sign != "/":
        return plain(compute(left, right))
    if _fits(left) and _fits(right):
        try:
            return plain(compute(left, right))
        except OverflowError:
            raise out_of_range(math.inf) from None
    return _held(compute(Fraction(left), Fraction(right)), left, right, sign)


def _fits(number: float) -> bool:
    return type(number) is float or -WHOLE <= number <= WHOLE


def _held(exact: Fraction, left: float, right: float, sign: str) -> float:
    if exact.denominator == 1:
        return plain(int(exact))
    try:
        nearest = float(exact)
    except OverflowError:
        raise out_of_range(math.inf) from None
    if Fraction(nearest) == exact:
        return nearest
    message = f"{left} {sign} {right} has more digits than a number can hold"
    raise InexactError(message)


def _require_fitting(left: float, right: float, sign: str) -> None:
    if not (_fits(left) and _fits(right)):
        message = f"{left} {sign} {right} has more digits than a number can hold"
        raise InexactError(message)
