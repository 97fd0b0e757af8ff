"""A world without a runner: holds one task's log, and answers effects one by one as a test says."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from catalog.calls import Failed, Ok, Waits
from engine import commands, facts
from engine.chain import Tip, seal
from engine.codec import decode
from engine.decide import decide
from engine.effects import Effect, ExpireAt, Plan, RunHandler, WakeAt
from engine.evolve import replay
from engine.facts import Body, Fact
from engine.owed import effects, effects_of, is_owed
from engine.rules import Rules
from engine.state import TaskState
from engine.views import Change, changes
from fragments.documents import Template
from fragments.planning import PlanReply
from schemas.values import Json
from tests.support.clocks import NOON
from tests.support.templates import RULES, submission


class World:
    """One task: its state, its log, what it is owed, and the time."""

    def __init__(self, rules: Rules = RULES, *, now: datetime = NOON, chance: float = 0.5, task: str = "t1") -> None:
        self.rules, self.now, self.chance, self.task = rules, now, chance, task
        self.state = TaskState(task=task)
        self.log: list[Fact] = []
        self.owed: list[Effect] = []
        self.commits: list[int] = []  # lengths of the log at which a crash can find it
        self.appends: list[tuple[list[Fact], list[Change]]] = []
        self.past: list[Effect] = []  # everything that was ever owed
        self._tip = Tip()

    def submit(self, made: Template, **more: Any) -> list[Body]:
        """Begin the task."""
        return self.command(submission(made, catalog=self.rules.catalog, **more).order)

    def command(self, order: commands.Order, actor: str = "tester") -> list[Body]:
        """Decide one command; keep its facts and what became owed."""
        command = commands.Command(id="c", task=self.task, actor=actor, order=order)
        decision = decide(self.state, command, rules=self.rules, now=self.now, chance=self.chance)
        sealed, self._tip = seal(self.task, self._tip, decision.bodies, actor="tester", at=self.now)
        self.log += sealed
        self.commits.append(len(self.log))
        before, self.state = self.state, decision.state
        if sealed:
            self.appends.append((sealed, changes(before, self.state, sealed)))
        self.owed = [e for e in self.owed if is_owed(self.state, e)]
        new = effects_of(before, self.state, decision.bodies, self.rules)
        self.owed += new
        self.past += new
        return list(decision.bodies)

    def ok(self, step: str, output: Json = None, **more: Any) -> list[Body]:
        """Let the attempt under way end well."""
        return self._report(step, Ok(output=output, **more))

    def failed(self, step: str, type_: str = "boom", **more: Any) -> list[Body]:
        """Let the attempt under way fail."""
        return self._report(step, Failed(type=type_, message=f"{type_} happened", **more))

    def waits(self, step: str, signal: str = "approval", **more: Any) -> list[Body]:
        """Let the attempt under way wait for a signal."""
        return self._report(step, Waits(signal=signal, **more))

    def signal(
        self,
        step: str,
        signal: str = "approval",
        groups: tuple[str, ...] = (),
        *,
        sender: str = "tester",
        key: str = "",
        **body: Json,
    ) -> list[Body]:
        """Answer what a step waits for."""
        order = commands.Signal(step=step, signal=signal, body=body, groups=groups, id=key)
        return self.command(order, sender)

    def reply(self, step: str, reply: PlanReply) -> list[Body]:
        """Let the planner answer the question under way."""
        plan = self.plan(step)
        about = plan.request
        order = commands.ReportPlan(step=step, phase=about.phase, turn=about.turn, attempt=plan.attempt, reply=reply)
        return self.command(order)

    def wake(self, step: str) -> list[Body]:
        """Let the time pass that a step waits for."""
        (wait,) = [e for e in self.owed if isinstance(e, WakeAt) and e.step == step]
        self.now = max(self.now, wait.due)
        return self.command(commands.Wake(step=step, attempt=wait.attempt))

    def expire(self, step: str = "") -> list[Body]:
        """Let a wall clock run out."""
        (wait,) = [e for e in self.owed if isinstance(e, ExpireAt) and e.step == step]
        self.now = max(self.now, wait.due)
        return self.command(commands.Expire(step=step))

    def crash(self, *, after: int | None = None) -> list[Body]:
        """Forget everything but the log, or its first facts, and take the task up again."""
        self.log = [replace(f, body=decode(f.kind, f.text)) for f in self.log[:after]]
        self.state = replay(self.task, self.log)
        last = self.log[-1] if self.log else None
        self._tip = Tip(seq=last.seq, hash=last.hash) if last else Tip()
        self.owed = []
        bodies = self.command(commands.Recover())
        self.owed = effects(self.state, self.rules)
        return bodies

    def call(self, step: str) -> RunHandler:
        """Give the attempt of a step that is owed."""
        (found,) = [e for e in self.owed if isinstance(e, RunHandler) and e.step == step]
        return found

    def plan(self, step: str) -> Plan:
        """Give the question of a step that is owed."""
        (found,) = [e for e in self.owed if isinstance(e, Plan) and e.step == step]
        return found

    @property
    def running(self) -> list[str]:
        """Name the steps whose attempt is owed."""
        return [e.step for e in self.owed if isinstance(e, RunHandler)]

    def pass_time(self, by: timedelta) -> None:
        """Move the clock."""
        self.now += by

    def _report(self, step: str, outcome: Ok | Failed | Waits) -> list[Body]:
        effect = self.call(step)
        return self.command(commands.ReportStep(step=step, attempt=effect.attempt, outcome=outcome))


def kinds(bodies: list[facts.Body]) -> list[str]:
    """Name facts by kind and step: `StepReady a`."""
    return [f"{type(b).__name__} {getattr(b, 'step', getattr(b, 'scope', ''))}".strip() for b in bodies]
