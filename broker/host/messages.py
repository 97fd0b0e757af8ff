"""Messages that a guest wants to be delivered through a channel."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.host.refusals import Refusal

TEXT_LENGTH = 100_000
SUBJECT_LENGTH = 500
KEY_LENGTH = 256

_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, halves of characters, ends of lines and paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a guest wants to be told, and the key under which it is told once."""

    text: str
    subject: str | None
    data: Any
    key: str


def read(document: Mapping[str, Any], key: str) -> Message | Refusal:
    """Read a message; refuse one whose parts are of another kind, too long, or would write headers of their own."""
    text, subject, own = (document.get(part) for part in ("text", "subject", "idempotency_key"))
    if not isinstance(text, str) or len(text) > TEXT_LENGTH:
        return Refusal("delivery_failed", f"text is a text of at most {TEXT_LENGTH} characters")
    if subject is not None and not _one_line(subject):
        return Refusal("delivery_failed", f"subject is one line of at most {SUBJECT_LENGTH} characters")
    found = own or key
    if not isinstance(found, str) or len(found) > KEY_LENGTH or not (found.isascii() and found.isprintable()):
        return Refusal("delivery_failed", f"idempotency_key is one line of at most {KEY_LENGTH} ASCII characters")
    return Message(text=text, subject=subject, data=document.get("data"), key=found)


def _one_line(subject: Any) -> bool:
    if not isinstance(subject, str) or len(subject) > SUBJECT_LENGTH:
        return False
    return not any(unicodedata.category(character) in _BREAKS for character in subject)
