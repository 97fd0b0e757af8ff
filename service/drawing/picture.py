"""What a drawing shows, whatever it is drawn with: boxes in groups, arrows between them, problems in their boxes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fragments.checks.layout import Node, Scope
from fragments.checks.view import View
from fragments.documents import Branch, ForEach, Step, StepType, Template
from fragments.problems import Problem
from fragments.proofs import Report

_LONGEST = 60


class Wait(StrEnum):
    """Why a step waits for another."""

    DECLARED = "declared"  # depends_on says so
    IMPLIED = "implied"  # it reads the other's output


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From a step to one that waits for it; both named by their boxes' keys. What is declared and implied is declared."""

    before: str
    after: str
    wait: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One step. `runs` names its handler or kind, `notes` say how it runs; `groups` are the scopes within it."""

    key: str
    name: str
    runs: str
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    groups: tuple["Group", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One scope: its steps and what they wait for."""

    key: str
    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A document laid out. `proof` is what a document without errors proves, line by line; `problems` stand on no step."""

    title: str
    root: Group
    proof: tuple[str, ...]
    problems: tuple[Problem, ...]


def picture(view: View, report: Report) -> Picture:
    """Lay out a document beside what the checks said of it."""
    found: dict[str, list[Problem]] = {}
    steps = {node.pointer for node in view.nodes}
    for problem in report.problems:
        found.setdefault(_step_of(steps, problem.where), []).append(problem)
    document = view.document
    title = f"{document.name} {document.version}" if isinstance(document, Template) else "fragment"
    return Picture(
        title=title,
        root=_group(view.root, title, {pointer: tuple(problems) for pointer, problems in found.items()}),
        proof=tuple(_proof(report)),
        problems=tuple(found.get("", ())),
    )


def _step_of(steps: set[str], where: str) -> str:
    """Give the pointer of the innermost step around a place; "" where there is none."""
    while where and where not in steps:
        where = where.rpartition("/")[0]
    return where


def _group(scope: Scope, title: str, found: dict[str, tuple[Problem, ...]]) -> Group:
    keys = {node.step.name: node.pointer for node in scope.nodes}
    return Group(
        key=scope.pointer,
        title=title,
        boxes=tuple(_box(node, found) for node in scope.nodes),
        arrows=tuple(_arrows(scope, keys)),
    )


def _arrows(scope: Scope, keys: dict[str, str]) -> Iterator[Arrow]:
    for node in scope.nodes:
        for before in scope.waits.get(node.step.name, ()):
            declared = before in node.step.depends_on
            yield Arrow(before=keys[before], after=node.pointer, wait=Wait.DECLARED if declared else Wait.IMPLIED)


def _box(node: Node, found: dict[str, tuple[Problem, ...]]) -> Box:
    return Box(
        key=node.pointer,
        name=node.step.name,
        runs=_runs(node),
        notes=tuple(_notes(node)),
        problems=found.get(node.pointer, ()),
        groups=tuple(_groups(node, found)),
    )


def _groups(node: Node, found: dict[str, tuple[Problem, ...]]) -> Iterator[Group]:
    if node.inner is not None and node.step.steps is not None:
        yield _group(node.inner, "each item", found)
    for arm in node.arms:
        if arm.inner is not None:
            yield _group(arm.inner, arm.name, found)


def _runs(node: Node) -> str:
    step = node.step
    handler = node.body.capability.id if node.body is not None and node.body.capability is not None else step.handler
    if step.type is StepType.WORKFLOW:
        return f"workflow {step.workflow}"
    if step.type is not StepType.STANDARD:
        return f"{step.type} {handler}" if handler else str(step.type)
    return handler or ("switch" if step.switch is not None else "loop")


def _notes(node: Node) -> Iterator[str]:
    step = node.step
    if step.when is not None:
        yield f"when {_short(step.when)}"
    if step.for_each is not None:
        yield _loop(step.for_each)
    for arm in node.arms:
        runs = arm.branch.handler or "steps"
        yield f"{arm.name}{_condition(arm.branch)}: {runs}"
    yield from _tries(step)
    if step.goal is not None:
        yield f"goal: {_short(step.goal)}"


def _tries(step: Step) -> Iterator[str]:
    if step.timeout is not None:
        yield f"timeout {step.timeout.total_seconds():g} s"
    if step.retry is not None:
        yield f"at most {step.retry.max_attempts} attempts"
    if step.fallback is not None:
        yield f"on failure: {step.fallback.handler or 'a value'}"


def _condition(branch: Branch) -> str:
    when = getattr(branch, "when", None)
    if when is not None:
        return f" when {_short(when)}"
    return f" = {_short(str(getattr(branch, 'equals', '')))}" if "equals" in branch.model_fields_set else ""


def _loop(loop: ForEach) -> str:
    over = (
        loop.items
        if isinstance(loop.items, str)
        else f"{len(loop.items)} items"
        if isinstance(loop.items, tuple | list)
        else "?"
    )
    return f"for each of {_short(over)}: at most {loop.max_items}, {loop.max_parallel} at once"


def _proof(report: Report) -> Iterable[str]:
    if report.bound is None or report.authority is None:
        return
    bound = report.bound
    yield (
        f"at worst {bound.steps} steps, {bound.handler_calls} handler calls, {bound.model_calls} model calls, "
        f"${bound.cost_usd:.2f}, depth {bound.depth}"
    )
    for name, values in report.authority.to_json().items():
        if values:
            yield f"{name.replace('_', ' ')}: {', '.join(values)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
