"""Sets a process up to log: `configure` once, where it begins. Libraries' own logging goes the same way."""

import atexit
import logging
import os
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from logs.delivery import Delivery
from logs.redaction import Redaction, secret_variables
from logs.rendering import rendered

VARIABLE = "GOALWRIGHT_LOG"
"""The environment variable that names the level: debug, info, warning (the default), error."""

_redaction = Redaction()  # of this process, as is standard error
_delivery: Delivery | None = None


def level_of(name: str | None) -> int:
    """Give the level of a name, warning where it names none."""
    return logging.getLevelNamesMapping().get((name or "").upper(), logging.WARNING)


def configure(*, level: int | None = None, stream: TextIO | None = None, secrets: Iterable[str] = ()) -> None:
    """Send every event of structlog and of `logging` to `stream` (standard error), rendered in a thread of its own.

    `level` is by default the one that `GOALWRIGHT_LOG` names. Keys and tokens of the environment, and `secrets`, are hidden.
    """
    global _delivery  # noqa: PLW0603 - a process has one log
    level = level_of(os.environ.get(VARIABLE)) if level is None else level
    flush()
    delivery = _delivery = Delivery(stream or sys.stderr, lambda event: rendered(event, _redaction))
    protect([*secret_variables(os.environ.items()), *secrets])
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _stamped, _Sent(delivery)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,  # loggers are made at import, before this
    )
    root = logging.getLogger()
    root.handlers[:] = [_Routed(delivery)]
    root.setLevel(max(level, logging.INFO))  # what libraries say for debugging may hold anything
    logging.captureWarnings(capture=True)
    sys.excepthook = _unhandled
    threading.excepthook = _unhandled_in_thread


def protect(values: Iterable[str]) -> None:
    """Hide these values in every line that this process logs from now on."""
    _redaction.protect(values)


def redacted(text: str) -> str:
    """Give the text without what this process knows, or takes, for a secret."""
    return _redaction.redacted(text)


def flush() -> None:
    """Wait, a few seconds at most, until what was logged is written."""
    if _delivery is not None:
        _delivery.flush()


class _Sent:
    """The last processor: hands the event over and keeps structlog from writing anything itself."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def __call__(self, _logger: Any, _method: str, event: structlog.typing.EventDict) -> str:
        event["exc_info"] = _exc_info(event.get("exc_info"))
        self._delivery.send(dict(event))
        raise structlog.DropEvent


class _Routed(logging.Handler):
    """Sends records of `logging` the same way. Their message is made in the thread that writes."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__()
        self._delivery = delivery

    def emit(self, record: logging.LogRecord) -> None:
        self._delivery.send(
            {
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "event": _message(record),
                "logger": record.name,
                "exc_info": record.exc_info,
            }
        )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a library's own mistake in a message is no fault of what it logs
        return str(record.msg)


def _stamped(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), **event}


def _exc_info(given: Any) -> Any:
    if isinstance(given, BaseException):
        return (type(given), given, given.__traceback__)
    if isinstance(given, tuple):
        return given
    return sys.exc_info() if given else None


def _unhandled(kind: type[BaseException], fault: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("process_failed", exc_info=(kind, fault, trace))
    flush()


def _unhandled_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        trace = (args.exc_type, args.exc_value, args.exc_traceback)
        structlog.get_logger().critical("thread_failed", thread=getattr(args.thread, "name", ""), exc_info=trace)


atexit.register(flush)
