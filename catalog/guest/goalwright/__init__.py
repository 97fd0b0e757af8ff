"""What a handler's author sees: `HandlerError`, `Wait`, `host.http`, `host.notify`, `log`.

A handler is a module `handler` with `def run(config, input) -> output`, or with `call` as a third parameter:
`{"idempotency_key": str, "attempt": int, "signals": [...]}`. Whatever it imports is imported once, when the component is
built; at run time there are no files, clock, randomness, environment or sockets. `print` writes to the log.
"""

from goalwright import host
from goalwright.errors import HandlerError
from goalwright.host import log
from goalwright.signals import Wait

__all__ = ["HandlerError", "Wait", "host", "log"]
