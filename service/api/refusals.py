"""Refusals over HTTP: RFC 9457 problem details, and the one map from error types to status codes."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from structlog import get_logger

from engine.errors import (
    EngineError,
    FactUnwritableError,
    RunnerClosedError,
    StoreError,
    TaskQuarantinedError,
    TaskStuckError,
    UnknownTaskError,
)
from fragments.problems import Problem
from schemas.values import Json
from service.api.bodies import UnreadableBodyError
from service.desk import OverdueError

log = get_logger()

STATUSES: Mapping[type[EngineError], tuple[int, str]] = {
    UnknownTaskError: (404, "Not found"),
    FactUnwritableError: (422, "Refused"),
    TaskStuckError: (409, "Conflict"),
    TaskQuarantinedError: (409, "Conflict"),
    RunnerClosedError: (503, "Unavailable"),
    StoreError: (503, "Unavailable"),
}
"""What an engine's error is over HTTP; any other is a fault of ours."""

KEY_REUSED = "request.key_reused"
"""The problem of a submission whose Idempotency-Key came with another one before."""

MEDIA_TYPE = "application/problem+json"
SHOWN = 100  # characters of a key that a request made up


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """An answer other than success. `status` is the HTTP status; `problems` are listed for the client to act on."""

    def __init__(self, status: int, title: str, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        """Keep what the problem document will say."""
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.problems = problems


def not_found(*, what: str, name: str) -> Refusal:
    """Refuse because nothing of that kind has that name."""
    return Refusal(404, "Not found", f"There is no {what} {name!r}.")


def refused(problems: tuple[Problem, ...], what: str) -> Refusal:
    """Refuse a document for its problems, all of them: with 409 where it is fine, and its key was used for another."""
    reused = next((problem for problem in problems if problem.code == KEY_REUSED), None)
    if reused is not None:
        return Refusal(409, "Conflict", reused.says, problems)
    count = len(problems)
    return Refusal(422, "Refused", f"The {what} has {count} problem{'' if count == 1 else 's'}.", problems)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(UnreadableBodyError, _on_unreadable_body)
    app.add_exception_handler(OverdueError, _on_overdue)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(EngineError, _on_engine_error)
    app.add_exception_handler(Exception, _on_fault)


def document(status: int, title: str, detail: str, more: Mapping[str, Json] | None = None) -> JSONResponse:
    """Write a problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **(more or {})}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


async def _on_refusal(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    more = {"problems": [problem.to_json() for problem in refusal.problems]} if refusal.problems else None
    return document(refusal.status, refusal.title, refusal.detail, more)


async def _on_invalid_request(_: Request, invalid: Exception) -> JSONResponse:
    assert isinstance(invalid, RequestValidationError)
    problems = [
        {
            "code": f"request.{error['type']}",
            "where": "/" + "/".join(str(part)[:SHOWN] for part in error["loc"]),
            "says": error["msg"],
            "hint": "See the request's schema at /openapi.json.",
            "severity": "error",
        }
        for error in invalid.errors()
    ]
    return document(422, "Refused", "The request does not have the shape that it must have.", {"problems": problems})


async def _on_unreadable_body(_: Request, unreadable: Exception) -> JSONResponse:
    assert isinstance(unreadable, UnreadableBodyError)
    return document(422, "Refused", unreadable.detail, {"problems": [unreadable.problem.to_json()]})


async def _on_overdue(_: Request, overdue: Exception) -> JSONResponse:
    says = f"The document cannot be checked in time: {overdue}. Make it smaller, or its schemas and expressions simpler."
    return document(422, "Refused", says)


async def _on_engine_error(request: Request, error: Exception) -> JSONResponse:
    found = next((answer for kind, answer in STATUSES.items() if isinstance(error, kind)), None)
    if found is None:
        return await _on_fault(request, error)
    return document(*found, str(error))


async def _on_fault(request: Request, fault: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, exc_info=fault)
    return document(500, "Failed", "A fault in the server; its log says more.")


async def _on_http_exception(_: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, HTTPException)
    return document(failure.status_code, "Refused" if failure.status_code < 500 else "Failed", str(failure.detail))  # noqa: PLR2004 - HTTP's own classes
