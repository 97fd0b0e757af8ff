"""Mustache over JSON values: text, not HTML, so nothing is escaped."""

from collections.abc import Sequence

from chevron import renderer
from chevron.tokenizer import ChevronError, tokenize
from goalwright.errors import HandlerError, one_line
from goalwright.texts import shown


def render(template: str, data: dict) -> str:
    """Fill `template` from `data`; an absent name is empty. Raises `template_invalid`, also for partials."""
    try:
        tokens = list(tokenize(template))
    except ChevronError as error:
        raise HandlerError("template_invalid", one_line(error)) from error
    if any(tag == "partial" for tag, _ in tokens):
        raise HandlerError("template_invalid", "partials ({{> name}}) cannot be used: there is nothing to load them from")
    return renderer.render(tokens, _view(data), partials_path=None)


class _Scalar:
    """A value as a template shows it. The library would try attributes of Python's own types."""

    _CHEVRON_return_scope_when_falsy = True

    def __init__(self, value: object, *, listed: bool) -> None:
        self._value = value
        self._listed = listed

    def __getitem__(self, key: object) -> object:
        raise KeyError(key)

    def __bool__(self) -> bool:
        # The library shows nothing for a falsy item of a list; a zero or an empty text in a list is there all the same.
        return self._value is not None if self._listed else bool(self._value)

    def __str__(self) -> str:
        return "" if self._value is None else shown(self._value)


class _Object(_Scalar):
    def __getitem__(self, key: str) -> object:
        return _view(self._value[key])


class _List(_Scalar, Sequence):
    def __getitem__(self, key: int | str) -> object:
        if isinstance(key, str) and not key.isdecimal():
            raise KeyError(key)
        return _view(self._value[int(key)], listed=True)

    def __len__(self) -> int:
        return len(self._value)


def _view(value: object, *, listed: bool = False) -> _Scalar:
    kind = _Object if isinstance(value, dict) else _List if isinstance(value, list) else _Scalar
    return kind(value, listed=listed)


renderer._html_escape = str  # noqa: SLF001 - the library's only switch for it; a message is text
render("{{#a}}{{.}}{{/a}}{{^b}}{{b}}{{/b}}", {"a": [1]})
