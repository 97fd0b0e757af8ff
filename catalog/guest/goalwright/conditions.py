"""CEL over JSON values, with the meaning that conditions have outside the sandbox: numbers compare by value, kinds do not mix.

The library reads and walks the text; what its operators mean is said here, as the language's definition has it
(cel-spec, Language Definition: Equality, Overflow, Field Selection), where the library's own differ.
"""

import datetime as dt
import math
import operator
import re

import celpy
from celpy import celtypes as ct
from celpy.celparser import CELParseError, CELParser
from celpy.evaluation import Activation, CELEvalError, Evaluator
from goalwright.errors import HandlerError, one_line
from goalwright.texts import shown
from lark import Token, Tree

MOST_CHARACTERS = 4_096
_NUMBERS = (ct.IntType, ct.UintType, ct.DoubleType)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_INT64 = range(-(2**63), 2**63)
# What the library knows beyond the language: functions and macros of its own.
_NOT_CEL = {"list", "map", "null_type", "reduce", "min"}
_PASSED_ON = {"expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication", "unary", "member"}
_CLASS = re.compile(r"\bStringType\((.*?)\)")
_SLIP = re.compile(r"\{\{|\b(?:and|or|not)\b|(?<![=!<>])=(?![=~])")


class Condition:
    """A text that is CEL."""

    def __init__(self, text: str) -> None:
        """Parse; raises `condition_invalid`."""
        self.text = text
        if len(text) > MOST_CHARACTERS:
            raise HandlerError("condition_invalid", f"the condition is longer than {MOST_CHARACTERS} characters")
        try:
            self._tree = _short(_PARSER.parse(text))
        except CELParseError as error:
            where = f" at line {error.line}, column {error.column}" if error.line and error.line > 0 else ""
            hint = "; CEL writes &&, ||, ! and ==, without braces" if _SLIP.search(text) else ""
            message = f"not CEL{where}: {one_line(text, limit=120)}{hint}"
            raise HandlerError("condition_invalid", message) from error
        except RecursionError as error:
            raise HandlerError("condition_invalid", "the condition is nested too deeply") from error
        unknown = next((str(token) for token in _called(self._tree) if token in _NOT_CEL), None)
        if unknown:
            raise HandlerError("condition_invalid", f"CEL has no function {unknown}: {one_line(text, limit=120)}")

    def holds(self, roots: dict) -> bool:
        """Say whether the condition is true of CEL values by name; `condition_failed` where it comes to nothing else."""
        try:
            value = _Evaluator(self._tree, Activation(functions=FUNCTIONS)).evaluate(roots)
        except CELEvalError as error:
            raise HandlerError("condition_failed", f"{_said(error)} in {one_line(self.text, limit=120)}") from error
        except RecursionError as error:
            raise HandlerError("condition_failed", "the condition or its data is nested too deeply") from error
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, re.error) as error:
            message = f"{one_line(error, limit=200)} in {one_line(self.text, limit=120)}"
            raise HandlerError("condition_failed", message) from error
        if not isinstance(value, ct.BoolType):
            message = f"a condition is true or false; this one gives a {_kind(value)}: {one_line(self.text, limit=120)}"
            raise HandlerError("condition_failed", message)
        return bool(value)


def cel(value: object) -> object:
    """Give a JSON value as one of CEL."""
    if isinstance(value, dict):
        return ct.MapType({ct.StringType(key): cel(held) for key, held in value.items()})
    if isinstance(value, list):
        return ct.ListType([cel(held) for held in value])
    if isinstance(value, bool):
        return ct.BoolType(value)
    if isinstance(value, int) and value in _INT64:
        return ct.IntType(value)
    if isinstance(value, (int, float)):
        return ct.DoubleType(value)
    return value if value is None else ct.StringType(value)


class _Evaluator(Evaluator):
    """The library's, with `has` as the language has it, and errors of macros that `||` may pass over."""

    def sub_evaluator(self, ast: Tree) -> Evaluator:
        return _Evaluator(ast, activation=self.activation)

    def macro_has_eval(self, exprlist: Tree) -> object:
        (tested,) = exprlist.children
        while isinstance(tested, Tree) and tested.data in ("primary", "paren_expr") and len(tested.children) == 1:
            (tested,) = tested.children
        if tested.data != "member_dot":
            return CELEvalError("has() takes a field: has(a.b)")
        holder = self.visit(tested.children[0])
        if isinstance(holder, CELEvalError):
            return holder
        if not isinstance(holder, ct.MapType):
            return CELEvalError(f"a {_kind(holder)} has no fields")
        return ct.BoolType(ct.StringType(tested.children[1].value) in holder)

    def build_macro_eval(self, child: Tree) -> object:
        evaluated = super().build_macro_eval(child)
        if child.children[1] == "map":
            return evaluated

        def tested(value: object) -> object:
            answer = evaluated(value)
            if not isinstance(answer, ct.BoolType):
                message = f"{child.children[1]} takes a condition, which is true or false; this one gives a {_kind(answer)}"
                raise CELEvalError(message)
            return answer

        return tested

    def member_dot(self, tree: Tree) -> object:
        holder = self.visit(tree.children[0])
        name = tree.children[1].value
        if isinstance(holder, ct.MapType):
            key = ct.StringType(name)
            return holder[key] if key in holder else CELEvalError(f"there is no {name!r}")
        return holder if isinstance(holder, CELEvalError) else CELEvalError(f"a {_kind(holder)} has no field {name!r}")

    def member_dot_arg(self, tree: Tree) -> object:
        try:
            return super().member_dot_arg(tree)
        except CELEvalError as error:
            return error


def _said(error: CELEvalError) -> str:
    """Say what went wrong: the library calls whatever a function refuses an overflow, and keeps the reason beside it."""
    says, _, reasons = (*error.args, None, None)[:3]
    reason = reasons[0] if reasons and says == "return error for overflow" else says
    return one_line(_CLASS.sub(r"\1", str(reason)), limit=200)


def _short(tree: Tree) -> Tree:
    """Leave out the levels of the grammar that only pass a value on: a call is small and its stack short."""
    while tree.data in _PASSED_ON and len(tree.children) == 1 and isinstance(tree.children[0], Tree):
        tree = tree.children[0]
    tree.children[:] = [_short(child) if isinstance(child, Tree) else child for child in tree.children]
    return _mapped(tree) if tree.data == "member_dot_arg" else tree


def _mapped(tree: Tree) -> Tree:
    """Write `items.map(x, only, value)` as `items.filter(x, only).map(x, value)`: the library knows the latter alone."""
    if tree.children[1] != "map" or len(tree.children[2].children) != 3:  # noqa: PLR2004 - name, condition, value
        return tree
    items, method, arguments = tree.children
    name, only, value = arguments.children
    kept = Tree("member_dot_arg", [items, Token("IDENT", "filter"), Tree("exprlist", [name, only])])
    return Tree("member_dot_arg", [kept, method, Tree("exprlist", [name, value])])


def _called(tree: Tree) -> "list[Token]":
    named = [node.children[0] for node in tree.find_pred(lambda node: node.data in ("ident_arg", "dot_ident_arg"))]
    return named + [node.children[1] for node in tree.find_data("member_dot_arg") if node.children[1] in ("reduce", "min")]


def _kind(value: object) -> str:
    kinds = {
        ct.BoolType: "boolean",
        ct.StringType: "text",
        ct.ListType: "list",
        ct.MapType: "map",
        type(None): "null",
        ct.BytesType: "byte string",
        ct.TimestampType: "timestamp",
        ct.DurationType: "duration",
    }
    return kinds.get(type(value), "number" if isinstance(value, _NUMBERS) else "value")


def _no_overload(name: str, *values: object) -> CELEvalError:
    return CELEvalError(f"{name} does not work on {' and '.join(f'a {_kind(value)}' for value in values)}")


def _strict(name: str, function: object) -> object:
    """Make an operator or function of one that gives `NotImplemented` for values that it is not for; errors pass through."""

    def applied(*values: object) -> object:
        error = next((value for value in values if isinstance(value, CELEvalError)), None)
        if error is not None:
            return error
        try:
            made = function(*values)
        except (TypeError, AttributeError):
            made = NotImplemented
        except (ValueError, ArithmeticError, LookupError) as raised:
            return CELEvalError(one_line(raised))
        return _no_overload(name, *values) if made is NotImplemented else made

    return applied


def _numbers(left: object, right: object) -> "tuple[int | float, int | float]":
    """Give both as whole numbers, or both as floating ones."""
    whole = not isinstance(left, ct.DoubleType) and not isinstance(right, ct.DoubleType)
    return (int(left), int(right)) if whole else (float(left), float(right))


def _equal(left: object, right: object) -> bool:
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return operator.eq(*_numbers(left, right))
    if isinstance(left, ct.ListType) and isinstance(right, ct.ListType):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, ct.MapType) and isinstance(right, ct.MapType):
        return len(left) == len(right) and all(_has(right, key) and _equal(left[key], _item(right, key)) for key in left)
    if left is None or right is None or type(left) is not type(right):
        return left is right
    return bool(left == right)


def _compared(compare: object) -> object:
    def apply(left: object, right: object) -> object:
        if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
            return ct.BoolType(compare(*_numbers(left, right)))
        if type(left) is not type(right) or isinstance(left, (ct.ListType, ct.MapType, type(None))):
            return NotImplemented
        if isinstance(left, ct.BoolType):
            return ct.BoolType(compare(int(left), int(right)))
        return ct.BoolType(bool(compare(left, right)))

    return apply


def _has(holder: ct.MapType, key: object) -> bool:
    return any(_equal(key, other) for other in holder)


def _item(holder: object, key: object) -> object:
    if isinstance(holder, ct.ListType) and isinstance(key, _NUMBERS):
        at = float(key)
        if not at.is_integer() or not 0 <= at < len(holder):
            message = f"there is no item {shown(at)} in a list of {len(holder)}"
            raise IndexError(message)
        return list.__getitem__(holder, int(at))
    if not isinstance(holder, ct.MapType):
        return NotImplemented
    if isinstance(key, ct.StringType):
        found = key if key in holder else None
    else:
        found = next((other for other in holder if _equal(key, other)), None)
    if found is None:
        message = f"there is no {str(key)!r}"
        raise ValueError(message)
    return holder[found]


def _in(item: object, holder: object) -> object:
    if isinstance(holder, ct.MapType):
        return ct.BoolType(_has(holder, item))
    return ct.BoolType(any(_equal(item, held) for held in holder)) if isinstance(holder, ct.ListType) else NotImplemented


def _arithmetic(compute: object, *kinds: type) -> object:
    """Compute within one kind only: the language converts nothing."""

    def apply(left: object, right: object) -> object:
        times = (ct.TimestampType, ct.DurationType)
        if ct.TimestampType in kinds and isinstance(left, times) and isinstance(right, times):
            return compute(left, right)
        if type(left) is not type(right) or not isinstance(left, kinds):
            return NotImplemented
        made = compute(left, right)
        return made if made is NotImplemented else type(left)(made)

    return apply


def _divided(left: object, right: object) -> object:
    if not isinstance(left, ct.DoubleType) or float(right) != 0:
        return left / right
    if float(left) == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _size(value: object) -> object:
    sized = (ct.StringType, ct.BytesType, ct.ListType, ct.MapType)
    return ct.IntType(len(value)) if isinstance(value, sized) else NotImplemented


def _of_texts(function: object) -> object:
    return lambda *values: function(*values) if all(isinstance(value, ct.StringType) for value in values) else NotImplemented


def _string(value: object) -> object:
    if isinstance(value, ct.DoubleType):
        return ct.StringType(shown(float(value)) if abs(value) < 1e15 else repr(float(value)))  # noqa: PLR2004 - in full till there
    if isinstance(value, ct.BoolType):
        return ct.StringType(str(bool(value)).lower())
    return NotImplemented if isinstance(value, (ct.ListType, ct.MapType, type(None))) else ct.StringType(value)


def _timestamp(value: object) -> object:
    if isinstance(value, ct.IntType):
        return ct.TimestampType(_EPOCH + dt.timedelta(seconds=int(value)))
    return ct.TimestampType(value) if isinstance(value, (ct.StringType, ct.TimestampType)) else NotImplemented


def _converted(kind: type) -> object:
    return lambda value: NotImplemented if value is None or isinstance(value, (ct.ListType, ct.MapType)) else kind(value)


_BASE = celpy.evaluation.base_functions
# A type's name stands for the function of that name, and so `type(x)` gives that function.
_TYPES = {kind: name for name, kind in _BASE.items() if isinstance(kind, type)}
FUNCTIONS = {
    "_==_": lambda left, right: ct.BoolType(_equal(left, right)),
    "_!=_": lambda left, right: ct.BoolType(not _equal(left, right)),
    "_<_": _compared(operator.lt),
    "_<=_": _compared(operator.le),
    "_>_": _compared(operator.gt),
    "_>=_": _compared(operator.ge),
    "_in_": _in,
    "_[_]": _item,
    "_+_": _arithmetic(operator.add, *_NUMBERS, ct.StringType, ct.BytesType, ct.ListType, ct.TimestampType, ct.DurationType),
    "_-_": _arithmetic(operator.sub, *_NUMBERS, ct.TimestampType, ct.DurationType),
    "_*_": _arithmetic(operator.mul, *_NUMBERS),
    "_/_": _arithmetic(_divided, *_NUMBERS),
    "_%_": _arithmetic(operator.mod, ct.IntType, ct.UintType),
    "-_": lambda value: -value if isinstance(value, (ct.IntType, ct.DoubleType)) else NotImplemented,
    "size": _size,
    "string": _string,
    "timestamp": _timestamp,
    "type": lambda value: FUNCTIONS.get(_TYPES.get(type(value)), _BASE.get(_TYPES.get(type(value)), NotImplemented)),
    **{name: _converted(_BASE[name]) for name in ("int", "uint", "double", "duration", "bytes")},
    **{name: _of_texts(_BASE[name]) for name in ("contains", "startsWith", "endsWith", "matches")},
}
"""What operators and functions mean, in place of the library's own."""

FUNCTIONS = {name: _strict(name.strip("_"), function) for name, function in FUNCTIONS.items()}
_PARSER = CELParser()


def _warm() -> None:
    """Build what the library builds at first use: it is then part of the component."""
    contextual = CELParser.CEL_PARSER.parser.lexer
    for lexer in (*contextual.lexers.values(), contextual.root_lexer):
        assert lexer.scanner is not None
    text = (
        "[1, 2.5].all(x, x > 0) && {'a': 1}.a == 1.0 && has({'a': 1}.a) && 'a'.matches('^a+$') && 2 in [1, 2]"
        " ? size('a') != 2 : [1].exists(x, x == 1) || [1].filter(x, x > 0).map(x, x + 1)[0] == 2"
    )
    Condition(text).holds({"input": cel({"a": [1, None, "b", True, 1.5]})})


_warm()
