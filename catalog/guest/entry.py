"""The component's export: one call in, one answer out, and nothing escapes."""

import builtins
import inspect
import sys
import time
from importlib.machinery import PathFinder
from typing import NoReturn

import handler
import wit_world
from goalwright import HandlerError, log
from goalwright.texts import TooDeepError, parsed, written

# The guest's stack is one WebAssembly stack: an overflow of it ends the instance, an error from Python is an answer.
RECURSION = 400

# An instance serves one call, so nothing needs to be freed, and freeing what is nested deeply can overflow the stack:
# what failed keeps its data alive through its traceback.
_KEPT: list[BaseException] = []
_WANTS_CALL = len(inspect.signature(handler.run).parameters) > 2  # noqa: PLR2004 - config, input and the call itself


class WitWorld(wit_world.WitWorld):
    """Implements the world that the build wrote."""

    def run(self, call: str) -> str:
        """Answer `{"ok": output}` or `{"error": {type, message, retryable, retry_after_s}}`."""
        try:
            sys.setrecursionlimit(RECURSION)
            sys.meta_path[:] = _FINDERS
            return written({"ok": _run(parsed(call))})
        except BaseException as error:  # noqa: BLE001 - what escapes an export aborts the guest and says nothing
            _KEPT.append(error)
            return written({"error": _told(error).to_json()})


def _run(call: dict) -> object:
    arguments = (call["config"], call["input"])
    return handler.run(*arguments, call["call"]) if _WANTS_CALL else handler.run(*arguments)


def _told(error: BaseException) -> HandlerError:
    if isinstance(error, HandlerError):
        return error
    if isinstance(error, (RecursionError, TooDeepError)):
        return HandlerError("handler_error", "the data or the computation is nested too deeply")
    if isinstance(error, MemoryError):
        return HandlerError("limit_memory", "the call needs more memory than it may use")
    return HandlerError("handler_error", f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


class _Lines:
    """Stands for stdout and stderr, which a stubbed WASI would trap on: each line goes to the log."""

    def __init__(self, level: str) -> None:
        self.level = level

    def write(self, text: str) -> int:
        if text.strip():
            log(text, level=self.level)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class _Loaded:
    """Ends the search for a module: what was not imported at build time has no file to come from."""

    def find_spec(self, name: str, *_: object) -> NoReturn:
        message = f"{name} was not loaded when the component was built: import it at the top of the handler"
        raise ModuleNotFoundError(message, name=name)


def _without(what: str) -> object:
    def missing(*_: object, **__: object) -> NoReturn:
        message = f"a handler has no {what}"
        raise RuntimeError(message)

    return missing


# What follows would end the guest without an answer under a stubbed WASI; an exception says what to do instead.
_FINDERS = [*(finder for finder in sys.meta_path if finder is not PathFinder), _Loaded()]
builtins.open = _without("files")
for _name in (
    "time",
    "time_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "sleep",
    "localtime",
    "gmtime",
):
    setattr(time, _name, _without("clock"))
sys.stdout, sys.stderr = _Lines("info"), _Lines("warning")
