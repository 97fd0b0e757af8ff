"""The component's export: one call in, one answer out, and nothing escapes."""

import builtins
import gc
import inspect
import io
import os
import random
import sys
import time
from importlib.machinery import PathFinder
from typing import NoReturn

import wit_world
from goalwright import HandlerError, Wait, host, log, understudies
from goalwright.rehearsal import CALLS
from goalwright.texts import TooDeepError, parsed, written

_INTERFACES = understudies.put_in(host)  # what the handler asks while it is imported, too, is asked of these

import handler  # noqa: E402 - see above

# The guest's stack is one WebAssembly stack: an overflow of it ends the instance, an error from Python is an answer.
RECURSION = 400
REHEARSALS = 3  # of every example; more than that gains nothing

# An instance serves one call, so nothing needs to be freed, and freeing what is nested deeply can overflow the stack:
# what failed keeps its data alive through its traceback.
_KEPT: list[BaseException] = []
_WANTS_CALL = len(inspect.signature(handler.run).parameters) > 2  # noqa: PLR2004 - config, input and the call itself


class WitWorld(wit_world.WitWorld):
    """Implements the world that the build wrote."""

    def run(self, call: str) -> str:
        """Answer `{"ok": output}`, `{"wait": {signal, ...}}` or `{"error": {type, message, retryable, retry_after_s}}`."""
        try:
            sys.setrecursionlimit(RECURSION)
            sys.meta_path[:] = _FINDERS
            answer = _run(parsed(call))
            return written({"wait": answer.to_json()} if isinstance(answer, Wait) else {"ok": answer})
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
        return HandlerError("limit_stack", "the data or the computation is nested too deeply")
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


def _rehearse() -> None:
    """Run the capability's examples, so that the snapshot holds code that has found its pace.

    A first call writes all over the heap: caches fill, the interpreter adapts its code. A later one writes half as many pages,
    and every page that a call writes has to be copied. Nothing that happens here can fail the build.
    """
    finders, limit = list(sys.meta_path), sys.getrecursionlimit()
    guest = WitWorld()
    for _ in range(REHEARSALS):
        for call in CALLS:
            guest.run(call)
    vars(host).update(_INTERFACES)
    sys.meta_path[:] = finders
    sys.setrecursionlimit(limit)
    _KEPT.clear()
    gc.collect()
    gc.freeze()


# What follows would end the guest without an answer under a stubbed WASI, or answer the same each time and call it random; an
# exception says what to do instead.
_FINDERS = [*(finder for finder in sys.meta_path if finder is not PathFinder), _Loaded()]
_MISSING = {
    "files": ((builtins, "open"), (io, "open"), (os, "open listdir scandir stat lstat mkdir remove rename")),
    "clock": ((time, "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns sleep localtime gmtime"),),
    "randomness": ((os, "urandom"), (random, "random randint randrange choice choices shuffle sample uniform getrandbits")),
    "process": ((os, "_exit abort"),),
}
for _what, _places in _MISSING.items():
    for _module, _names in _places:
        for _name in _names.split():
            setattr(_module, _name, _without(_what))
sys.stdout, sys.stderr = _Lines("info"), _Lines("warning")
_rehearse()
