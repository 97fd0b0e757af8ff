"""JSONata's functions where the library's own leave the language: nulls, exact numbers, other characters than ASCII, order."""

import functools
import re

from goalwright import matching, number_functions, text_functions
from goalwright.operators import NULL, equal, units
from goalwright.text_functions import is_function
from jsonata import Jsonata
from jsonata.datetimeutils import DateTimeUtils
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.utils import Utils
from schemas.expressions import numbers

_ARITY = {
    "append": 2, "assert": 2, "contains": 2, "each": 2, "filter": 2, "formatBase": 2, "formatInteger": 2, "formatNumber": 3,
    "fromMillis": 3, "join": 2, "lookup": 2, "map": 2, "match": 3, "pad": 3, "parseInteger": 2, "power": 2, "reduce": 3,
    "replace": 4, "round": 2, "sift": 2, "single": 2, "sort": 2, "split": 3, "substring": 3, "substringAfter": 2,
    "substringBefore": 2, "toMillis": 2, "zip": 0,
}  # fmt: skip
"""How many arguments a function passed on as one takes, as the reference implementation counts them; others take one."""

_ISO = re.compile(r"\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII)


def _called(function: object, arguments: list) -> object:
    """Call a function that was passed as an argument."""
    if Functions.is_lambda(function):
        current = Jsonata.CURRENT.jsonata
        return current.apply(function, arguments, None, current.environment)
    return function.call(None, function.validate(arguments, None))


def _arity(function: object) -> int:
    if isinstance(function, Jsonata.JNativeFunction):
        return _ARITY.get(function.function_name, 1)
    return len(function.arguments) if Functions.is_lambda(function) else 1


def _zip(*lists: list | None) -> list:
    return [] if any(one is None for one in lists) else [list(together) for together in zip(*lists, strict=False)]


def _sorted(values: list | None, comparator: object) -> object:
    if values is None or len(values) <= 1:
        return values
    if comparator is None:
        if all(map(numbers.is_number, values)):
            return sorted(values)
        if not all(isinstance(value, str) for value in values):
            raise JException("D3070", -1, 1)
        return sorted(values, key=units)
    if callable(comparator):  # of `^( )`
        return sorted(values, key=functools.cmp_to_key(comparator))
    return _merged(list(values), lambda left, right: Functions.to_boolean(_called(comparator, [left, right])))


def _merged(values: list, swaps: object) -> list:
    """Sort by merging as the reference implementation does, so that a comparison that is no order gives what it gives there."""
    if len(values) <= 1:
        return values
    middle = len(values) // 2
    left, right = _merged(values[:middle], swaps), _merged(values[middle:], swaps)
    made, at = [], 0
    for item in left:
        while at < len(right) and swaps(item, right[at]):
            made.append(right[at])
            at += 1
        made.append(item)
    return made + right[at:]


def _distinct(values: object) -> object:
    if not isinstance(values, list) or len(values) <= 1:
        return values
    made = Utils.create_sequence() if Utils.is_sequence(values) else []
    seen: dict = {}
    for value in values:
        alike = seen.setdefault(_likeness(value), [])
        if not any(equal(value, other) for other in alike):
            alike.append(value)
            made.append(value)
    return made


def _likeness(value: object) -> object:
    """Give what is equal for values that are: scalars by kind and value, the others by kind and size."""
    if isinstance(value, (list, dict)):
        return (type(value) is dict, len(value))
    return (isinstance(value, bool), value)


def _spread(value: object) -> object:
    if isinstance(value, list):
        made = Utils.create_sequence()
        for item in value:
            made = Functions.append(made, _spread(item))
        return made
    if not isinstance(value, dict):
        return value
    return Utils.create_sequence_from_iter({key: held} for key, held in value.items())


def _cloned(value: object) -> object:
    if isinstance(value, dict):
        return {key: _cloned(held) for key, held in value.items()}
    return [_cloned(held) for held in value] if isinstance(value, list) else value


def _truth(value: object) -> object:
    """Cast to a boolean: a list holds where any of its items does."""
    if isinstance(value, list):
        return any(Functions.to_boolean(item) for item in value)
    if value is None:
        return None
    return value is not NULL and not is_function(value) and bool(value)


def _failed(message: object) -> None:
    raise JException("D3137", -1, "$error() function evaluated" if message is None else message)


def _asserted(condition: bool | None, message: object) -> None:  # noqa: FBT001 - the function's own signature
    if not condition:
        raise JException("D3141", -1, "$assert() statement failed" if message is None else message)


# Times


def _millis(value: str | None, picture: str | None) -> object:
    if value is None:
        return None
    if picture is not None:
        return DateTimeUtils.parse_datetime(value, picture)
    if not _ISO.fullmatch(value):
        raise JException("D3110", -1, value)
    try:
        return _iso_millis(value, None)
    except ValueError as error:
        raise JException("D3110", -1, value) from error


_iso_millis = Functions.datetime_to_millis
_generate = DateTimeUtils._generate_regex  # noqa: SLF001 - literal parts of pictures are no patterns, which it forgets


def _matcher(picture: object) -> object:
    made = _generate(picture)
    for part, matcher in zip(picture.parts, made.parts, strict=True):
        if part.type == "literal":
            matcher.regex = re.escape(part.value)
    return made


_OURS = {
    "zip": _zip,
    "sort": _sorted,
    "distinct": _distinct,
    "spread": _spread,
    "function_clone": _cloned,
    "to_boolean": _truth,
    "error": _failed,
    "assert_fn": _asserted,
    "datetime_to_millis": _millis,
    "func_apply": _called,
    "get_function_arity": _arity,
}


def install() -> None:
    """Put these functions in place of the library's."""
    for name, function in (_OURS | matching.FUNCTIONS | number_functions.FUNCTIONS | text_functions.FUNCTIONS).items():
        setattr(Functions, name, staticmethod(function))
    DateTimeUtils._generate_regex = staticmethod(_matcher)  # noqa: SLF001 - as above
    Jsonata.register_functions()
