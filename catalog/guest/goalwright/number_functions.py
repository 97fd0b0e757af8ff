"""JSONata's functions of numbers: exact where numbers are whole, in decimal digits where they are rounded."""

import decimal
import math
import re

from jsonata.datetimeutils import DateTimeUtils
from jsonata.functions import Functions
from jsonata.jexception import JException
from schemas.expressions import numbers

_EXACT = decimal.Context(prec=2 * numbers.DIGITS + 50)
_MOST_PLACES = 400
_MOST_SPELLED = 1 << 53  # beyond it the library computes the words, letters and numerals of a number by floating point


def _sum(values: list | None) -> object:
    return None if values is None else numbers.total(values)


def _average(values: list | None) -> object:
    return numbers.divided(numbers.total(values), len(values)) if values else None


def _whole(value: float, towards: object) -> float:
    return numbers.plain(value) if float(value).is_integer() and type(value) is float else towards(value)


def _floored(value: float | None) -> object:
    return None if value is None else _whole(value, math.floor)


def _ceiled(value: float | None) -> object:
    return None if value is None else _whole(value, math.ceil)


def _rounded(value: float | None, places: float | None) -> object:
    """Round halves to even, in the decimal digits of the number."""
    if value is None:
        return None
    places = int(places or 0)
    if type(value) is int and places >= 0:
        return value
    exact = decimal.Decimal(repr(value))
    if -exact.as_tuple().exponent <= places:
        return numbers.plain(value)
    step = decimal.Decimal(1).scaleb(-places if abs(places) < _MOST_PLACES else _MOST_PLACES)
    made = exact.quantize(step, rounding=decimal.ROUND_HALF_EVEN, context=_EXACT)
    return numbers.plain(int(made) if type(value) is int else float(made))


def _number(value: object) -> object:
    if value is None or numbers.is_number(value):
        return value
    if isinstance(value, bool):
        return int(value)
    made = numbers.read(value)
    if made is None:
        raise JException("D3030", -1, value)
    return made


def _power(base: float | None, exponent: float | None) -> object:
    if base is not None and exponent is None:
        raise JException("D3061", -1, base)
    return None if base is None else numbers.power(base, exponent)


def _root(value: float | None) -> object:
    return None if value is None else numbers.root(value)


def _absolute(value: float | None) -> object:
    return None if value is None else numbers.plain(abs(value))


def _in_base(value: float | None, radix: float | None) -> object:
    if value is None:
        return None
    radix = 10 if radix is None else int(radix)
    if not 2 <= radix <= 36:  # noqa: PLR2004 - digits are 0 to 9 and the letters
        raise JException("D3100", -1, radix)
    return Functions.base_repr(int(_rounded(value, 0)), radix).lower()


_format_number = Functions.format_number


def _formatted(value: float | None, picture: str | None, symbols: dict | None) -> object:
    """Format by the library, which rounds halves away from zero: so round before, to even, as the language does."""
    if value is None:
        return None
    if picture is None:
        raise JException("T0410", -1, 2, "formatNumber")
    with decimal.localcontext(_EXACT):
        exact = decimal.Decimal(repr(numbers.plain(value)))
        places = _places(picture, symbols or {}, negative=value < 0)
        if places is not None and -exact.as_tuple().exponent > places:
            exact = exact.quantize(decimal.Decimal(1).scaleb(-places), rounding=decimal.ROUND_HALF_EVEN)
        return _format_number(exact, picture, symbols)


def _places(picture: str, symbols: dict, *, negative: bool) -> int | None:
    """Count the digits that a picture shows after the point; None where it has an exponent."""
    parts = picture.split(symbols.get("pattern-separator", ";"))
    part = parts[-1] if negative else parts[0]
    zero, exponent = symbols.get("zero-digit", "0"), symbols.get("exponent-separator", "e")
    digits = {*(chr(ord(zero) + number) for number in range(10)), symbols.get("digit", "#")}
    if re.search(f"[{re.escape(''.join(digits))}]{re.escape(exponent)}", part):
        return None
    shown = sum(letter in digits for letter in part.partition(symbols.get("decimal-separator", "."))[2])
    if symbols.get("percent", "%") in part:
        return shown + 2
    return shown + 3 if symbols.get("per-mille", "‰") in part else shown


def _integer_formatted(value: float | None, picture: str | None) -> object:
    if value is None:
        return None
    value = math.floor(value)
    if abs(value) > _MOST_SPELLED and not re.search(r"[0-9#]", picture.partition(";")[0]):
        message = f"{value} cannot be written by the picture {picture!r} to its last digit"
        raise numbers.InexactError(message)
    return DateTimeUtils.format_integer(value, picture)


def _integer_parsed(value: str | None, picture: str | None) -> object:
    if value is None:
        return None
    try:
        return DateTimeUtils.parse_integer(value, picture)
    except (ValueError, LookupError) as error:
        raise JException("D3030", -1, value) from error


FUNCTIONS = {
    "sum": _sum,
    "average": _average,
    "floor": _floored,
    "ceil": _ceiled,
    "round": _rounded,
    "number": _number,
    "power": _power,
    "sqrt": _root,
    "abs": _absolute,
    "format_base": _in_base,
    "format_number": _formatted,
    "format_integer": _integer_formatted,
    "parse_integer": _integer_parsed,
}
"""In place of the library's, by its names for them."""
