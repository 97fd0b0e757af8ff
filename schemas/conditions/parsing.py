"""From a text to a condition or to the faults that keep it from being one. Total: any text gives one or the other."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.brackets import nesting
from schemas.conditions import library
from schemas.conditions.decoding import Beyond, decoded
from schemas.conditions.faults import Fault
from schemas.conditions.patterns import weight
from schemas.conditions.trees import Call, Literal, Loop, Node, children, walk

EXACT: Final = 2**53
"""From here on a fractional number stands for several whole ones."""
_UNSIGNED, _LARGEST = 2**63, 2**64
MOST_CHARACTERS: Final = 4_096
MOST_DEPTH: Final = 32
MOST_NODES: Final = 500
MOST_LOOPS: Final = 10
MOST_LOOP_DEPTH: Final = 3
MOST_TESTS: Final = 50
MOST_PATTERNS: Final = 200_000
"""Letters of all literal patterns together, as `patterns.weight` measures them: forty classes such as \\pL."""

_SPLIT = "Split the condition: let a step work parts of it out, and read its output."
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_LITERALS = re.compile(
    r"""[rRbB]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')|//.*"""
)
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(")
_TOO_DEEP = re.compile(r"recursion", re.IGNORECASE)
_SLIPS = (
    (re.compile(r"\{\{"), "A condition is CEL as a whole: write input.n > 3, without braces."),
    (re.compile(r"\b(?:and|or|not)\b"), "CEL writes &&, || and !."),
    (re.compile(r"(?<![=!<>])=(?![=~])"), "CEL compares with ==."),
    (re.compile(r"===|!=="), "CEL compares with == and !=."),
    (re.compile(r"(?<!&)&(?!&)|(?<!\|)\|(?!\|)"), "CEL writes && and ||."),
    (re.compile(r"\?\?|\.\?|\?\."), "Test with has(...) or != null, and choose with condition ? a : b."),
)
"""What people and models write in place of CEL, and what CEL writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that parses and is within the caps."""

    text: str
    tree: Node
    program: library.Program


def parse(text: str) -> Condition | tuple[Fault, ...]:
    """Parse a text. Long or hostile texts are refused by scans that take linear time, before the parser sees them."""
    if len(text) > MOST_CHARACTERS:
        says = f"The condition has {len(text):,} characters; {MOST_CHARACTERS:,} are the most."
        return (Fault(code="condition.too_long", says=says, hint=_SPLIT, span=(0, len(text))),)
    return _parsed(text)


def without_texts(text: str) -> str:
    """Blank out texts and comments, so that what stands in them is not taken for part of the condition."""
    return _LITERALS.sub(lambda literal: " " * len(literal[0]), text)


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Condition | tuple[Fault, ...]:
    if fault := _before(text):
        return (fault,)
    program = library.compiled(text)
    if isinstance(program, library.Unreadable):
        return (_unreadable(text, program),)
    try:
        tree = decoded(program.tree())
    except Beyond as beyond:
        hint = "Write an object: {...}."
        return (
            Fault(code="condition.syntax", says=f"{beyond.says}; conditions have none.", hint=hint, span=_at(text, beyond.at)),
        )
    if fault := _beyond_caps(text, tree):
        return (fault,)
    return Condition(text=text, tree=tree, program=program)


def _before(text: str) -> Fault | None:
    if odd := _UNREADABLE.search(text):
        says = f"The condition holds the character U+{ord(odd[0]):04X}, which no CEL text has."
        return Fault(
            code="condition.syntax", says=says, hint="Leave it out, or write it as \\u and four digits.", span=odd.span()
        )
    if not text.strip():
        return Fault(
            code="condition.syntax", says="The condition is empty.", hint='Write one, such as input.n > 3, or leave "when" out.'
        )
    bare = without_texts(text)
    if nesting(bare) > MOST_DEPTH:
        return _too_complex(text, f"The condition is nested more than {MOST_DEPTH} deep")
    if len(_LOOP.findall(bare)) > MOST_LOOPS:
        return _too_complex(text, f"The condition has more than {MOST_LOOPS} macros")
    return None


def _beyond_caps(text: str, tree: Node) -> Fault | None:
    nodes = list(walk(tree))
    if len(nodes) > MOST_NODES:
        return _too_complex(text, f"The condition has {len(nodes):,} parts; {MOST_NODES} are the most")
    if sum(isinstance(node, Loop) for node in nodes) > MOST_LOOPS:
        return _too_complex(text, f"The condition has more than {MOST_LOOPS} macros")
    if _loop_depth(tree) > MOST_LOOP_DEPTH:
        return _too_complex(text, f"Macros stand within macros more than {MOST_LOOP_DEPTH} deep")
    if fault := next((fault for node in nodes if (fault := _inexact(text, node))), None):
        return fault
    if _patterns(nodes) > MOST_PATTERNS:
        return _too_complex(text, "The regular expressions of the condition are too large: repeat less, and fewer \\p classes")
    tests = sum(getattr(node, "tested", False) for node in nodes)
    return _too_complex(text, f"The condition has more than {MOST_TESTS} has()") if tests > MOST_TESTS else None


def _inexact(text: str, node: Node) -> Fault | None:
    """Refuse `9007199254740992.0`: a comparison would take the whole numbers near it for it."""
    if not (isinstance(node, Literal) and node.kind == "double"):
        return None
    if math.isinf(node.value):
        says = "A number of the condition is beyond all that fractional numbers hold."
        return Fault(code="condition.type", says=says, hint="Write a smaller one.", span=_at(text, node.at))
    if not EXACT <= abs(node.value) <= _LARGEST:
        return None
    whole = int(node.value)
    says = f"{node.value!r} stands for all whole numbers near it, as large fractional numbers do."
    hint = f"Write the whole number: {whole}{'u' if whole >= _UNSIGNED else ''}."
    return Fault(code="condition.type", says=says, hint=hint, span=_at(text, node.at))


def _patterns(nodes: list[Node]) -> int:
    """Measure the literal patterns: compiling one that is made for it takes half a second."""
    calls = (node for node in nodes if isinstance(node, Call) and node.function == "matches")
    last = (node.operands[-1] for node in calls if node.operands)
    return sum(weight(node.value) for node in last if isinstance(node, Literal) and isinstance(node.value, str))


def _loop_depth(node: Node) -> int:
    """Count macros within macros; a chain, one's result being the other's list, counts as deep as it is long."""
    return isinstance(node, Loop) + max(map(_loop_depth, children(node)), default=0)


def _too_complex(text: str, says: str) -> Fault:
    return Fault(code="condition.too_complex", says=f"{says}.", hint=_SPLIT, span=(0, len(text)))


def _unreadable(text: str, found: library.Unreadable) -> Fault:
    if _TOO_DEEP.search(found.says):
        return _too_complex(text, f"The condition is nested more than {MOST_DEPTH} deep")
    bare = without_texts(text)
    hint = next((hint for slip, hint in _SLIPS if slip.search(bare)), 'Conditions are CEL: input.n > 3 && input.kind == "a".')
    where = f" at character {found.at + 1}" if found.at else ""
    return Fault(
        code="condition.syntax",
        says=f"The condition is not CEL{where}: {_plain(found.says)}.",
        hint=hint,
        span=_at(text, found.at),
    )


def _plain(says: str) -> str:
    """Shorten the parser's sentence: which tokens it would take is of no help."""
    return says.partition(" expecting ")[0].replace("'<EOF>'", "the end").replace("<EOF>", "the end").strip()


def _at(text: str, at: int) -> tuple[int, int]:
    return (min(at, len(text)), min(at + 1, len(text)))
