"""Conditions in CEL, evaluated by the host: they mean what `when` means. Needs `conditions` under `imports`."""

from goalwright import host
from goalwright.errors import HandlerError


class ConditionError(HandlerError):
    """A condition that is none (`condition_invalid`) or comes to no answer (`condition_failed`); `at` is its index."""

    def __init__(self, type: str, message: str, at: int) -> None:  # noqa: A002 - the word of the contract
        """Keep which condition it is."""
        super().__init__(type, message)
        self.at = at


def held(conditions: list[str], roots: dict, *, most: int) -> list[int]:
    """Give the indexes of the first `most` conditions that are true of `roots`, values by the names that conditions begin with.

    Raises `ConditionError` for the first that is no condition, or that fails before that many have held.
    """
    answer = host.which(conditions, roots, most)
    failed = answer.get("failed")
    if failed is not None:
        raise ConditionError(failed["type"], failed["message"], failed["at"])
    return answer["held"]
