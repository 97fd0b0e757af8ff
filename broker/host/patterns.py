"""The `patterns` host function: regular expressions for guests, answered by the module that checks use.

It reaches nothing and remembers nothing, so a pure handler may have it. Its time counts as the guest's own; what one search
may cost is bounded by `schemas.patterns`, which refuses what is more.
"""

import json

from broker.host.refusals import Refusal
from schemas import patterns
from schemas.effort import TooMuchWorkError

MOST_MATCHES = 10_000
"""How many matches one call tells; a guest asks on from where they end."""


def search(pattern: str, flags: str, text: str) -> str:
    """Answer `{"ok": true}` where a pattern matches anywhere in a text, otherwise `{"ok": false}`."""
    try:
        return '{"ok": true}' if patterns.search(pattern, text, flags) else '{"ok": false}'
    except (patterns.PatternError, TooMuchWorkError) as error:
        return _refused(error)


def find(pattern: str, flags: str, text: str, start: int, most: int) -> str:
    """Answer `{"ok": [[[begin, end], group | null, ...], ...]}`, in code points: a match and its groups, as places."""
    try:
        found = patterns.find(pattern, text, flags, start=start, most=min(most, MOST_MATCHES))
    except (patterns.PatternError, TooMuchWorkError) as error:
        return _refused(error)
    return json.dumps({"ok": [[match.span, *match.groups] for match in found]})


def _refused(error: Exception) -> str:
    return Refusal("pattern_invalid", str(error)).to_text()
