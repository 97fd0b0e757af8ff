"""JSONata over JSON values, for every handler that takes an expression."""

import _strptime  # noqa: F401 - `$toMillis` would import it at call time, when there are no files
import datetime
import re
from types import SimpleNamespace

from jsonata import Jsonata, datetimeutils, timebox
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.utils import Utils

from goalwright.errors import HandlerError, one_line

# What would answer differently each time, or run text as code. A fixed answer would be a lie, so calling one is an error.
REFUSED = {
    "now": "there is no clock; take the time from an input",
    "millis": "there is no clock; take the time from an input",
    "random": "there is no randomness",
    "shuffle": "there is no randomness",
    "eval": "data never becomes code",
}


def evaluate(expression: str, data: object, variables: dict) -> object:
    """Give the expression's value over `data` as plain JSON; nothing found is `None`.

    Every variable is seen as `$name`. Raises `expression_invalid` for text that is no JSONata, `expression_unsupported` for
    a function that a sandbox cannot offer, `expression_failed` for everything that goes wrong while it runs.
    """
    try:
        compiled = Jsonata(expression)
    except (JException, re.error) as error:
        raise HandlerError("expression_invalid", _sentence(error, expression)) from error
    compiled.set_output_convert_nulls(False)
    try:
        return _plain(compiled.evaluate(data, variables))
    except JException as error:
        raise HandlerError("expression_failed", _hinted(error, expression, variables)) from error
    except RecursionError as error:
        message = "the expression or its data is nested too deeply, or a function calls itself without end"
        raise HandlerError("expression_failed", message) from error
    except ZeroDivisionError as error:
        raise HandlerError("expression_failed", "division by zero") from error
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, re.error) as error:
        raise HandlerError("expression_failed", one_line(error)) from error


def _sentence(error: Exception, expression: str) -> str:
    if not isinstance(error, JException):
        return f"a regular expression is not one that can be run: {error}"
    said = one_line(error.get_detailed_error_message())
    return f"{said} near `{one_line(expression[max(0, error.location - 20) : error.location + 10])}`" if error.location > 0 else said


def _hinted(error: JException, expression: str, variables: dict) -> str:
    said = _sentence(error, expression)
    if error.error != "T1006":
        return said
    hidden = sorted(name for name in variables if Jsonata.static_frame.lookup(name) is not None)
    hint = f"; the input named {', '.join(hidden)} hides the function of that name" if hidden else ""
    name = f" ${error.current}" if error.current else ""
    return f"{said}: there is no function{name}{hint}"


def _plain(value: object) -> object:
    """Copy the library's sequences, nulls and whole floats to what JSON knows."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items() if not _is_function(held)}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    what = "a function" if _is_function(value) else f"a {type(value).__name__}"
    raise HandlerError("expression_failed", f"the value holds {what}, which JSON cannot write; call it or leave it out")


def _is_function(value: object) -> bool:
    return isinstance(value, (Jsonata.JFunctionCallable, Parser.Symbol))


def _refuse(name: str, reason: str) -> None:
    def refused(*_: object) -> None:
        raise HandlerError("expression_unsupported", f"${name} cannot be used: {reason}")

    Jsonata.static_frame.bind(name, Jsonata.JLambda(refused))


class _Dates(datetime.datetime):
    """Dates without a today: a time of day alone cannot become a moment."""

    @classmethod
    def utcnow(cls) -> "_Dates":
        message = "$toMillis needs a picture with a date: there is no clock to take today from"
        raise HandlerError("expression_unsupported", message)


for _name, _reason in REFUSED.items():
    _refuse(_name, _reason)
# The library reads the clock on every call, for `$now`; a stubbed WASI would end the guest there.
timebox.time = SimpleNamespace(time=lambda: 0.0)
datetimeutils.datetime = SimpleNamespace(
    datetime=_Dates, date=datetime.date, timezone=datetime.timezone, timedelta=datetime.timedelta
)
_WARM = (
    '($toMillis("2026"); $toMillis("2026-01-02T03:04:05.006Z"); $toMillis("2 Jan 2026", "[D] [MNn] [Y]");'
    ' $fromMillis(0, "[FNn] [D1o] [MNn] [Y] [H01]:[m01] [z]", "+0100"); $formatNumber(1234.5, "#,##0.00"); $formatInteger(12, "w");'
    ' $parseInteger("twelve", "w"); $match("ab", /(a)(b)/i); $replace("a", /a/, "$0"); $sort([2, 1]); $encodeUrl("ä");'
    ' $decodeUrlComponent("%20"); $base64decode($base64encode("a")); $string({"a": 1.5}, true); $number("0x1F"); $clone([1]);'
    " {'a': 1} ~> |$|{'b': 2}|; [1..3][$ > 1] ~> $sum; $ ^ ($))"
)
evaluate(_WARM, [1], {})
