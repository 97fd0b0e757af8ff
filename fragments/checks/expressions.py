"""JSONata expressions, parsed under caps and never run: whether they parse, and which variables they leave unbound."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from threading import local
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.parser import Parser
from jsonata.regex_engine import RegexFlags

from schemas.brackets import nesting
from schemas.expressions.numbers import InexactError
from schemas.expressions.parsing import REFUSED
from schemas.patterns import PatternError, pattern_flaw

_MOST_CHARACTERS = 10_000
_MOST_NESTING = 60
_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\'|`[^`]*+`|/\*.*?\*/', re.DOTALL)
_QUOTED = re.compile(r"""(?<![^ \t\n\r(\[{,:=<>&?+*-])(?:"[^"]*"|'[^']*')""")  # where no name goes on: `it's` is one
_OTHER_QUOTES = re.compile(r"[`/\\]")
_NAMES = re.compile(r"(?<![\w$])(?!(?:and|or|in|true|false|null)\b)[A-Za-z_]\w*")
_PICTURES = "toMillis"  # a function of which a literal argument decides whether it can be used
_YEAR = re.compile(r"\[[^\]]*Y")
_FUNCTION = re.compile(r"function|λ")  # behind it may stand a signature, whose letters are no names
_parsers = local()  # a parser holds the state of what it parses, and making one takes longer than most parsing


@dataclass(frozen=True, slots=True)
class Unparsable:
    """An expression does not parse, or is beyond the caps: why, and what to do."""

    says: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression names: variables that nothing binds, and functions that cannot be used, each with the reason.

    A variable that is bound anywhere in the expression counts as bound everywhere. A function that cannot be used counts
    wherever its name stands: called, passed on, bound to another name.
    """

    unbound: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def names_in(expression: str) -> Names | Unparsable:
    """Name the variables that an expression uses and nothing binds, and the functions that cannot be used."""
    if len(expression) > _MOST_CHARACTERS:
        return Unparsable(f"it is longer than {_MOST_CHARACTERS:,} characters", "Split the work over several steps.")
    if _PICTURES in expression:
        return parsed(expression)
    found = parsed(likened(expression))
    return parsed(expression) if isinstance(found, Unparsable) else found


def likened(expression: str) -> str:
    """Put the same in place of all texts, and of all names of fields.

    They bind and use nothing, so that expressions alike are parsed once. An expression in which a quote may be anything else,
    in a name, a pattern or a comment, or escaped, stays as it is.
    """
    if _OTHER_QUOTES.search(expression):
        return expression
    alike = _QUOTED.sub("''", expression)
    rest = alike.replace("''", "")
    if "'" in rest or '"' in rest:
        return expression
    return alike if _FUNCTION.search(alike) else _NAMES.sub("a", alike)


@cache
def built_in() -> frozenset[str]:
    """Name the functions and variables that the language binds and that can be used."""
    return frozenset({*Jsonata.static_frame.bindings, *Jsonata("1").environment.bindings, "", "$"} - REFUSED.keys())


@lru_cache(maxsize=2_000)
def parsed(expression: str) -> Names | Unparsable:
    """Name what an expression uses, as it stands."""
    if nesting(_TEXTS.sub("", expression)) > _MOST_NESTING:
        return Unparsable(f"it is nested more than {_MOST_NESTING} deep", "Bind parts to variables: ( $a := ...; ... ).")
    try:
        used = _used(_parser().parse(expression, _pattern))
    except InexactError as error:
        _parsers.one = None
        return Unparsable(error.says)
    except PatternError as error:
        _parsers.one = None
        return Unparsable(f"a regular expression in it cannot be evaluated: {str(error).rstrip('.')}")
    except JException as error:
        _parsers.one = None
        return Unparsable(str(error).rstrip("."), _place(expression, error))
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, re.error) as error:
        _parsers.one = None  # the parser fails in its own ways on texts that are no JSONata; which, its authors do not say
        return Unparsable(f"the parser gives up on it ({type(error).__name__})", "Write it in a simpler way.")
    known = used.bound | built_in() | REFUSED.keys()
    return Names(
        unbound=tuple(name for name in used.names if name not in known),
        refused=(*((name, REFUSED[name]) for name in used.names if name in REFUSED), *used.timeless),
    )


def _pattern(source: str, flags: RegexFlags) -> str:
    """Check a regular expression as guests have it checked. Raises `PatternError`."""
    flaw = pattern_flaw(source, "i" * flags.case_insensitive + "m" * flags.multiline)
    if flaw is not None:
        raise PatternError(flaw)
    return source


def _parser() -> Parser:
    if getattr(_parsers, "one", None) is None:
        _parsers.one = Parser()
    parser: Parser = _parsers.one
    return parser


def _place(expression: str, error: JException) -> str:
    location = getattr(error, "location", -1)
    if not isinstance(location, int) or location < 0:
        return ""
    before = expression[max(0, location - 30) : location]
    return f"Near character {location}, after: {before}" if before else ""


@dataclass(slots=True)
class _Used:
    names: dict[str, None] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    timeless: list[tuple[str, str]] = field(default_factory=list)


def _used(tree: Any) -> _Used:
    found = _Used()
    pending: list[Any] = [tree]
    seen: set[Any] = set()
    while pending:
        part = pending.pop()
        if isinstance(part, (list, tuple)):
            pending.extend(part)
        elif isinstance(part, Parser.Symbol) and part not in seen:
            seen.add(part)
            found.bound.update(_bound_by(part))
            if part.type == "variable":
                found.names[str(part.value)] = None
            elif part.type in ("function", "partial") and _lacks_year(part):
                found.timeless.append(("toMillis", "its picture has no year, and there is no clock to take today from"))
            pending.extend(filter(None, vars(part).values()))  # of some forty attributes of a node nearly all are None
    return found


def _lacks_year(call: Any) -> bool:
    """Say whether a call reads a time by a picture, the last of its arguments, that leaves the date to the clock."""
    named = call.procedure is not None and call.procedure.type == "variable" and call.procedure.value == _PICTURES
    last = call.arguments[-1] if named and call.arguments else None
    return last is not None and last.type == "string" and "[" in last.value and not _YEAR.search(last.value)


def _bound_by(part: Any) -> Iterator[str]:
    if part.type == "bind" and part.lhs is not None:
        yield str(part.lhs.value)
    if part.type == "lambda":
        yield from (str(argument.value) for argument in part.arguments or ())
    for name in (part.focus, part.index):
        if isinstance(name, str):
            yield name
