"""The findings about one condition while it is checked: each once, with its place in the text."""

import re

from fragments.problems import Severity
from schemas.conditions.faults import Fault
from schemas.conditions.parsing import without_texts
from schemas.conditions.trees import Node, begin, walk

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_]\w*|\.\s*[A-Za-z_]\w*|[0-9][\w.]*|[&|=<>!]+|\S')
_MOST_SHOWN = 60


class Findings:
    """What was found in one text."""

    def __init__(self, text: str) -> None:
        """Begin with nothing found in `text`."""
        self.text = text
        self._bare = without_texts(text)
        self._found: dict[tuple[str, str], Fault] = {}

    def add(self, code: str, node: Node, says: str, hint: str = "", *, severity: Severity = Severity.ERROR) -> None:
        """Note a finding about a part of the condition; one that says the same of another part is left out."""
        fault = Fault(code=code, says=says, hint=hint, severity=severity, span=self.span(node))
        self._found.setdefault((code, says), fault)

    def warn(self, code: str, node: Node, says: str, hint: str = "") -> None:
        """Note a finding that need not be a mistake."""
        self.add(code, node, says, hint, severity=Severity.WARNING)

    def forget(self, code: str) -> None:
        """Leave out what was found of a code about parts: something is said of the whole."""
        self._found = {key: fault for key, fault in self._found.items() if fault.code != code}

    def has_error(self) -> bool:
        """Say whether something was found for which the condition is refused."""
        return any(fault.severity is Severity.ERROR for fault in self._found.values())

    def in_order(self) -> list[Fault]:
        """Give what was found, in the order of the text."""
        return sorted(self._found.values(), key=lambda fault: fault.span)

    def shown(self, node: Node) -> str:
        """Quote a part of the condition for a sentence."""
        start, end = self.span(node)
        text = " ".join(self.text[start:end].split())
        return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."

    def span(self, node: Node) -> tuple[int, int]:
        """Give the offsets between which a part stands."""
        start = min(begin(node), len(self.text))
        last = min(max(part.at for part in walk(node)), len(self.text))
        token = _TOKEN.match(self.text, last)
        end = last if token is None else token.end()
        return start, max(end, _closed(self._bare, start, end))


_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _closed(text: str, start: int, end: int) -> int:
    """Go on to where the brackets that were opened between `start` and `end` are closed."""
    depth = sum(text.count(begins, start, end) - text.count(ends, start, end) for begins, ends in _PAIRS.items())
    while depth > 0 and end < len(text):
        depth += (text[end] in "([{") - (text[end] in ")]}")
        end += 1
    return end
