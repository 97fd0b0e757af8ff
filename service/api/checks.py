"""Checking a template or a fragment without running it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from catalog.capability import Document
from schemas.values import Json
from service.api.access import Running
from service.api.answers import answer
from service.api.bodies import JsonRoute
from service.values import FreeObject

router = APIRouter(tags=["checks"], route_class=JsonRoute)


class CheckRequest(Document):
    """A document to check, parsed (`document`) or as it was written (`text`, YAML or JSON), and the input it would run with."""

    document: FreeObject | None = None
    text: str | None = None
    input: FreeObject | None = Field(default=None, description="Its values make hosts and the width of loops known.")


@router.post("/checks", response_model=dict[str, Json])
async def check_document(request: CheckRequest, services: Running) -> Response:
    """Check a document: `{ok, problems, bound, authority, digest}`. A refused document is a 200: the check was done."""
    written = request.text if request.document is None else request.document
    report = await services.door.desk.do(partial(services.door.check, written, given=request.input))
    return await answer(report.to_json)


@router.get("/schema")
async def schema(
    services: Running,
    *,
    plain: Annotated[bool, Query(description="The language alone, without handlers and channels.")] = False,
) -> dict[str, Json]:
    """Give the JSON Schema of templates and fragments; its `$id` names the language's version and what handlers there are."""
    return services.door.schema(plain=plain)
