"""Submitting a goal."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from schemas.values import Json
from service.api.access import Running
from service.api.bodies import JsonRoute
from service.api.refusals import refused
from service.goals import Goal

router = APIRouter(prefix="/goals", tags=["goals"], route_class=JsonRoute)

IdempotencyKey = Annotated[
    str | None,
    Header(pattern=r"^[\x21-\x7e]{1,200}$", description="The same key gives the same task, however often it is sent."),
]


@router.post("", status_code=201)
async def submit_goal(
    goal: Goal, services: Running, response: Response, idempotency_key: IdempotencyKey = None
) -> dict[str, Json]:
    """Submit a goal: it is checked, and its task begins. 422 lists every problem."""
    result = await services.door.submit_goal(goal, key=idempotency_key)
    if result.task is None:
        raise refused(result.problems, "goal")
    response.headers["Location"] = f"/v1/tasks/{result.task}"
    return {"id": result.task, "warnings": [problem.to_json() for problem in result.problems]}
