"""Building a handler: capability folder -> WebAssembly component, kept in a cache by content."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock
from platformdirs import user_cache_path
from structlog import get_logger

import schemas
from catalog.capability import Capability
from catalog.folders import HANDLER, modules, read_capability, source_digest
from catalog.linking import LinkError, linked
from catalog.packages import Package, PackageError, bundled
from catalog.sealed import SealedFiles

GUEST = Path(__file__).parent / "guest"
"""What every component is built around: the export, the SDK, the stand-ins."""

OPERATIONS = Path(__file__).parent / "openapi" / "guest"
"""The one handler that makes the requests of all imported operations: what differs between them is data."""

_SCHEMAS = Path(schemas.__file__).parent
_JUDGING = ("__init__", "assertions", "dialects", "effort", "equality", "evaluation", "formats", "validation", "values")
_READING = ("limits", "reading")
SHARED = (*(_SCHEMAS / f"{name}.py" for name in (*_JUDGING, *_READING)), *sorted((_SCHEMAS / "expressions").glob("*.py")))
"""What host and guests share, the very same files, so that both mean the same by a schema, an expression and a text.

Of patterns, guests ask the host.
"""

WIT = Path(__file__).parent / "wit" / "goalwright.wit"
BUILD_TIMEOUT_S = 300.0
REHEARSED = 20  # examples that a guest runs while it is built

_PATTERNS = "from goalwright.patterns import RE2, Match, PatternError, find, pattern_flaw, search  # noqa: F401\n"
_FORMAT = "4"  # raised when this module builds differently from the same parts
log = get_logger()
_RAISED = re.compile(r"[\w.]+(Error|Exception)(:|$)")
_LAUNCH = "import sys; from componentize_py import script; sys.exit(script())"


class BuildError(Exception):
    """A handler that could not be built: `handler` by id and why, as the toolchain said it."""

    def __init__(self, handler: str, why: str) -> None:
        """Keep both; the sentence names the handler first."""
        super().__init__(f"{handler} could not be built: {why}")
        self.handler = handler
        self.why = why


def default_cache() -> Path:
    """Name the folder of the user's cache in which builds are kept. It need not exist."""
    return Path(user_cache_path("goalwright"))


def build(capability: Capability, folder: Path, *, cache: Path) -> Path:
    """Give the component of a handler, from `cache` or freshly built (about 5 s).

    The file is named by everything that went into it, and sealed: one that was changed or exchanged is built again.
    Processes that build the same at once build it once, and all imported operations share one component. Raises `BuildError`
    for packages that cannot be bundled, for source that does not build, and for a cache that is not ours.
    """
    if capability.operation is not None and not (folder / HANDLER).is_file():
        capability, folder = _operations(), OPERATIONS
    return _of_source(capability, folder, cache)


@lru_cache(maxsize=1)
def _operations() -> Capability:
    return read_capability(OPERATIONS)


def _of_source(capability: Capability, folder: Path, cache: Path) -> Path:
    try:
        packages = bundled(capability.packages)
    except PackageError as error:
        raise BuildError(capability.id, str(error)) from error
    name = f"{capability.name}-{capability.version}-{_digest(folder, packages)[:32]}.wasm"
    try:
        files = SealedFiles(cache / "components")
    except PermissionError as error:
        raise BuildError(capability.id, str(error)) from error
    if not files.intact(name):
        with FileLock(files.file(name).with_suffix(".lock"), mode=0o600):
            if not files.intact(name):
                _make(capability, folder, packages, files, name)
    return files.file(name)


def world_of(capability: Capability) -> str:
    """Write the world of a handler: `log`, the interfaces that its capability lists, one function."""
    imports = "".join(f"  import {name};\n" for name in ("log", *sorted(capability.imports)))
    return f"package goalwright:handler@1.0.0;\n\nworld guest {{\n{imports}  export run: func(call: string) -> string;\n}}\n"


def link(handler: str, component: Path) -> None:
    """Join the modules of a component; where that cannot be done, it stays as the toolchain wrote it, and calls take longer."""
    try:
        component.write_bytes(linked(component.read_bytes()))
    except LinkError as error:
        log.warning("modules_not_joined", handler=handler, has=str(error))


def _digest(folder: Path, packages: Iterable[Package]) -> str:
    toolchain = f"componentize-py {version('componentize-py')}"
    parts = [_FORMAT, toolchain, source_digest(folder), *(package.digest() for package in packages)]
    parts += [f"{file.relative_to(GUEST).as_posix()} {_hash(file)}" for file in sorted(GUEST.rglob("*.py"))]
    parts += [f"{file.relative_to(_SCHEMAS).as_posix()} {_hash(file)}" for file in SHARED]
    return sha256("\n".join([*parts, _PATTERNS, _hash(WIT)]).encode()).hexdigest()


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _make(capability: Capability, folder: Path, packages: Iterable[Package], files: SealedFiles, name: str) -> None:
    with TemporaryDirectory(prefix="build-", dir=files.folder) as made:
        stage = Path(made)
        _stage(capability, folder, packages, stage)
        _componentize(capability, stage)
        link(capability.id, stage / "component.wasm")
        # The rename is what makes the file appear whole: a build that is killed leaves only its own folder behind.
        files.put(stage / "component.wasm", name)


def _stage(capability: Capability, folder: Path, packages: Iterable[Package], stage: Path) -> None:
    """Lay out what the component is made of, and nothing else: `wit`, `app`, `sdk`, `packages`."""
    for name in ("wit", "app", "packages", "environment"):
        (stage / name).mkdir()
    shutil.copy(WIT, stage / "wit")
    (stage / "wit" / "world.wit").write_text(world_of(capability), encoding="utf-8")
    shutil.copytree(GUEST, stage / "sdk", ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
    (stage / "sdk" / "goalwright" / "rehearsal.py").write_text(_rehearsal(capability), encoding="utf-8")
    for shared in SHARED:
        place = stage / "sdk" / "schemas" / shared.relative_to(_SCHEMAS)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared, place)
    (stage / "sdk" / "schemas" / "patterns.py").write_text(_PATTERNS, encoding="utf-8")
    for module in modules(folder):
        shutil.copy(module, stage / "app")
    for package in packages:
        for path, file in package.files.items():
            place = stage / "packages" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def _rehearsal(capability: Capability) -> str:
    """Write the module that holds the calls which the guest makes of itself while it is built: the capability's examples."""
    about = {"idempotency_key": "", "attempt": 1, "signals": [], **capability.guest_data}
    calls = [
        json.dumps({"config": example.config, "input": example.input, "call": about})
        for example in capability.examples[:REHEARSED]
    ]
    return f'"""The capability\'s examples, as calls."""\n\nCALLS = {calls!r}\n'


def _componentize(capability: Capability, stage: Path) -> None:
    paths = [stage / "sdk", stage / "sdk" / "standins", stage / "app", stage / "packages"]
    arguments = ["-q", "-d", stage / "wit", "-w", "guest", "componentize", "--stub-wasi"]
    arguments += [part for path in paths for part in ("-p", path)]
    arguments += ["-o", stage / "component.wasm", "entry"]
    # Without VIRTUAL_ENV the tool would add the host's whole site-packages to the guest's path: it gets an empty one.
    environment = {"VIRTUAL_ENV": str(stage / "environment"), "PATH": os.defpath, "HOME": str(stage), "TMPDIR": str(stage)}
    command = [sys.executable, "-c", _LAUNCH, *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on paths that we made
            command, cwd=stage, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(capability.id, f"componentize-py did not end within {BUILD_TIMEOUT_S:.0f} s") from error
    if done.returncode != 0 or not (stage / "component.wasm").is_file():
        raise BuildError(capability.id, _reason(done.stdout + done.stderr))


def _reason(said: str) -> str:
    """Pick the line in which Python names what went wrong; the toolchain's own trace follows it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if _RAISED.match(line)]
    return (named or lines or ["componentize-py said nothing"])[-1][:500]
