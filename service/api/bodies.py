"""Bodies of requests: read in one way, within the limits of all that enters, beside the event loop where they are long."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from fragments.json_text import unreadable
from fragments.problems import Problem
from schemas import slices
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import Json
from service.values import FREE

_AT_ONCE = 1 << 14
"""Bodies above so many bytes are read on a thread, so that other requests are answered meanwhile."""

_MOST_KEYS = 40  # of a body: no request has so many
_MOST_VALUES = 5_000  # of a part whose every value is checked against a type
_MOST_CHARACTERS = 1 << 20  # of the same
_NOT_JSON = "The body is not JSON that can be taken."
_TOO_LARGE = "The body is larger than any use has."


class UnreadableBodyError(HTTPException):
    """A body that cannot be taken; `problem` says why, and where in the body."""

    def __init__(self, says: str, problem: Problem) -> None:
        """Keep the problem. FastAPI passes on only its own kind of error from reading a body."""
        super().__init__(422, says)
        self.problem = problem


class JsonRoute(APIRoute):
    """A route that reads its body through `read_json`. Every router of the API has this class."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Hand requests on as ones that read JSON in our way."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_JsonRequest(request.scope, request.receive))

        return handle


class _JsonRequest(Request):
    async def json(self) -> Json:
        body = await self.body()
        read = partial(_read, body)
        return read() if len(body) <= _AT_ONCE else await asyncio.to_thread(read)


def _read(content: bytes) -> Json:
    try:
        value = read_json(content, decode=slices.decode)
    except UnreadableJsonError as error:
        problem = unreadable(error)
        raise UnreadableBodyError(_NOT_JSON, replace(problem, where=f"/body{problem.where}")) from None
    if isinstance(value, dict):
        _hold_to_size(value)
    return value


def _hold_to_size(body: dict[str, Json]) -> None:
    """Refuse what a validation would go through value by value, with an error for each that is unknown."""
    if len(body) > _MOST_KEYS:
        says = f"It has {len(body):,} keys; no request has more than {_MOST_KEYS}."
        raise _too_large(says, where="/body")
    for name, part in body.items():
        if name not in FREE and isinstance(part, (dict, list)) and _is_large(part):
            says = "It holds more than any use has."
            raise _too_large(says, where=f"/body/{name[:100]}")


def _is_large(part: Json) -> bool:
    return slices.is_heavy(part, values=_MOST_VALUES, characters=_MOST_CHARACTERS)


def _too_large(says: str, *, where: str) -> UnreadableBodyError:
    hint = "See the request's schema at /openapi.json."
    return UnreadableBodyError(_TOO_LARGE, Problem(code="document.too_large", where=where, says=says, hint=hint))
