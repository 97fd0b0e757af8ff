from types import TracebackType
from typing import Any

import pytest

from logs.redaction import Redaction
from logs.rendering import EVENT, FRAMES, LINE, rendered

NOTHING = Redaction()


def event(**fields: Any) -> dict[str, Any]:
    return {"timestamp": "2026-12-01T00:00:00+00:00", "level": "warning", "event": "it_happened", **fields}


def failing(depth: int, secret: str) -> None:
    big = [secret] * 1_000
    if depth:
        failing(depth - 1, secret)
    msg = f"no good: {len(big)}"
    raise ValueError(msg)


def caught(depth: int = 0) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        failing(depth, "a-local-that-nobody-may-see")
    except ValueError as fault:
        return (type(fault), fault, fault.__traceback__)
    raise AssertionError


def test_an_event_is_one_line_of_fields() -> None:
    text = rendered(event(task="t1", says="two words", count=3, items=["a", 1]), NOTHING)
    assert text == "2026-12-01T00:00:00+00:00 warning it_happened task=t1 says=\"two words\" count=3 items=['a', 1]\n"


def test_a_traceback_shows_no_local_variables() -> None:
    text = rendered(event(exc_info=caught()), NOTHING)
    assert "in failing" in text
    assert "builtins.ValueError: no good: 1000" in text
    assert "nobody-may-see" not in text.replace('failing(depth, "a-local-that-nobody-may-see")', "")


def test_a_deep_traceback_shows_the_innermost_frames() -> None:
    text = rendered(event(exc_info=caught(200)), NOTHING)
    assert len(text.splitlines()) <= FRAMES + 3


def test_causes_are_told_outermost_first() -> None:
    try:
        try:
            failing(0, "")
        except ValueError as fault:
            msg = "above"
            raise LookupError(msg) from fault
    except LookupError as fault:
        text = rendered(event(exc_info=(type(fault), fault, fault.__traceback__)), NOTHING)
    assert text.index("ValueError: no good") < text.index("LookupError: above")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


class Loud:
    def __repr__(self) -> str:
        return "my-token-abcdef" * 1_000_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 10_000_000, id="text"),
        pytest.param(b"x" * 10_000_000, id="bytes"),
        pytest.param([1] * 1_000_000, id="list"),
        pytest.param({str(i): i for i in range(100_000)}, id="object"),
        pytest.param(nested(100_000), id="nested"),
        pytest.param(10**5_000, id="digits"),
        pytest.param([["x" * 10_000] * 100] * 100, id="wide and long"),
        pytest.param(Loud(), id="an object with a repr of its own"),
        pytest.param([Loud()] * 10, id="several of them"),
    ],
)
def test_whatever_is_logged_the_event_is_short(value: Any) -> None:
    text = rendered(event(value=value), NOTHING)
    assert len(text) < 3 * LINE
    assert "my-token" not in text


def test_a_message_of_megabytes_is_cut() -> None:
    fault = ValueError("line\n" * 1_000_000)
    text = rendered(event(exc_info=(ValueError, fault, None), more="y" * 100_000), NOTHING)
    assert len(text) < EVENT + 100
    assert all(len(line) < LINE + 100 for line in text.splitlines())


def test_fields_of_sensitive_names_are_hidden_at_every_depth() -> None:
    text = rendered(event(token="abc-value", headers={"Authorization": "abc-value", "x": [{"cookie": "abc-value"}]}), NOTHING)
    assert "abc-value" not in text


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    redaction = Redaction()
    redaction.protect(["the-signing-key"])
    fault = ValueError("bad the-signing-key here")
    shown = event(says="x" * 990 + "the-signing-key", also=["the-signing-key"], exc_info=(ValueError, fault, None))
    assert "signing-k" not in rendered(shown, redaction)


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\nfaked line", "\u202eabc", "\x9b31m", "\ud800"])
def test_control_characters_are_written_as_escapes(text: str) -> None:
    line = rendered(event(value=text), NOTHING)
    assert line.count("\n") == 1
    assert line[:-1].isprintable()


def test_an_exception_that_cannot_tell_itself_is_told_by_its_type() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "MuteError: <it cannot say why>" in rendered(event(exc_info=(MuteError, MuteError(), None)), NOTHING)
