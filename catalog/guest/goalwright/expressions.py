"""JSONata over JSON values, for every handler that takes an expression."""

import _strptime  # noqa: F401 - `$toMillis` would import it at call time, when there are no files
import datetime as dt
import re
from types import SimpleNamespace

from goalwright import functions, host
from goalwright.errors import HandlerError, one_line
from goalwright.evaluator import Language
from goalwright.matching import pattern
from goalwright.operators import NULL, marked
from goalwright.text_functions import is_function
from jsonata import Jsonata, datetimeutils, timebox
from jsonata.functions import Functions
from jsonata.jexception import JException
from schemas.expressions.numbers import InexactError
from schemas.expressions.parsing import REFUSED


class Expression:
    """A text that is JSONata, to be evaluated over one value or many."""

    def __init__(self, text: str, variables: dict) -> None:
        """Parse; every variable is seen as `$name`. Raises `expression_invalid` for text that is no JSONata."""
        self._text = text
        self._variables = {name: marked(value) for name, value in variables.items()}
        try:
            self._compiled = Language(text, pattern)
        except RecursionError as error:
            raise HandlerError("expression_invalid", "the expression is nested too deeply") from error
        except JException as error:
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

        Raises `expression_unsupported` for a function that a sandbox cannot offer, `number_inexact` where a result has more
        digits than a number can hold, `expression_failed` for everything else that goes wrong while it runs.
        """
        try:
            return _plain(self._compiled.evaluate(marked(data), self._variables))
        except InexactError as error:
            raise HandlerError("number_inexact", error.says + _near(error.location, self._text)) from error
        except JException as error:
            raise HandlerError("expression_failed", _hinted(error, self._text, self._variables)) from error
        except RecursionError as error:
            message = "the expression or its data is nested too deeply, or a function calls itself without end"
            raise HandlerError("expression_failed", message) from error
        except ArithmeticError as error:
            what = "division by zero" if isinstance(error, ZeroDivisionError) else "a number is out of range"
            raise HandlerError("expression_failed", what) from error
        except (TypeError, ValueError, AttributeError, LookupError, RuntimeError) as error:
            message = f"the expression cannot work on its data: {one_line(error)}"
            raise HandlerError("expression_failed", message) from error


def evaluate(expression: str, data: object, variables: dict) -> object:
    """Give the value of a text over `data`, with the errors of `Expression`."""
    return Expression(expression, variables).value(data)


def _sentence(error: JException, expression: str) -> str:
    template = JException.error_codes.get(error.error)
    if template is None:
        return one_line(error.error) + _near(error.location, expression)
    told = (error.expected, "") if error.error == "T0411" else (error.current, error.expected, error.extra)
    inserted = iter(told)
    said = _INSERT.sub(lambda _: one_line(_shown(next(inserted, None)), limit=100), template.replace("Object ", "function "))
    return f"{error.error}: {one_line(said)}{_near(error.location, expression)}"


def _near(location: int, expression: str) -> str:
    near = one_line(expression[max(0, location - 20) : location + 10]) if location > 0 else ""
    return f" near `{near}`" if near else ""


def _shown(value: object) -> str:
    """Write what an error tells of as text: values as the language writes them."""
    if value is None or isinstance(value, (str, float)):
        return "" if value is None else str(value)
    return Functions.string(value, None) or ""


def _hinted(error: JException, expression: str, variables: dict) -> str:
    if error.error == "T1005":
        return f"functions are called with a $ in front: ${error.current}(...)"
    said = _sentence(error, expression)
    hidden = sorted(name for name in variables if Jsonata.static_frame.lookup(name) is not None)
    if error.error == "T1006" and hidden:
        return f"{said}; inputs named as functions hide these: {', '.join(hidden)}"
    return said


def _plain(value: object) -> object:
    """Copy the library's sequences and nulls to what JSON knows."""
    if value is None or value is NULL:
        return None
    if isinstance(value, str):
        return value if value.isascii() else _whole(value)
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items() if not is_function(held)}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    message = "the value holds a function or a regular expression, which JSON cannot write; call it or leave it out"
    raise HandlerError("expression_failed", message)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"a text holds half of a surrogate pair at character {error.start + 1}, which JSON in UTF-8 cannot write"
        raise HandlerError("expression_failed", message) from error
    return text


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


_INSERT = re.compile(r"\{\{\{?\w+\}\}\}?")
functions.install()
for _name, _reason in REFUSED.items():
    _refuse(_name, _reason)
# The library reads the clock on every call, for `$now`; a stubbed WASI would end the guest there.
timebox.time = SimpleNamespace(time=lambda: 0.0)
datetimeutils.datetime = SimpleNamespace(datetime=_Dates, date=dt.date, timezone=dt.timezone, timedelta=dt.timedelta)
_WARM = (
    '($toMillis("2026"); $toMillis("2026-01-02T03:04:05.006Z"); $toMillis("2 January 2026", "[D] [MNn] [Y]");'
    ' $fromMillis(0, "[FNn] [D1o] [MNn] [Y] [H01]:[m01] [z]", "+0100"); $formatNumber(1234.5, "#,##0.00");'
    ' $formatInteger(12, "w"); $parseInteger("twelve", "w"); $replace("a", "a", "b"); $sort([2, 1]);'
    ' $encodeUrl("ä"); $decodeUrlComponent("%20"); $base64decode($base64encode("a")); $string({"a": 1.5}, true);'
    ' $number("0x1F"); $clone([1]); {"a": 1} ~> |$|{"b": 2}|; [1..3][$ > 1] ~> $sum; [2, 1]^($))'
)
evaluate(_WARM, [1], {})
if host.offers("patterns"):
    evaluate('($match("ab", /(a)(b)/i); $replace("a", /a/, "$0"); $split("a", /a/); $contains("a", /a/))', [1], {})
