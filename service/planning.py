"""Planning without running: the turns of one plan, as `goalwright plan` asks for them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fragments.planning import Declined, Offered, PlanReply, PlanRequest, Provenance, Rejected, Turn, Unplanned
from fragments.problems import Problem
from schemas.values import Json, JsonObject
from service.composition import Vocabulary, planner_of
from service.goals import Goal, planning_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What planning came to: a fragment with its proof, or why there is none."""

    fragment: JsonObject | None
    report: JsonObject | None
    problems: tuple[Problem, ...]
    says: str
    provenance: tuple[Provenance, ...] = ()
    refused_input: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Say in a line each where the answers came from."""
        return tuple(f"turn {turn}: {_whence(p)}" for turn, p in enumerate(self.provenance, start=1))

    def to_json(self) -> dict[str, Json]:
        """Write it as `plan --format json` does."""
        return {
            "ok": self.fragment is not None,
            "fragment": self.fragment,
            "report": self.report,
            "problems": [problem.to_json() for problem in self.problems],
            "says": self.says,
            "provenance": [p.to_json() for p in self.provenance],
        }


async def planned(known: Vocabulary, goal: Goal) -> Planned:
    """Ask for a plan until it passes, or the turns, model calls or money are used up."""
    admission = known.door.admit_goal(goal)
    if admission.submit is None:
        problems = admission.report.problems
        return Planned(fragment=None, report=None, problems=problems, says="The goal was refused.", refused_input=True)
    settings = known.settings
    left = admission.submit.left
    request = PlanRequest(
        task="plan",
        step="plan",
        phase=1,
        turn=1,
        goal=goal.goal,
        frame=replace(planning_frame(goal, known.house), left=left),
        input=goal.inputs,
        allowance_usd=min(left.cost_usd, settings.plan_call_usd),
        model=goal.model,
        today=settings.planning_date or datetime.now(UTC).date(),
    )
    return await _turns(known, request, settings.plan_turns)


async def _turns(known: Vocabulary, request: PlanRequest, turns: int) -> Planned:
    planner = planner_of(known)
    history: list[Provenance] = []
    left = request.frame.left
    while True:
        reply = await planner.plan(request)
        history.append(reply.provenance)
        left = replace(left, model_calls=left.model_calls - 1, cost_usd=left.cost_usd - reply.provenance.cost_usd)
        may_ask_again = request.turn < turns and left.model_calls > 0 and left.cost_usd > 0
        if not isinstance(reply, Rejected) or not may_ask_again:
            return _result(reply, tuple(history))
        request = replace(
            request,
            turn=request.turn + 1,
            frame=replace(request.frame, left=left),
            allowance_usd=min(left.cost_usd, request.allowance_usd),
            transcript=(*request.transcript, Turn(answer=reply.provenance.answer, problems=reply.problems)),
        )


def _whence(provenance: Provenance) -> str:
    if not provenance.prompt_digest:
        return f"from {provenance.source}"
    prompt = f"prompt {provenance.prompt_version} {provenance.prompt_digest[:12]}"
    return f"from {provenance.source}, {provenance.model}, {prompt}, ${provenance.cost_usd:.4f}"


def _result(reply: PlanReply, history: tuple[Provenance, ...]) -> Planned:
    match reply:
        case Offered():
            return Planned(
                fragment=reply.fragment.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                report=reply.report.to_json(),
                problems=reply.report.problems,
                says="The plan passed every check.",
                provenance=history,
            )
        case Rejected():
            says = f"No answer passed the checks in {len(history)} turns."
            return Planned(fragment=None, report=None, problems=reply.problems, says=says, provenance=history)
        case Declined():
            return Planned(
                fragment=None, report=None, problems=(), says=f"The planner declines: {reply.reason}", provenance=history
            )
        case Unplanned():
            return Planned(fragment=None, report=None, problems=(), says=reply.message, provenance=history)
