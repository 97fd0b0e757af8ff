"""Whether the service is well."""

from fastapi import APIRouter

from schemas.values import Json
from service.api.access import Running
from service.api.bodies import JsonRoute

router = APIRouter(tags=["health"], route_class=JsonRoute)


@router.get("/healthz")
async def health(services: Running) -> dict[str, Json]:
    """Say that the service answers, how many handlers it knows and who plans."""
    return {"status": "ok", "handlers": len(services.catalog.capabilities), "planner": services.planner_name}
