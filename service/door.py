"""The door: every submission, whether by HTTP or CLI, is parsed, checked and turned into a command here."""

import hashlib
import secrets
from dataclasses import dataclass

from catalog.hosts import hosts_in
from catalog.registry import Catalog
from catalog.values import Json, JsonObject
from engine.commands import Command, Submit
from engine.ports import Store
from engine.runner import Runner
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.mending import check_reading
from fragments.problems import Problem
from fragments.proofs import Report
from fragments.published import published_schema
from fragments.reading import read_document, read_template
from planner.library import Library, NoFit, choose
from planner.planner import SET_A_MODEL
from service.goals import Admission, Goal, House, admit, planning_frame, template_of


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

    def schema(self) -> dict[str, Json]:
        """Give the JSON Schema of the language."""
        return published_schema()

    def check(self, document: str | JsonObject | None, *, given: JsonObject | None = None) -> Report:
        """Check a template or fragment, as text or parsed, against the catalog and what the operator allows."""
        read = read_document(document if document is not None else "")
        if isinstance(read.document, Template) and given is not None:
            return admit(read.document, given, catalog=self.catalog, house=self.house).report
        return check_reading(read, self.catalog, self._frame(read.document or read.rest, given))

    def admit_goal(self, goal: Goal) -> Admission:
        """Check a goal: its one-step template, and that somebody is there who can plan it."""
        admission = admit(template_of(goal), goal.inputs, catalog=self.catalog, house=self.house, goal=goal)
        nobody = () if self.asks_a_model or goal.model else self._without_a_model(goal)
        if not nobody:
            return admission
        return Admission(report=Report(problems=(*admission.report.problems, *nobody)), submit=None)

    async def submit_goal(self, goal: Goal, *, key: str | None = None) -> Submitted:
        """Begin a task for a goal."""
        return await self._submit(self.admit_goal(goal), key)

    async def submit_template(
        self, *, document: str | JsonObject | None, name: str | None, given: JsonObject, key: str | None = None
    ) -> Submitted:
        """Begin a task for a template: as text, parsed, or by its name in the library."""
        if name is not None:
            template = next((t for t in self.library.templates if t.name == name), None)
            if template is None:
                return Submitted(task=None, problems=(_no_such_template(name, self.library),))
            return await self._submit(admit(template, given, catalog=self.catalog, house=self.house), key)
        read = read_template(document if document is not None else "")
        if read.document is None:
            return Submitted(task=None, problems=read.problems)
        return await self._submit(admit(read.document, given, catalog=self.catalog, house=self.house), key)

    async def cancel(self, task: str, reason: str) -> None:
        """Ask for a task to be ended."""
        assert self.runner is not None, "this door only checks"
        await self.runner.cancel(task, reason, self.actor)

    async def _submit(self, admission: Admission, key: str | None) -> Submitted:
        if admission.submit is None:
            return Submitted(task=None, problems=admission.report.problems)
        task = secrets.token_hex(8) if key is None else hashlib.sha256(key.encode()).hexdigest()[:16]
        if key is not None and (clash := await self._clash(task, admission.submit)):
            return clash
        assert self.runner is not None, "this door only checks"
        await self.runner.submit(Command(id=f"submit-{task}", task=task, actor=self.actor, order=admission.submit))
        return Submitted(task=task, problems=admission.report.problems)

    async def _clash(self, task: str, submit: Submit) -> Submitted | None:
        assert self.store is not None, "this door only checks"
        row = await self.store.task(task)
        if row is None:
            return None
        if (row.goal, row.name, dict(row.input)) == (submit.goal, submit.template.name, dict(submit.input)):
            return Submitted(task=task, problems=())
        says = "This Idempotency-Key was used for another submission."
        return Submitted(task=None, problems=(Problem(code="request.key_reused", where="", says=says, hint="Use a new key."),))

    def _frame(self, document: Template | Fragment | None, given: JsonObject | None) -> Frame:
        bounds = document.bounds if isinstance(document, Template) else None
        schema = document.input_schema if isinstance(document, Template) else {"type": "object"}
        return Frame(
            input_schema=schema,
            input=given,
            left=self.house.left.narrowed(bounds),
            hosts=hosts_in(given or {}),
            channels=self.house.channels,
            operator_hosts=self.house.hosts,
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


def _no_such_template(name: str, library: Library) -> Problem:
    hint = f"There are: {', '.join(template.name for template in library.templates)}."
    return Problem(code="template.unknown", where="/name", says=f"There is no template {name!r} in the library.", hint=hint)
