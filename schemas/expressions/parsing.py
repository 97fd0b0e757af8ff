"""JSONata's parser, from the library, mended where it loses digits, takes too long or changes what it has read.

Importing this mends the library for the whole process: there is one JSONata here.
"""

import encodings.utf_16  # noqa: F401 - looked up by name, and a guest has no files then
import re
from typing import Any

import jsonata.parser
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.tokenizer import Tokenizer
from jsonata.utils import Utils

from schemas.expressions import numbers

REFUSED = {
    "now": "there is no clock; take the time from an input",
    "millis": "there is no clock; take the time from an input",
    "random": "there is no randomness",
    "shuffle": "there is no randomness",
    "eval": "data never becomes code",
}
"""Functions of the language that would answer differently each time, or run text as code; why each cannot be used."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$")
_DIGITS = re.compile(r"[0-9.eE+-]+")
_MOST_SHOWN = 30
_HALVES = re.compile("[\ud800-\udfff]")

_next = Tokenizer.next
_process = Parser.process_ast
_default, _coalesce = Parser.InfixDefault.led, Parser.InfixCoalesce.led


def whole_text(text: str) -> str:
    """Join the halves of surrogate pairs that escapes put beside each other."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _next_token(self: Any, prefix: bool) -> Any:  # noqa: FBT001 - the library's signature
    """Read the next token: a number by all its digits, a text with whole characters."""
    before = self.position
    try:
        token = _next(self, prefix)
    except (OverflowError, JException) as error:
        if isinstance(error, JException) and error.error != "S0102":
            raise
        raise JException("S0102", self.position, _written(self.path[self.position :])) from error
    if token is None:
        return None
    if token.type == "number":
        token.value = _literal(self.path[before : self.position], self.position)
    elif token.type == "string" and _HALVES.search(token.value):
        token.value = _paired(token.value)
    return token


def _written(text: str) -> str:
    digits = _DIGITS.match(text)
    number = digits[0] if digits else ""
    return number if len(number) <= _MOST_SHOWN else f"{number[:_MOST_SHOWN]}..."


def _literal(text: str, position: int) -> float:
    found = _NUMBER.search(text)
    assert found is not None, "the library took it for a number"
    value = numbers.read(found[0])
    if value is None:
        raise JException("S0102", position, found[0])
    return value


def _paired(text: str) -> str:
    try:
        return whole_text(text)
    except UnicodeDecodeError:
        return text  # a half alone is a text of the language, which only fails where it is to leave


def _processed(self: Any, expr: Any) -> Any:
    """Go over a part of the tree; one that stands in it twice (`a ?: b`) only once, as that takes and changes it."""
    if expr is None or "twice" not in vars(expr):
        return _process(self, expr)
    if expr.twice is None:
        expr.twice = _process(self, expr)
    return expr.twice


def _default_led(self: Any, left: Any) -> Any:
    left.twice = None
    return _default(self, left)


def _coalesce_led(self: Any, left: Any) -> Any:
    left.twice = None
    return _coalesce(self, left)


def _converted(number: Any) -> Any:
    return numbers.plain(number) if numbers.is_number(number) else None


Tokenizer.next = _next_token
Parser.process_ast = _processed
Parser.InfixDefault.led = _default_led
Parser.InfixCoalesce.led = _coalesce_led
Utils.convert_number = staticmethod(_converted)
jsonata.parser.float = numbers.plain  # `-float(literal)` is how a minus sign is read, and would lose digits
