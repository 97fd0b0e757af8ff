import httpx
import pytest
from fastapi import FastAPI

from engine.errors import (
    ConflictError,
    DatabaseBusyError,
    FactUnwritableError,
    IllegalMoveError,
    RunnerClosedError,
    TaskStuckError,
    UnknownTaskError,
)
from service.api import refusals


def failing(error: Exception) -> FastAPI:
    app = FastAPI()
    refusals.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        pytest.param(UnknownTaskError("t"), 404, "there is no task t", id="no such task"),
        pytest.param(FactUnwritableError("X", "NaN"), 422, "a fact of kind X cannot be written: NaN", id="unwritable input"),
        pytest.param(TaskStuckError("t", "x"), 409, "task t cannot go on", id="a stuck task"),
        pytest.param(RunnerClosedError(), 503, "the runner is closed", id="a server that stops"),
        pytest.param(DatabaseBusyError("db"), 503, "another process", id="a busy database"),
        pytest.param(ConflictError("t", 3), 503, "already has a fact 3", id="any other error of the store"),
        pytest.param(IllegalMoveError("x", "a", "b"), 500, "A fault in the server", id="a fault of the engine"),
        pytest.param(ZeroDivisionError("secret"), 500, "A fault in the server", id="a fault anywhere"),
    ],
)
async def test_errors_become_problem_documents_and_faults_tell_nothing(error: Exception, status: int, detail: str) -> None:
    transport = httpx.ASGITransport(app=failing(error), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["detail"].startswith(detail) or detail in answer.json()["detail"]
    assert "secret" not in answer.text
