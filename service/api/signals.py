"""What tasks wait for, and the answers."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from catalog.capability import Document
from engine.contracts import misfit
from engine.records import StepRow, TaskRow
from schemas.values import Json, JsonObject, canonical
from service import wire
from service.api.access import EVERY_GROUP, Asking, Running, Sender
from service.api.answers import answer
from service.api.bodies import JsonRoute
from service.api.goals import IdempotencyKey
from service.api.refusals import Refusal, not_found
from service.api.tasks import TaskId, known_task, refuse_quarantined
from service.composition import Services
from service.door import KEY_REUSED
from service.values import FreeObject

router = APIRouter(tags=["signals"], route_class=JsonRoute)


class SignalRequest(Document):
    """An answer to what a step waits for. Without `step`, to the only one of the task that waits."""

    step: str | None = Field(default=None, max_length=1_000)
    signal: str = Field(default="approval", max_length=200)
    body: FreeObject = Field(default_factory=dict)


@router.get("/waits", response_model=dict[str, Json])
async def list_waits(
    services: Running, sender: Asking, limit: Annotated[int, Query(ge=1, le=1_000)] = 100, *, mine: bool = False
) -> Response:
    """List what tasks wait for, oldest task first; with `mine`, what the sender may answer."""
    rows = await services.store.waits(limit=limit)
    return await answer(lambda: {"waits": [wire.wait(row) for row in rows if not mine or _may_answer(sender, row.asks)]})


@router.post("/tasks/{task}/signals", status_code=202)
async def send_signal(
    task: TaskId, request: SignalRequest, services: Running, sender: Asking, idempotency_key: IdempotencyKey = None
) -> dict[str, Json]:
    """Answer what a step waits for. 409 where it does not wait, 403 where the sender is not asked.

    An answer counts once: sent again, it gets the receipt that it got before; another answer of the same sender is refused.
    """
    row = await known_task(services, task)
    refuse_quarantined(row)
    try:
        return await _taken(row, request, services, sender, idempotency_key or "")
    except _NotTakenError as refused:
        return await _receipt(services, row, request, sender, idempotency_key or "", refused=refused)


class _NotTakenError(Refusal):
    """Nothing waits for the signal, or its sender has answered already."""


async def _taken(row: TaskRow, request: SignalRequest, services: Services, sender: Sender, key: str) -> dict[str, Json]:
    task = row.id
    if key and any((each["sender"], each["id"]) == (sender.name, key) for each in await services.store.signals(task)):
        raise _not_waiting(task, request.step, row.steps)
    if row.ended_at is None and (services.runner is None or not services.runner.runs(task)):
        says = f"Nobody runs task {task} now. Start 'goalwright serve' on the same database to take it up."
        raise Refusal(409, "Conflict", says)
    step = _waiting(task, row.steps, request)
    assert step.waits is not None, "it waits"
    asks = step.waits["asks"]
    if not _may_answer(sender, asks):
        raise Refusal(403, "Forbidden", f"Step {step.step} asks {', '.join(asks['groups'])}; {sender.name} is in none of them.")
    wrong = await services.door.desk.do(partial(misfit, asks.get("answer") or {}, request.body))
    if wrong:
        raise Refusal(422, "Refused", f"The answer does not fit what step {step.step} asks: {wrong}")
    taken = await services.door.signal(
        task, step.step, request.signal, request.body, sender=sender.name, groups=sender.groups, key=key
    )
    if not taken:
        raise _not_waiting(task, request.step, row.steps)
    return _shown(task, step.step, request.signal, sender)


async def _receipt(
    services: Services, row: TaskRow, request: SignalRequest, sender: Sender, key: str, *, refused: _NotTakenError
) -> dict[str, Json]:
    """Give the receipt of a signal that was counted before; refuse another one in its place."""
    mine = [
        each
        for each in await services.store.signals(row.id)
        if each["sender"] == sender.name and each["signal"] == request.signal and request.step in (None, each["step"])
    ]
    keyed = [each for each in mine if key and each["id"] == key]
    if not mine:
        raise refused
    earlier = keyed[0] if keyed else mine[-1]
    if earlier["body"] == request.body:
        return _shown(row.id, earlier["step"], request.signal, sender)
    if keyed:
        raise Refusal(409, "Conflict", KEY_REUSED.says, (KEY_REUSED,))
    says = f"{sender.name} answered step {earlier['step']} at {earlier['at'][:19]} with {canonical(earlier['body'])}"
    raise Refusal(409, "Conflict", f"{says}. An answer counts once and cannot be changed. {refused.detail}")


def _shown(task: str, step: str, signal: str, sender: Sender) -> dict[str, Json]:
    return {"task": task, "step": step, "signal": signal, "sender": sender.name}


def _waiting(task: str, steps: tuple[StepRow, ...], request: SignalRequest) -> StepRow:
    if request.step is not None and not any(step.step == request.step for step in steps):
        raise not_found(what=f"step of task {task}", name=request.step)
    fitting = [
        step
        for step in steps
        if step.waits is not None and step.waits["signal"] == request.signal and request.step in (None, step.step)
    ]
    if len(fitting) != 1:
        raise _not_waiting(task, request.step, steps)
    return fitting[0]


def _not_waiting(task: str, named: str | None, steps: tuple[StepRow, ...]) -> _NotTakenError:
    waiting = [f"{row.step} (signal {row.waits['signal']})" for row in steps if row.waits is not None]
    there = f"These do: {', '.join(waiting)}." if waiting else "None of its steps does."
    what = f"Step {named} of task {task} does not wait for this signal." if named else f"Name the step of task {task}."
    return _NotTakenError(409, "Conflict", f"{what} {there}")


def _may_answer(sender: Sender, asks: JsonObject) -> bool:
    groups = asks.get("groups")
    if not isinstance(groups, list) or EVERY_GROUP in sender.groups:
        return True
    return bool(set(groups) & set(sender.groups))
