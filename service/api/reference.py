"""`/docs`: the HTTP API for a browser, from files of our own. Nothing is loaded from elsewhere."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).parent / "assets"
"""Swagger UI as `tools/fetch_swagger_ui.py` fetched it, and the page around it; `manifest.json` says which version."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "  # it sets styles on its elements
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)


def install(app: FastAPI) -> None:
    """Serve the page and its parts."""
    app.mount("/docs/assets", StaticFiles(directory=ASSETS))
    app.add_route("/docs", _page, include_in_schema=False)


async def _page(_: Request) -> FileResponse:
    return FileResponse(ASSETS / "docs.html", headers={"content-security-policy": POLICY})
