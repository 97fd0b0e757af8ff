"""The one way to a terminal: whatever is shown, words from outside are shown and never obeyed.

`words` is the only place where styles are written; what stands for its names is text, whatever it looks like. `Terminal` takes
strings as they are, without markup, and escapes in all that it draws what would steer the terminal. Results on stdout go
through `text_out` and `json_out`.
"""

import sys
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Span, Text

from schemas.values import Json
from schemas.visible import block, json_text, visible

_FIRST_MARK = 0xF0000  # private to us: `visible` lets none of them through


class Terminal(Console):
    """Draws on a terminal, or writes to what stands for one."""

    def __init__(self, *, stderr: bool = False, file: TextIO | None = None, width: int | None = None) -> None:
        """Write to stdout, to stderr or to `file`; lines are broken to fit only where a person reads them."""
        super().__init__(stderr=stderr, file=file, width=width, highlight=False, emoji=False, markup=False)
        if stderr:
            self.soft_wrap = not self.is_terminal  # what a log or a pipe reads is not broken over lines

    def say(self, shape: str, /, *, whole: bool = False, **named: object) -> None:
        """Print one line, as `words` makes it; `whole` lines are not broken, so that an editor follows the places in them."""
        self.print(words(shape, **named), soft_wrap=whole or None)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Any:
        """Draw; the last thing that happens to a text before it is written."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(block(segment.text), segment.style)


def words(shape: str, /, **named: object) -> Text:
    """Make a text of a shape with styles in rich's markup, in which `{name}` stands for words that are shown as they are."""
    marks = {name: chr(_FIRST_MARK + place) for place, name in enumerate(named)}
    text = Text.from_markup(shape.format(**marks), emoji=False)
    for name, mark in marks.items():
        while (at := text.plain.find(mark)) >= 0:
            text = _replaced(text, at, visible(str(named[name])))
    return text


def _replaced(text: Text, at: int, said: str) -> Text:
    """Put words in place of one character; they take the styles that it has."""
    more = len(said) - 1
    spans = [
        Span(span.start + (more if span.start > at else 0), span.end + (more if span.end > at else 0), span.style)
        for span in text.spans
    ]
    return Text(f"{text.plain[:at]}{said}{text.plain[at + 1 :]}", spans=spans)


def text_out(text: str) -> None:
    """Write lines of text to stdout."""
    sys.stdout.write(block(text) + "\n")


def json_out(value: Json, *, indent: int | None = None) -> None:
    """Write one JSON document to stdout, exactly the value."""
    sys.stdout.write(json_text(value, indent=indent) + "\n")
    sys.stdout.flush()


def bytes_out(content: bytes) -> None:
    """Write a drawing to stdout, whose writer has made it safe."""
    sys.stdout.buffer.write(content)
