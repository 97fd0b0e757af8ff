"""The component's export: one call in, one answer out, and nothing escapes."""  # noqa: INP001 - a folder on the guest's path

import inspect
import json
import sys

import handler
import wit_world
from goalwright import HandlerError, log
from goalwright.errors import one_line
from goalwright.texts import written

# The guest's stack is one WebAssembly stack: an overflow of it ends the instance, an error from Python is an answer.
RECURSION = 400

_WANTS_CALL = len(inspect.signature(handler.run).parameters) > 2  # noqa: PLR2004 - config, input and the call itself


class WitWorld(wit_world.WitWorld):
    """Implements the world that the build wrote."""

    def run(self, call: str) -> str:
        """Answer `{"ok": output}` or `{"error": {type, message, retryable, retry_after_s}}`."""
        try:
            sys.setrecursionlimit(RECURSION)
            return written({"ok": _run(json.loads(call))})
        except HandlerError as error:
            return written({"error": error.to_json()})
        except RecursionError:
            return _failed("the data or the computation is nested too deeply")
        except MemoryError:
            return _failed("the call needs more memory than it may use")
        except BaseException as error:  # noqa: BLE001 - what escapes an export aborts the guest and says nothing
            return _failed(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _run(call: dict) -> object:
    arguments = (call["config"], call["input"])
    return handler.run(*arguments, call["call"]) if _WANTS_CALL else handler.run(*arguments)


def _failed(message: str) -> str:
    return written({"error": HandlerError("handler_error", one_line(message)).to_json()})


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


sys.stdout, sys.stderr = _Lines("info"), _Lines("warning")
