"""JSONata's regular expressions and the functions that search with them, or with a function that does as one."""

from goalwright import patterns
from goalwright.errors import HandlerError
from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.regex_engine import RegexFlags
from jsonata.utils import Utils


class Pattern:
    """A regular expression as it stands in a text of the language; the host evaluates it."""

    def __init__(self, source: str, flags: str) -> None:
        """Take `/source/flags`. Raises `HandlerError` for what is no pattern, or cannot be had."""
        flaw = patterns.pattern_flaw(source, flags)
        if flaw is not None:
            message = f"a regular expression cannot be evaluated: {flaw}"
            raise HandlerError("expression_invalid", message)
        self.source, self.flags = source, flags

    def find(self, text: str, start: int, most: "int | None" = None) -> list:
        """Give the matches in a text from a place on."""
        try:
            return patterns.find(self.source, text, self.flags, start=start, most=most)
        except patterns.PatternError as error:
            raise HandlerError("expression_failed", str(error)) from error


def pattern(source: str, flags: RegexFlags) -> Pattern:
    """Make a pattern of what the parser found between slashes, and behind them."""
    return Pattern(source, "i" * flags.case_insensitive + "m" * flags.multiline)


class Matcher(Jsonata.JLambda):
    """A regular expression within an evaluation: a function of a text that gives the first match, which leads to the next."""

    def __init__(self, pattern: Pattern, position: int) -> None:
        """Search with `pattern`; errors tell its `position`."""
        super().__init__(self._first)
        self._pattern, self._position = pattern, position

    def call(self, _: object, arguments: list) -> object:
        """Give the first match in a text; anything else has none."""
        text = arguments[0] if arguments else None
        return self._first(text) if isinstance(text, str) else None

    def _first(self, text: str) -> object:
        found = self._pattern.find(text, 0, 1)
        return self._told(text, found[0], None) if found else None

    def _after(self, text: str, at: int, rest: "list | None") -> object:
        """Give the match after one that ends `at`; all that follow the first are asked for together."""
        if at >= len(text):
            return None
        if rest is None:
            rest = self._pattern.find(text, at)[::-1]
        if not rest:
            return None
        found = rest.pop()
        if found.span[0] == found.span[1]:
            raise JException("D1004", self._position)
        return self._told(text, found, rest)

    def _told(self, text: str, found: patterns.Match, rest: "list | None") -> dict:
        begin, end = found.span
        return {
            "match": text[begin:end],
            "start": begin,
            "end": end,
            "groups": [group and text[slice(*group)] for group in found.groups],
            "next": Jsonata.JLambda(lambda *_: self._after(text, end, rest)),
        }


def _matches(matcher: object, text: str) -> object:
    """Go through the matches that a matcher finds in a text, each `{match, start, end, groups, next}`."""
    match = Functions.func_apply(matcher, [text])
    while match is not None:
        if not isinstance(match, dict) or not match.keys() & {"start", "end", "groups", "next"}:
            raise JException("T1010", -1)
        yield match
        match = Functions.func_apply(match["next"], [])


def _limit(limit: float | None, code: str) -> float:
    if limit is not None and limit < 0:
        raise JException(code, -1, limit)
    return float("inf") if limit is None else limit


def contains(text: str | None, token: object) -> object:
    """Say whether a text has a part."""
    if text is None or token is None:
        return None
    if isinstance(token, str):
        return token in text
    return next(_matches(token, text), None) is not None


def match(text: str | None, pattern: object, limit: float | None) -> object:
    """List the matches in a text: `{match, index, groups}`."""
    if text is None:
        return None
    limit = _limit(limit, "D3040")
    if pattern is None and limit > 0:
        raise JException("T0410", -1, 2, "match")
    made = Utils.create_sequence()
    for found in _limited(pattern, text, limit):
        made.append({"match": found["match"], "index": found["start"], "groups": found["groups"]})
    return made


def _limited(pattern: object, text: str, limit: float) -> object:
    if limit <= 0:
        return
    for count, found in enumerate(_matches(pattern, text), 1):
        yield found
        if count >= limit:
            return


def split(text: str | None, separator: object, limit: float | None) -> object:
    """Split a text where a separator stands."""
    if text is None:
        return None
    limit = _limit(limit, "D3020")
    if separator is None:
        if limit > 0:
            raise JException("T0410", -1, 2, "split")
        return []
    if isinstance(separator, str):
        parts = text.split(separator) if separator else list(text)
        return parts if limit == float("inf") else parts[: int(limit)]
    parts, start = [], 0
    for found in _limited(separator, text, limit):
        parts.append(text[start : found["start"]])
        start = found["end"]
    return [*parts, text[start:]] if len(parts) < limit else parts


def replace(text: str | None, pattern: object, replacement: object, limit: float | None) -> object:
    """Put something else in place of what is found: a text, in which `$1` is a group, or what a function of the match gives."""
    if text is None:
        return None
    if pattern == "":
        raise JException("D3010", -1)
    limit = _limit(limit, "D3011")
    if pattern is None or replacement is None:
        if limit > 0:
            raise JException("T0410", -1, 2 if pattern is None else 3, "replace")
        return text
    if isinstance(pattern, str):
        if not isinstance(replacement, str):
            raise JException("D3012", -1)
        return text.replace(pattern, replacement, -1 if limit == float("inf") else int(-(-limit // 1)))
    made, start = [], 0
    for found in _limited(pattern, text, limit):
        made += [text[start : found["start"]], _substitute(replacement, found)]
        start = found["start"] + len(found["match"])
    return "".join([*made, text[start:]])


def _substitute(replacement: object, found: dict) -> str:
    made = _expanded(replacement, found) if isinstance(replacement, str) else Functions.func_apply(replacement, [found])
    if not isinstance(made, str):
        raise JException("D3012", -1, made)
    return made


def _expanded(replacement: str, found: dict) -> str:
    """Put groups in place of `$1`; the number has no more digits than the number of groups, `$$` is a dollar sign."""
    groups, made = found["groups"], []
    first, *rest = replacement.split("$")
    made.append(first)
    while rest:
        part = rest.pop(0)
        if part == "" and rest:  # $$
            made.append("$" + rest.pop(0))
        elif part.startswith("0"):
            made += [found["match"], part[1:]]
        else:
            made.append(_grouped(part, groups))
    return "".join(made)


def _grouped(part: str, groups: list) -> str:
    digits = len(str(len(groups)))
    number = _leading(part[:digits])
    if digits > 1 and number is not None and int(number) > len(groups):
        number = _leading(part[: digits - 1])
    if number is None:
        return "$" + part
    at = int(number)
    group = groups[at - 1] if 0 < at <= len(groups) else None
    return (group or "") + part[len(str(at)) :]


def _leading(text: str) -> str | None:
    digits = ""
    for letter in text:
        if letter not in "0123456789":
            break
        digits += letter
    return digits or None


def joined(texts: list | None, separator: str | None) -> object:
    """Join texts."""
    return None if texts is None else (separator or "").join(texts)


FUNCTIONS = {"contains": contains, "match_": match, "split": split, "replace": replace, "join": joined}
"""In place of the library's, by its names for them."""
