"""JSONata over JSON values, for every handler that takes an expression."""

import _strptime  # noqa: F401 - `$toMillis` would import it at call time, when there are no files
import datetime as dt
import re
from types import SimpleNamespace

from goalwright.errors import HandlerError, one_line
from jsonata import Jsonata, datetimeutils, timebox
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.utils import Utils

# What would answer differently each time, or run text as code. A fixed answer would be a lie, so calling one is an error.
REFUSED = {
    "now": "there is no clock; take the time from an input",
    "millis": "there is no clock; take the time from an input",
    "random": "there is no randomness",
    "shuffle": "there is no randomness",
    "eval": "data never becomes code",
}


class Expression:
    """A text that is JSONata, to be evaluated over one value or many."""

    def __init__(self, text: str, variables: dict) -> None:
        """Parse; every variable is seen as `$name`. Raises `expression_invalid` for text that is no JSONata."""
        self._text, self._variables = text, variables
        try:
            self._compiled = Jsonata(text)
        except RecursionError as error:
            raise HandlerError("expression_invalid", "the expression is nested too deeply") from error
        except (JException, re.error) as error:
            raise HandlerError("expression_invalid", _sentence(error, text)) from error
        except (
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:  # the parser slips on some bad texts
            raise HandlerError("expression_invalid", f"this is no JSONata: {one_line(error)}") from error
        self._compiled.set_output_convert_nulls(False)
        self._compiled.set_validate_input(False)  # it was JSON a moment ago, and the library's walk costs more than the parser

    def value(self, data: object) -> object:
        """Give the expression's value over `data` as plain JSON; nothing found is `None`.

        Raises `expression_unsupported` for a function that a sandbox cannot offer, `expression_failed` for everything that goes
        wrong while it runs.
        """
        try:
            return _plain(self._compiled.evaluate(data, self._variables))
        except JException as error:
            raise HandlerError("expression_failed", _hinted(error, self._text, self._variables)) from error
        except RecursionError as error:
            message = "the expression or its data is nested too deeply, or a function calls itself without end"
            raise HandlerError("expression_failed", message) from error
        except ArithmeticError as error:
            what = "division by zero" if isinstance(error, ZeroDivisionError) else "a number is out of range"
            raise HandlerError("expression_failed", what) from error
        except (TypeError, ValueError, AttributeError, LookupError, RuntimeError, re.error) as error:
            message = f"the expression cannot work on its data: {one_line(error)}"
            raise HandlerError("expression_failed", message) from error


def evaluate(expression: str, data: object, variables: dict) -> object:
    """Give the value of a text over `data`, with the errors of `Expression`."""
    return Expression(expression, variables).value(data)


def _sentence(error: Exception, expression: str) -> str:
    if not isinstance(error, JException):
        return f"a regular expression is not one that can be run: {error}"
    said = one_line(error.get_detailed_error_message())
    near = one_line(expression[max(0, error.location - 20) : error.location + 10]) if error.location > 0 else ""
    return f"{said} near `{near}`" if near else said


def _hinted(error: JException, expression: str, variables: dict) -> str:
    if error.error == "T1005":
        return f"functions are called with a $ in front: ${error.current}(...)"
    said = _sentence(error, expression)
    hidden = sorted(name for name in variables if Jsonata.static_frame.lookup(name) is not None)
    if error.error == "T1006" and hidden:
        return f"{said}; inputs named as functions hide these: {', '.join(hidden)}"
    return said


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
    message = "the value holds a function or a regular expression, which JSON cannot write; call it or leave it out"
    raise HandlerError("expression_failed", message)


def _is_function(value: object) -> bool:
    return isinstance(value, (Jsonata.JFunctionCallable, Parser.Symbol))


def _refuse(name: str, reason: str) -> None:
    def refused(*_: object) -> None:
        raise HandlerError("expression_unsupported", f"${name} cannot be used: {reason}")

    Jsonata.static_frame.bind(name, Jsonata.JLambda(refused))


class _Today:
    """Stands for the current date, from which the library fills what a picture leaves open on the left."""

    def __getattr__(self, part: str) -> int:
        """Refuse every part of it."""
        message = "$toMillis needs a picture with a whole date: there is no clock to take today from"
        raise HandlerError("expression_unsupported", message)


class _Dates(dt.datetime):
    """Dates without a clock."""

    @classmethod
    def utcnow(cls) -> _Today:
        """Give what may be asked for but not used."""
        return _Today()


def _lookup(frame: Jsonata.Frame, name: str) -> object:
    """Find what a name stands for, as the library does, without a call for every frame on the way.

    It asks for its own hooks before and after every part of an expression; there are none here, and an input that is named as
    one is not one.
    """
    if name in _HOOKS:
        return None
    while frame is not None:
        value = frame.bindings.get(name, Utils.NONE)
        if value is not Utils.NONE:
            return value
        frame = frame.parent
    return None


_HOOKS = {"__evaluate_entry", "__evaluate_exit"}
Jsonata.Frame.lookup = _lookup
# The library's own `eval` keeps a context for `$eval`, which is refused, and an instance for each thread, of which there is
# one: without it, the stack holds a third more.
Jsonata.eval = Jsonata._eval  # noqa: SLF001 - the evaluator itself
for _name, _reason in REFUSED.items():
    _refuse(_name, _reason)
# The library reads the clock on every call, for `$now`; a stubbed WASI would end the guest there.
timebox.time = SimpleNamespace(time=lambda: 0.0)
datetimeutils.datetime = SimpleNamespace(datetime=_Dates, date=dt.date, timezone=dt.timezone, timedelta=dt.timedelta)
_WARM = (
    '($toMillis("2026"); $toMillis("2026-01-02T03:04:05.006Z"); $toMillis("2 January 2026", "[D] [MNn] [Y]");'
    ' $fromMillis(0, "[FNn] [D1o] [MNn] [Y] [H01]:[m01] [z]", "+0100"); $formatNumber(1234.5, "#,##0.00");'
    ' $formatInteger(12, "w"); $parseInteger("twelve", "w"); $match("ab", /(a)(b)/i); $replace("a", /a/, "$0"); $sort([2, 1]);'
    ' $encodeUrl("ä"); $decodeUrlComponent("%20"); $base64decode($base64encode("a")); $string({"a": 1.5}, true);'
    ' $number("0x1F"); $clone([1]); {"a": 1} ~> |$|{"b": 2}|; [1..3][$ > 1] ~> $sum; [2, 1]^($))'
)
evaluate(_WARM, [1], {})
