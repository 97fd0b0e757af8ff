"""The one error that a handler raises on purpose."""


class HandlerError(Exception):
    """Says that a call failed, in a way that the capability lists under `errors`."""

    def __init__(self, type: str, message: str, *, retryable: bool = False, retry_after_s: float | None = None) -> None:  # noqa: A002 - the word of the contract
        """Fail with `type`; `retryable` invites another attempt, not before `retry_after_s` seconds have passed."""
        super().__init__(message)
        self.type = type
        self.message = message
        self.retryable = retryable
        self.retry_after_s = retry_after_s

    def to_json(self) -> dict:
        """Write the error as it crosses to the host."""
        return {
            "type": self.type,
            "message": one_line(self.message),
            "retryable": self.retryable,
            "retry_after_s": self.retry_after_s,
        }


def one_line(text: object, *, limit: int = 600) -> str:
    """Put `text` on one line of at most `limit` characters, without control characters and halves of characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
