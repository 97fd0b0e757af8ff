"""The catalog over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from catalog.capability import Capability
from catalog.registry import Unresolved
from schemas.values import Json
from service import wire
from service.api.access import Running
from service.api.bodies import JsonRoute
from service.api.refusals import not_found

router = APIRouter(prefix="/handlers", tags=["handlers"], route_class=JsonRoute)


@router.get("")
async def list_handlers(services: Running) -> dict[str, Json]:
    """List every version of every handler that new tasks may use, by name."""
    return {"handlers": [wire.capability(capability) for capability in services.catalog]}


@router.get("/{reference}", responses={404: {"description": "No handler is meant."}})
async def show_handler(reference: Annotated[str, Path(max_length=200)], services: Running) -> dict[str, Json]:
    """Show the newest version that `name` or `name@RANGE` means; a retired one only by its exact id."""
    because = services.catalog.retired.get(reference)
    if because is not None:
        return wire.capability(services.catalog.capabilities[reference], because)
    found = services.catalog.resolve(reference)
    if isinstance(found, Unresolved):
        raise not_found(what="handler", name=reference)
    assert isinstance(found, Capability)
    return wire.capability(found)
