"""Waiting for somebody: a handler whose effect is `wait` answers `Wait` in place of an output."""


class Wait:
    """Ends this run until a signal comes; then the handler is run again, with all of them under `call["signals"]`.

    Each is `{signal, sender, groups, body, at, timed_out}`, oldest first; one with `timed_out` says that nobody answered for
    `timeout_s`. `asks` tells people what is waited for; with `groups` in it only their members may answer, and with `answer` a
    JSON Schema that their answers must fit.
    """

    def __init__(self, signal: str, *, asks: dict | None = None, timeout_s: float | None = None) -> None:
        """Keep what is waited for."""
        self.signal, self.asks, self.timeout_s = signal, asks or {}, timeout_s

    def to_json(self) -> dict:
        """Write it as the host reads it."""
        return {"signal": self.signal, "asks": self.asks, "timeout_s": self.timeout_s}
