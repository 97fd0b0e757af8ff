import io
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from logs import setup


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    setup.configure(level=logging.INFO, stream=written, secrets=["known-secret-value"])
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def test_structlog_and_logging_write_the_same_lines(stream: io.StringIO) -> None:
    structlog.get_logger().warning("it_happened", task="t1", header="Bearer known-secret-value")
    logging.getLogger("library").error("it failed: %s", "known-secret-value")
    structlog.get_logger().debug("not_wanted")
    setup.flush()
    first, second = stream.getvalue().splitlines()
    assert " warning it_happened task=t1 header=" in first
    assert " error it failed: [redacted] logger=library" in second
    assert "known-secret" not in stream.getvalue()


def test_a_logger_that_was_made_before_the_configuration_follows_it(stream: io.StringIO) -> None:
    structlog.get_logger().info("one")
    other = io.StringIO()
    log = structlog.get_logger()
    log.info("two")
    setup.configure(level=logging.INFO, stream=other)
    log.info("three")
    setup.flush()
    assert ["two" in stream.getvalue(), "three" in stream.getvalue(), "three" in other.getvalue()] == [True, False, True]


def test_an_exception_that_is_logged_shows_no_locals(stream: io.StringIO) -> None:
    def fails(token: str) -> None:
        raise ValueError(len(token))

    for log in (structlog.get_logger().exception, logging.getLogger("library").exception):
        try:
            fails("a-local" * 2)
        except ValueError:
            log("it_failed")
    setup.flush()
    assert stream.getvalue().count("builtins.ValueError: 14") == 2
    assert "a-locala-local" not in stream.getvalue()


def test_a_message_that_does_not_fit_its_arguments_is_no_fault(stream: io.StringIO) -> None:
    record = logging.LogRecord("library", logging.ERROR, "", 1, "%d things", ("many",), None)
    logging.getLogger().handlers[0].emit(record)
    setup.flush()
    assert "%d things" in stream.getvalue()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("log.error('it_failed', token='abcdef-token', key_text='sesame-open-1')", id="an event"),
        pytest.param("raise ValueError('sesame-open-1')", id="an exception that nobody caught"),
        pytest.param(
            "import threading; t = threading.Thread(target=lambda: 1 / int('0' if key else 1)); t.start(); t.join();"
            "raise ValueError(key)",
            id="a thread that failed",
        ),
    ],
)
def test_what_a_process_logs_last_is_written_and_holds_no_secret(code: str) -> None:
    lines = "import logs.setup, structlog; logs.setup.configure(secrets=['sesame-open-1']); log = structlog.get_logger()"
    script = f"key = 'sesame-open-1'\n{lines}\n{code}\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "error" in done.stderr or "critical" in done.stderr
    assert "sesame" not in done.stderr
    assert "abcdef-token" not in done.stderr
