"""The library's evaluator of JSONata, held to the language: null, exact numbers, types of arguments."""

from goalwright.matching import Matcher
from goalwright.operators import NULL, OPERATORS, comparable, negated, order
from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.signature import Signature
from jsonata.utils import Utils
from schemas.expressions import numbers

_HOOKS = {"__evaluate_entry", "__evaluate_exit"}


class Language(Jsonata):
    """A parsed text, evaluated as the language says."""

    def evaluate_binary(self, expr: Parser.Symbol, input: object, environment: Jsonata.Frame) -> object:  # noqa: A002 - the library's name
        """Apply an operator; what fails tells the place."""
        left = self.eval(expr.lhs, input, environment)
        if expr.value == "and":
            return Jsonata.boolize(left) and Jsonata.boolize(self.eval(expr.rhs, input, environment))
        if expr.value == "or":
            return Jsonata.boolize(left) or Jsonata.boolize(self.eval(expr.rhs, input, environment))
        right = self.eval(expr.rhs, input, environment)
        try:
            return OPERATORS[expr.value](left, right)
        except JException as error:
            if error.location < 0:
                error.location = expr.position
            raise

    def evaluate_unary(self, expr: Parser.Symbol, input: object, environment: Jsonata.Frame) -> object:  # noqa: A002 - as above
        """Negate exactly; lists and objects are made by the library."""
        if expr.value == "-":
            return negated(self.eval(expr.expression, input, environment), expr.position)
        return super().evaluate_unary(expr, input, environment)

    def evaluate_condition(self, expr: Parser.Symbol, input: object, environment: Jsonata.Frame) -> object:  # noqa: A002 - as above
        """Choose; what `a ?: b` and `a ?? b` test is what they give, and so it is evaluated once."""
        tested = expr.condition
        if tested is expr.then:
            value = self.eval(tested, input, environment)
            return value if Jsonata.boolize(value) else self.eval(expr._else, input, environment)  # noqa: SLF001 - the library's name
        if tested.type == "function" and tested.arguments and tested.arguments[0] is expr.then:
            value = self.eval(expr.then, input, environment)
            return self.eval(expr._else, input, environment) if value is None else value  # noqa: SLF001 - the library's name
        return super().evaluate_condition(expr, input, environment)

    def evaluate_group_expression(self, expr: Parser.Symbol, input: object, environment: Jsonata.Frame) -> object:  # noqa: A002 - as above
        """Group; of a join that finds nothing the groups are none."""
        if isinstance(input, Utils.JList) and input.tuple_stream and not input:
            return {}
        return super().evaluate_group_expression(expr, input, environment)

    def evaluate_regex(self, expr: Parser.Symbol) -> object:
        """Make a function of a regular expression."""
        return Matcher(expr.value, expr.position)


class _Comparator(Jsonata.ComparatorWrapper):
    """Orders by the terms of `^( )`."""

    def compare(self, a: object, b: object) -> int:
        """Compare two items by the first term that tells them apart; what has no value comes last."""
        for term in self._expr.terms:
            left, right = self._term(term, a), self._term(term, b)
            if left is None or right is None:
                found = (left is None) - (right is None)
            else:
                found = self._order(left, right) * (-1 if term.descending else 1)
            if found:
                return found
        return 0

    def _order(self, left: object, right: object) -> int:
        if not (comparable(left) and comparable(right)):
            raise JException("T2008", self._expr.position, left, right)
        if isinstance(left, str) != isinstance(right, str):
            raise JException("T2007", self._expr.position, left, right)
        return order(left, right)

    def _term(self, term: Parser.Symbol, item: object) -> object:
        if not self._is_tuple_sort:
            return self._outer_instance.eval(term.expression, item, self._environment)
        frame = self._outer_instance.create_frame_from_tuple(self._environment, item)
        return self._outer_instance.eval(term.expression, item["@"], frame)


def _symbol(_: Signature, value: object) -> str:
    """Name the type of an argument by the letter of signatures; null is no missing argument."""
    if value is None:
        return "m"
    if value is NULL:
        return "l"
    letter = _LETTERS.get(type(value))
    if letter is None:
        letter = next((letter for kind, letter in _LETTERS.items() if isinstance(value, kind)), "f")
    return letter


_LETTERS = {str: "s", bool: "b", int: "n", float: "n", list: "a", dict: "o"}


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


def _numeric(value: object) -> bool:
    if type(value) is float:
        numbers.plain(value)
        return True
    return type(value) is int


Jsonata.Frame.lookup = _lookup
# The library's own `eval` keeps a context for `$eval`, which is refused, and an instance for each thread, of which there is
# one: without it, the stack holds a third more.
Jsonata.eval = Jsonata._eval  # noqa: SLF001 - the evaluator itself
Jsonata.ComparatorWrapper = _Comparator
Signature.get_symbol = _symbol
Utils.is_numeric = staticmethod(_numeric)
Functions.is_lambda = staticmethod(lambda value: type(value) is Parser.Symbol and value._jsonata_lambda)  # noqa: SLF001 - its mark
