"""Answers made of values of any size: written beside the event loop, in pieces, as JSON reads them back."""

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import Response

from schemas import slices
from schemas.values import Json

MEDIA_TYPE = "application/json"


async def answer(make: Callable[[], Json], *, status: int = 200) -> Response:
    """Write what `make` gives, in a thread. `make` may take its time."""
    return Response(await asyncio.to_thread(partial(_written, make)), status_code=status, media_type=MEDIA_TYPE)


def _written(make: Callable[[], Json]) -> bytes:
    return slices.dumps(make()).encode("utf-8", "surrogatepass")
