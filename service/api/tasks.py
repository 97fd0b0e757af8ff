"""Tasks over HTTP: submitting a template, reading, watching, cancelling."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT
from pydantic import Field

from catalog.capability import Document
from engine.errors import TaskQuarantinedError
from engine.facts import Fact
from engine.records import TaskRow
from schemas.values import Json
from service import wire
from service.api.access import Asking, Running, Waiting
from service.api.answers import MEDIA_TYPE, answer
from service.api.bodies import JsonRoute
from service.api.goals import IdempotencyKey
from service.api.refusals import Refusal, not_found, refused
from service.api.streams import HeldEvents
from service.composition import Services
from service.values import FreeObject

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=JsonRoute)

KEEP_ALIVE_S = 15.0
MOST_VERIFIED = 20_000
"""Facts of a log that a request may have verified: about a second's work."""
MOST_FACTS = 1 << 53
"""No log is that long; larger numbers are no integers in every reader of JSON, nor in a database."""

_SEQUENCE = re.compile(r"[0-9]{1,16}")

TaskId = Annotated[str, Path(max_length=200, description="The `id` that submitting gave.")]


class TaskRequest(Document):
    """A template to run, given in one of three ways: parsed, as YAML text, or by its name in the library."""

    template: FreeObject | None = None
    text: str | None = None
    name: str | None = Field(default=None, max_length=200)
    input: FreeObject = Field(default_factory=dict)


class CancelRequest(Document):
    """Why a task shall end."""

    reason: str = Field(default="cancelled by request", max_length=1_000)


@router.post("", status_code=201)
async def submit_task(
    request: TaskRequest, services: Running, response: Response, idempotency_key: IdempotencyKey = None
) -> dict[str, Json]:
    """Submit a template: it is checked, and its task begins. 422 lists every problem."""
    given = [way for way in (request.template, request.text, request.name) if way is not None]
    if len(given) != 1:
        raise Refusal(422, "Refused", "Give exactly one of template, text (YAML) and name (of a template in the library).")
    result = await services.door.submit_template(
        document=request.template if request.text is None else request.text,
        name=request.name,
        given=request.input,
        key=idempotency_key,
    )
    if result.task is None:
        raise refused(result.problems, "template")
    response.headers["Location"] = f"/v1/tasks/{result.task}"
    return {"id": result.task, "warnings": [problem.to_json() for problem in result.problems]}


@router.get("", response_model=dict[str, Json])
async def list_tasks(
    services: Running,
    status: Literal["running", "complete", "failed", "refused", "cancelled", "quarantined"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
) -> Response:
    """List tasks, newest first. `quarantined` are those whose log did not hold: they are not run.

    A page of tasks with much data ends before its limit; `next` leads on.
    """
    page = await services.store.tasks(status=status, limit=limit, before=before)
    return await answer(lambda: {"tasks": [wire.task(row) for row in page.tasks], "next": page.next})


@router.get("/{task}", response_model=dict[str, Json])
async def show_task(task: TaskId, services: Running) -> Response:
    """Show a task with its steps and its ledger."""
    return await answer(partial(wire.task, await known_task(services, task)))


@router.get("/{task}/plans", response_model=dict[str, Json])
async def show_plans(task: TaskId, services: Running) -> Response:
    """Show every turn of planning, with its provenance."""
    await known_task(services, task)
    plans = await services.store.plans(task)
    return await answer(lambda: {"plans": [wire.plan(row) for row in plans]})


@router.get("/{task}/verification")
async def verify_task(task: TaskId, services: Running) -> dict[str, Json]:
    """Verify what is stored of a task: its log, and every row beside it. One log at a time; 422 for one that is too long."""
    row = await services.store.task(task)
    if row is not None and row.seq > MOST_VERIFIED:
        says = f"The log has {row.seq} facts. Ask 'goalwright verify {task}' on the machine of the database."
        raise Refusal(422, "Refused", says)
    if services.verifying.locked():
        raise Refusal(429, "Too many requests", "Another log is being verified. Ask again in a while.")
    async with services.verifying:
        verdict = await services.store.verify(task)
    if verdict is None:
        raise not_found(what="task", name=task)
    return {**wire.verdict(verdict), "quarantine": None if row is None else row.quarantine}


@router.post("/{task}/cancel", status_code=202, response_model=dict[str, Json])
async def cancel_task(task: TaskId, services: Running, request: CancelRequest | None = None) -> Response:
    """End a task; 409 where it has ended already."""
    row = await known_task(services, task)
    if row.status != "running":
        raise Refusal(409, "Conflict", f"Task {task} has ended: {row.status}.")
    await services.door.cancel(task, (request or CancelRequest()).reason)
    return await answer(partial(wire.task, await known_task(services, task)), status=202)


@router.get("/{task}/facts", response_model=None, responses={200: {"content": {"text/event-stream": {}}}})
async def show_facts(
    task: TaskId,
    request: Request,
    services: Running,
    sender: Asking,
    streams: Waiting,
    *,
    after: Annotated[int, Query(ge=0, le=MOST_FACTS, description="Facts after this sequence number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for a fact where there is none yet.")
    ] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Give a task's log: JSON, or live server-sent events with `Accept: text/event-stream`, resumed by Last-Event-ID.

    A page of facts with much data ends before its limit: ask on after its last fact, until there is none.
    """
    ended = (await known_task(services, task)).status != "running"  # asked before the facts are read: then none can be missing
    if "text/event-stream" in request.headers.get("accept", ""):
        events = HeldEvents(_events(services, task, after=_resumed(last_event_id, after)))
        events.ended = streams.take(sender.name)
        return events
    facts = await services.store.facts(task, after=after, limit=limit)
    if not facts and not ended and wait and services.runner is not None:
        with streams.held(sender.name):
            facts = await _awaited(services, task, after=after, wait=wait)
    shown = wire.facts_text(facts, ended=ended, live=_is_live(services, task))
    return Response(shown.encode("utf-8", "surrogatepass"), media_type=MEDIA_TYPE)


def _is_live(services: Services, task: str) -> bool:
    return services.runner is not None and services.runner.runs(task)


async def known_task(services: Services, task: str) -> TaskRow:
    """Read a task, or refuse: there is none of that id."""
    row = await services.store.task(task)
    if row is None:
        raise not_found(what="task", name=task)
    return row


def refuse_quarantined(row: TaskRow) -> None:
    """Refuse what would run a task whose log does not hold."""
    if row.quarantine is not None and row.ended_at is None:
        raise TaskQuarantinedError(row.id, f"fact {row.quarantine['seq']}: {row.quarantine['says']}")


def _resumed(last_event_id: str | None, after: int) -> int:
    if last_event_id is None:
        return after
    if not _SEQUENCE.fullmatch(last_event_id) or int(last_event_id) > MOST_FACTS:
        raise Refusal(400, "Bad request", "Last-Event-ID is the sequence number of the last fact that was received.")
    return int(last_event_id)


async def _awaited(services: Services, task: str, *, after: int, wait: float) -> list[Fact]:
    assert services.runner is not None
    async with aclosing(services.runner.feed(task, after=after)) as feed:
        try:
            return [await asyncio.wait_for(anext(feed), wait)]
        except (TimeoutError, StopAsyncIteration):
            return []


async def _events(services: Services, task: str, *, after: int) -> AsyncGenerator[bytes]:
    assert services.runner is not None, "a server runs tasks"
    feed = services.runner.feed(task, after=after)
    pending = asyncio.ensure_future(anext(feed))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=KEEP_ALIVE_S)
            if not done:
                yield KEEPALIVE_COMMENT
                continue
            fact = pending.result()
            # Canonical text has no line break in it, so one field of data holds it whole.
            text = f"event: {fact.kind}\nid: {fact.seq}\ndata: {wire.fact_text(fact)}\n\n"
            yield text.encode("utf-8", "surrogatepass")
            pending = asyncio.ensure_future(anext(feed))
    except StopAsyncIteration:
        return
    finally:
        pending.cancel()
