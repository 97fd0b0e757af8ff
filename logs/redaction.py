"""What no line of a log may show: credentials by the name they have, by the form they have, and by their known values.

Known values are protected when they are read (`protect`): tokens of the settings, secrets lent, signing keys, keys of models.
"""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "[redacted]"
SHORTEST = 6  # characters of a value that is looked for: a shorter one would hide half the log
_MOST = 4_096  # values that are remembered; tasks borrow the same few again and again

_NAME = (
    r"(?:proxy-)?authori[sz]ation|(?:set-)?cookie2?|x-[\w-]{0,40}(?:key|token|secret|signature|auth)[\w-]{0,40}|www-authenticate"
    r"|[\w-]{0,40}(?:api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|secret|token|passw(?:or)?d|credential)s?"
)
_NAMED = re.compile(_NAME, re.IGNORECASE)
_PUBLIC = re.compile(r"(?:max|prompt|completion|total|floor|input|output|cached)_?tokens?|tokens", re.IGNORECASE)
_QUOTED = r"""(?:\\*["']) ?"""
_VALUE = re.compile(
    rf"""(?P<name>(?<![\w-])(?:{_NAME})(?:{_QUOTED})?\s*(?:[:=]|,\s?(?=b?["']))\s*)"""
    r"""(?P<value>b?\\+["'].*?\\+["']|b?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\]|\\.)*'|(?:Bearer|Basic|Digest|Token)\s+\S+|[^\s,;}\])]+)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?P<scheme>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@\"']{1,200}@", re.IGNORECASE)
_KEY = re.compile(r"\b(?:sk|pk|rk|ghp|gho|ghs|xox[abpr]|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,}\b")
_VARIABLE = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$", re.IGNORECASE)


class Redaction:
    """Remembers values that are secret, and hides them and what looks like one."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None

    def protect(self, values: Iterable[str]) -> None:
        """Hide these values from now on, also written as JSON, in a URL or as base64. Short ones are left out."""
        new = [value for value in values if len(value) >= SHORTEST and value not in self._known]
        if not new:
            return
        self._known |= dict.fromkeys(new)
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        forms = {form for value in self._known for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def redacted(self, text: str) -> str:
        """Give the text without what is secret."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        text = _VALUE.sub(_hidden, text)
        text = _SCHEME.sub(rf"\g<scheme>{HIDDEN}", text)
        text = _USERINFO.sub(rf"\g<start>{HIDDEN}@", text)
        return _KEY.sub(HIDDEN, text)


def sensitive(name: str) -> bool:
    """Say whether a field or a header of this name holds a credential."""
    return _NAMED.fullmatch(name) is not None and _PUBLIC.fullmatch(name) is None


def secret_variables(variables: Iterable[tuple[str, str]]) -> list[str]:
    """Give the values of the environment variables whose names say that they are credentials: keys of models, tokens."""
    return [value for name, value in variables if _VARIABLE.search(name)]


def _hidden(found: re.Match[str]) -> str:
    name = found["name"].rstrip(" :=,\"'\\")
    return found[0] if _PUBLIC.fullmatch(name) else f"{found['name']}{HIDDEN}"


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode().rstrip("=")
    urlsafe = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value, safe=""),
        encoded,
        urlsafe,
    }
