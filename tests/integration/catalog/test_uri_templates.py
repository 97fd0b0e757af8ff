"""URL templates in the sandbox, held against the examples of RFC 6570."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.http_tables import URI_TEMPLATES

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox

API = "https://api.example.org"
EXAMPLES = [
    pytest.param(template, expanded, id=f"{section} {template}")
    for section, rows in URI_TEMPLATES["examples"].items()
    for template, expanded in rows
]


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    answer = {"status": 200, "headers": {}, "media_type": "", "body": "", "body_base64": None, "elapsed_ms": 1}
    return {"ok": answer | {"url": asked["url"]}}


def _needs(template: str) -> set[str]:
    """Name the variables that must have a value: all but those of a query."""
    parts = [part.partition("}")[0] for part in template.split("{")[1:]]
    names = [name for part in parts if part[0] not in "?&" for name in part.strip("+#./;").split(",")]
    return {name.rstrip("*").partition(":")[0] for name in names}


@pytest.mark.parametrize(("template", "expanded"), EXAMPLES)
def test_a_template_expands_as_the_standard_says_or_lacks_a_value(
    sandbox: "Sandbox", host: "Recorder", template: str, expanded: str
) -> None:
    host.http = answered

    said = sandbox.run("http_request", {"url": f"{API}/{template}"}, {"url_params": URI_TEMPLATES["variables"]}, host)

    # A name without a value vanishes in the standard; here it does only in a query, elsewhere it would ask another address.
    missing = sorted(name for name in _needs(template) if URI_TEMPLATES["variables"].get(name) is None)
    if missing:
        assert said["error"]["message"].startswith(f"input.url_params has no value for {', '.join(missing)} in ")
    else:
        assert [asked["url"] for asked in host.asked] == [f"{API}/{expanded}".partition("#")[0]]
