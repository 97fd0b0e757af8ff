"""The Link header in the sandbox: which page is the next."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from tests.support.http_tables import LINKS

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

FIRST = "https://api.example.org/list"


@pytest.mark.parametrize(("header", "target"), [pytest.param(row["header"], row["next"], id=row["about"]) for row in LINKS])
def test_the_first_link_with_the_relation_next_is_followed(
    sandbox: "Sandbox", host: "Recorder", header: str, target: str | None
) -> None:
    def page(asked: dict[str, Any]) -> dict[str, Any]:
        headers = {"link": header} if len(host.asked) == 1 else {}
        answer = {"status": 200, "headers": headers, "media_type": "application/json", "body": "[1]", "body_base64": None}
        return {"ok": answer | {"elapsed_ms": 1, "url": asked["url"]}}

    host.http = page
    sandbox.run("http_request", {"url": FIRST, "paging": {"style": "link", "items": ""}}, {}, host)

    followed = [] if target is None or urljoin(FIRST, target) == FIRST else [urljoin(FIRST, target)]
    assert [asked["url"] for asked in host.asked] == [FIRST, *followed]
