"""The `log` host function: lines, cleaned and capped."""

import unicodedata

from broker.host.masks import NOTHING, Masks

LEVELS = ("debug", "info", "warning", "error")
LINE_BYTES = 4_096
CUT = "the log was cut here"
LINE_COST = 32  # bytes charged for a line beside its text, so that empty lines are not free


class Log:
    """Collects the lines of one call. Past `limit` bytes it says once that the rest was dropped and drops it."""

    def __init__(self, limit: int, masks: Masks = NOTHING) -> None:
        """Start empty. `masks` hides the call's secrets."""
        self.lines: list[str] = []
        self._masks = masks
        self._limit = limit
        self._used = 0
        self._full = False

    def write(self, level: str, message: str) -> None:
        """Keep one line; a level that is none of `LEVELS` counts as info."""
        if self._full:
            return
        line = f"{level if level in LEVELS else 'info'}: {cleaned(self._masks.shortened(message, LINE_BYTES))}"
        self._used += LINE_COST + len(line.encode("utf-8", "replace"))
        if self._used > self._limit:
            self._full = True
            line = f"warning: {CUT}: a call may write {self._limit} bytes"
        self.lines.append(line)


def cleaned(text: str) -> str:
    """Replace line breaks and tabs by spaces; drop control characters, direction marks and lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    spaced = "".join(" " if character in "\r\n\t" else character for character in text)
    return "".join(character for character in spaced if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
