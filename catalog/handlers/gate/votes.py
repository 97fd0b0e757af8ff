"""Who said what: the latest answer of each person who may answer."""

EVERY_GROUP = "*"
"""The group of a sender who may answer for all, such as the operator."""


class Votes:
    """The answers among some signals that count for `groups`."""

    def __init__(self, signals: list[dict], groups: list[str]) -> None:
        """Keep the latest answer of each sender who belongs to one of the groups."""
        self._groups = groups
        self._latest: dict[str, dict] = {}
        for signal in signals:
            decision = signal["body"].get("decision")
            if not signal["timed_out"] and decision in ("approve", "reject") and self._belonging(signal):
                self._latest[signal["sender"]] = signal

    @property
    def approvals(self) -> list[dict]:
        """List who approves."""
        return [_shown(signal) for signal in self._of("approve")]

    @property
    def rejections(self) -> list[dict]:
        """List who rejects."""
        return [_shown(signal) for signal in self._of("reject")]

    def approved(self, required: int, *, each: bool) -> bool:
        """Say whether enough approve: of all together, or of each group."""
        approving = self._of("approve")
        if not each:
            return len(approving) >= required
        counts = [sum(group in self._belonging(signal) for signal in approving) for group in self._groups]
        return all(count >= required for count in counts)

    def rejected(self, required: int) -> bool:
        """Say whether enough reject."""
        return len(self._of("reject")) >= required

    def _of(self, decision: str) -> list[dict]:
        return [signal for signal in self._latest.values() if signal["body"]["decision"] == decision]

    def _belonging(self, signal: dict) -> list[str]:
        if EVERY_GROUP in signal["groups"]:
            return self._groups
        return [group for group in self._groups if group in signal["groups"]]


def _shown(signal: dict) -> dict:
    return {"sender": signal["sender"], "at": signal["at"], "comment": signal["body"].get("comment", "")}
