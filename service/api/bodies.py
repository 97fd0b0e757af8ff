"""Bodies of requests, read by the project's one reader of JSON."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from fragments.json_text import unreadable
from fragments.problems import Problem
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import Json

_AT_ONCE = 1 << 16
"""Bodies above so many bytes are read on a thread, so that other requests are answered meanwhile."""


class UnreadableBodyError(HTTPException):
    """A body that is not JSON as it is taken here; `problem` says why, and where in the body."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem. FastAPI passes on only its own kind of error from reading a body."""
        super().__init__(422, "The body is not JSON that can be taken.")
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
        try:
            if len(body) <= _AT_ONCE:
                return read_json(body)
            return await asyncio.to_thread(read_json, body)
        except UnreadableJsonError as error:
            problem = unreadable(error)
            raise UnreadableBodyError(replace(problem, where=f"/body{problem.where}")) from None
