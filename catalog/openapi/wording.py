"""Words of foreign documents made fit to be read: nothing that steers a terminal, hides, or turns text around."""

import unicodedata

_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_BLANK = {"\u2800", "\u3164", "\uffa0", "\u115f", "\u1160"}  # letters by their class, and nothing to be seen


def cleaned(text: object) -> str:
    """Take away control and format characters (bidi marks, zero widths, tags); lines and tabs stay, all else as it is."""
    lines = str(text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_kept, lines)) if not lines.isascii() or not lines.isprintable() else lines


def one_line(text: object) -> str:
    """Clean a text and put it on one line."""
    return " ".join(cleaned(text).split())


def shortened(text: str, most: int) -> str:
    """Cut a text to `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _kept(character: str) -> str:
    if character in "\n\t" or not (unicodedata.category(character) in _UNSEEN or character in _BLANK):
        return character
    return " " if unicodedata.category(character) in ("Zl", "Zp") else ""
