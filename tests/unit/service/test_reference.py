"""The files of `/docs` are those of the package that their manifest names."""

import json
from hashlib import sha256

from service.api.reference import ASSETS


def test_every_vendored_file_is_as_it_was_fetched() -> None:
    manifest = json.loads((ASSETS / "manifest.json").read_text())
    found = {name: sha256((ASSETS / name).read_bytes()).hexdigest() for name in manifest["sha256"]}
    assert found == manifest["sha256"]
    assert set(found) == {"swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"}
    assert (manifest["package"], manifest["licence"]) == ("swagger-ui-dist", "Apache-2.0")
