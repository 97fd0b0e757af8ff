"""Fetches Swagger UI anew from npm: `python tools/fetch_swagger_ui.py VERSION`, with npm's own client.

Writes the files that `/docs` serves, their licence, and `manifest.json` with version, npm's integrity and our digests, which a
test holds against the files.
"""

import json
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = "swagger-ui-dist"
ASSETS = Path(__file__).resolve().parents[1] / "service" / "api" / "assets"
KEPT = ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE")


def main() -> None:
    """Fetch the version that the argument names."""
    version = sys.argv[1]
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--json", "--ignore-scripts", f"{PACKAGE}@{version}"]
        packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed program
        (told,) = json.loads(packed.stdout)
        digests = {}
        with tarfile.open(Path(folder, told["filename"])) as archive:
            for name in KEPT:
                member = archive.extractfile(f"package/{name}")
                assert member is not None, name
                content = member.read()
                (ASSETS / name).write_bytes(content)
                digests[name] = sha256(content).hexdigest()
    manifest = {
        "package": PACKAGE,
        "version": told["version"],
        "licence": "Apache-2.0",
        "integrity": told["integrity"],
        "sha256": digests,
    }
    (ASSETS / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
