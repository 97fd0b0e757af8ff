"""Checking a template or a fragment without running it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from catalog.capability import Document
from schemas.values import Json
from service.api.access import Running
from service.api.bodies import JsonRoute

router = APIRouter(tags=["checks"], route_class=JsonRoute)


class CheckRequest(Document):
    """A document to check, parsed (`document`) or as it was written (`text`, YAML or JSON), and the input it would run with."""

    document: dict[str, Json] | None = None
    text: str | None = None
    input: dict[str, Json] | None = Field(default=None, description="Its values make hosts and the width of loops known.")


@router.post("/checks")
async def check_document(request: CheckRequest, services: Running) -> dict[str, Json]:
    """Check a document: `{ok, problems, bound, authority, digest}`. A refused document is a 200: the check was done."""
    return services.door.check(request.text if request.document is None else request.document, given=request.input).to_json()


@router.get("/schema")
async def schema(
    services: Running,
    *,
    plain: Annotated[bool, Query(description="The language alone, without handlers and channels.")] = False,
) -> dict[str, Json]:
    """Give the JSON Schema of templates and fragments; its `$id` names the language's version and what handlers there are."""
    return services.door.schema(plain=plain)
