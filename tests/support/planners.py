"""A planner that gives the answers that a test wrote."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from fragments.documents import Fragment
from fragments.planning import Declined, Offered, PlanReply, PlanRequest, Provenance, Rejected, Unplanned
from fragments.problems import Problem
from fragments.proofs import Bound, Manifest, Report


class ScriptedPlanner:
    """Answers requests with a list of replies, one after another; keeps every request."""

    def __init__(self, replies: Iterable[PlanReply] = ()) -> None:
        self.requests: list[PlanRequest] = []
        self._replies = deque(replies)

    async def plan(self, request: PlanRequest) -> PlanReply:
        self.requests.append(request)
        if not self._replies:
            return Unplanned(type="no_planner", message="the script has no more answers")
        return self._replies.popleft()


def asked(answer: str = "", cost_usd: float = 0.0) -> Provenance:
    """Say that a model answered."""
    return Provenance(source="model", model="scripted", answer=answer, cost_usd=cost_usd)


def offered(
    fragment: dict[str, Any], *, cost_usd: float = 0.0, hosts: tuple[str, ...] = (), channels: tuple[str, ...] = ()
) -> Offered:
    """Offer a fragment with the proof that it passed."""
    steps = len(fragment["steps"])
    report = Report(
        problems=(),
        bound=Bound(steps=steps, handler_calls=steps, model_calls=0, cost_usd=0.0, depth=0, wall_clock_s=0.0),
        authority=Manifest(hosts=hosts, channels=channels),
        digest="0" * 64,
    )
    return Offered(fragment=Fragment.model_validate(fragment), report=report, provenance=asked(cost_usd=cost_usd))


def rejected(*says: str, answer: str = "{}", cost_usd: float = 0.0) -> Rejected:
    """Refuse an answer for the problems named."""
    problems = tuple(Problem(code="wrong", where="/steps", says=each) for each in says)
    return Rejected(problems=problems, provenance=asked(answer, cost_usd))


def declined(reason: str) -> Declined:
    """Decline the goal."""
    return Declined(reason=reason, provenance=asked(reason))
