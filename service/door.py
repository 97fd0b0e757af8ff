"""The door: every submission, whether by HTTP or CLI, is parsed, checked and turned into a command here."""

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from catalog.hosts import hosts_by_key
from catalog.registry import Catalog
from engine.commands import Command, Signal, Submit
from engine.constructs import RUNS
from engine.decisions.endings import content, content_of
from engine.facts import TaskSubmitted
from engine.ports import Store
from engine.runner import Runner
from fragments.checks.engines import not_run
from fragments.checks.view import View
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.mending import Mended, check_and_mend, check_reading
from fragments.near import hint
from fragments.positions import located
from fragments.problems import Problem, Severity
from fragments.proofs import Report
from fragments.published import published_schema
from fragments.reading import Reading, read_document, read_template
from planner.library import Library, NoFit, choose
from planner.planner import SET_A_MODEL
from schemas.values import Json, JsonObject
from service.desk import Desk
from service.drawing.picture import Picture, picture
from service.goals import Admission, Goal, House, admit, planning_frame, template_of

KEY_REUSED = Problem(
    code="request.key_reused",
    where="",
    says="This Idempotency-Key was used for another submission.",
    hint="Use a new key.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of a submission: the task that it began, or the problems for which it was refused."""

    task: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Takes submissions. Without a `runner` it only checks."""

    catalog: Catalog
    library: Library
    house: House
    store: Store | None = None
    runner: Runner | None = None
    asks_a_model: bool = False
    actor: str = "user"
    desk: Desk = field(default_factory=Desk, repr=False, compare=False)

    def schema(self, *, plain: bool = False) -> dict[str, Json]:
        """Give the JSON Schema of documents with the handlers and channels that there are, or of the language alone."""
        return published_schema() if plain else published_schema(self.catalog, self.house.channels)

    def check(self, document: str | JsonObject | None, *, given: JsonObject | None = None) -> Report:
        """Check a template or fragment, as text or parsed, against the catalog and what the operator allows."""
        return self._checked(read_document(document if document is not None else ""), given)

    def draw(self, document: str) -> tuple[Picture | None, Report]:
        """Check a document and lay it out for drawing; None where too little of it can be read."""
        read = read_document(document)
        report = self._checked(read, None)
        legible = read.document or read.rest
        if legible is None:
            return None, report
        return picture(View(legible, self.catalog, self._frame(legible, None)), report), report

    def mend(self, document: str) -> Mended:
        """Check a document and apply the patches that its problems carry; problems that are left have no patch that is safe."""
        read = read_document(document)
        frame = self._frame(read.document or read.rest, None)
        mended = check_and_mend(read, read_document, self.catalog, frame)
        if mended.applied:
            return mended
        return replace(mended, report=replace(mended.report, problems=located(mended.report.problems, read.positions)))

    def admit_goal(self, goal: Goal) -> Admission:
        """Check a goal: its one-step template, and that somebody is there who can plan it."""
        admission = admit(template_of(goal), goal.inputs, catalog=self.catalog, house=self.house, goal=goal)
        nobody = () if self.asks_a_model or goal.model else self._without_a_model(goal)
        if not nobody:
            return admission
        return Admission(report=Report(problems=(*admission.report.problems, *nobody)), submit=None)

    async def submit_goal(self, goal: Goal, *, key: str | None = None) -> Submitted:
        """Begin a task for a goal."""
        return await self._submit(await self.desk.do(partial(self.admit_goal, goal)), key)

    async def submit_template(
        self, *, document: str | JsonObject | None, name: str | None, given: JsonObject, key: str | None = None
    ) -> Submitted:
        """Begin a task for a template: as text, parsed, or by its name in the library."""
        if name is not None:
            template = next((t for t in self.library.templates if t.name == name), None)
            if template is None:
                return Submitted(task=None, problems=(_no_such_template(name, self.library),))
            return await self._submit(await self._admitted(template, given), key)
        read = await self.desk.do(partial(read_template, document if document is not None else ""))
        if read.document is None:
            return Submitted(task=None, problems=_placed(read.problems, read))
        submitted = await self._submit(await self._admitted(read.document, given), key)
        return replace(submitted, problems=await self.desk.do(partial(_placed, submitted.problems, read)))

    async def cancel(self, task: str, reason: str) -> None:
        """Ask for a task to be ended."""
        assert self.runner is not None, "this door only checks"
        await self.runner.cancel(task, reason, self.actor)

    async def signal(
        self, task: str, step: str, signal: str, body: JsonObject, *, sender: str, groups: tuple[str, ...], key: str = ""
    ) -> bool:
        """Answer what a step waits for; False where it does not wait, or the sender has answered before."""
        assert self.runner is not None, "this door only checks"
        order = Signal(step=step, signal=signal, body=body, groups=groups, id=key)
        receipt = await self.runner.submit(Command(id="", task=task, actor=sender, order=order))
        return receipt.applied

    def _checked(self, read: Reading[Template | Fragment], given: JsonObject | None) -> Report:
        legible = read.document or read.rest
        if isinstance(read.document, Template) and given is not None:
            report = admit(read.document, given, catalog=self.catalog, house=self.house, runs=None).report
        else:
            report = check_reading(read, self.catalog, self._frame(legible, given))
        later = not_run(legible, RUNS, Severity.WARNING) if legible is not None else ()
        return replace(report, problems=_placed((*report.problems, *later), read))

    async def _admitted(self, template: Template, given: JsonObject) -> Admission:
        return await self.desk.do(partial(admit, template, given, catalog=self.catalog, house=self.house))

    async def _submit(self, admission: Admission, key: str | None) -> Submitted:
        if admission.submit is None:
            return Submitted(task=None, problems=admission.report.problems)
        task = secrets.token_hex(8) if key is None else hashlib.sha256(key.encode()).hexdigest()[:16]
        assert self.runner is not None, "this door only checks"
        command = Command(id=f"submit-{task}", task=task, actor=self.actor, order=admission.submit)
        receipt = await self.runner.submit(command)
        if not receipt.applied and not await self._is_of(task, admission.submit):
            return Submitted(task=None, problems=(KEY_REUSED,))
        return Submitted(task=task, problems=admission.report.problems)

    async def _is_of(self, task: str, submit: Submit) -> bool:
        """Say whether the task that is there began with this very content, as its first fact tells."""
        assert self.store is not None, "this door only checks"
        first = await self.store.facts(task, limit=1)
        begun = first[0].body if first else None
        return isinstance(begun, TaskSubmitted) and content(begun) == content_of(submit)

    def _frame(self, document: Template | Fragment | None, given: JsonObject | None) -> Frame:
        bounds = document.bounds if isinstance(document, Template) else None
        schema = document.input_schema if isinstance(document, Template) else {"type": "object"}
        return replace(
            self.house.frame,
            input_schema=schema,
            input=given,
            left=self.house.left.narrowed(bounds),
            input_hosts=hosts_by_key(given or {}),
        )

    def _without_a_model(self, goal: Goal) -> tuple[Problem, ...]:
        frame = planning_frame(goal, self.house)
        choice = choose(self.library, goal.goal, goal.inputs, frame, self.catalog)
        if not isinstance(choice, NoFit):
            return ()
        return (
            Problem(
                code="planner.no_model",
                where="/goal",
                says="No model is configured and no template fits this goal.",
                hint=f"{SET_A_MODEL} {choice.reason}",
            ),
        )


def _placed(problems: tuple[Problem, ...], read: Reading[Any]) -> tuple[Problem, ...]:
    """Say where in the text problems stand. What is wrong with a task's input stands in no text."""
    return tuple(problem if problem.code == "input.invalid" else located([problem], read.positions)[0] for problem in problems)


def _no_such_template(name: str, library: Library) -> Problem:
    names = [template.name for template in library.templates]
    advice = hint(name, names, otherwise="The library has no templates.")
    return Problem(code="template.unknown", where="/name", says=f"There is no template {name!r} in the library.", hint=advice)
