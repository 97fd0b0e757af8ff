"""Compiles components once and keeps the result.

The cache is a folder that only its owner may enter (mode 0700; another owner or mode is refused). An image is named for what it
depends on: the component's SHA-256, the engine's profile, the interfaces granted. Beside it stands the SHA-256 of its bytes,
checked before a path is given out, so that a torn or changed file is compiled again and never loaded. A keyed digest would
add nothing: its key would have to lie beside it, and who can write here runs as us already.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.processes import environment
from broker.sandbox.binary import check_imports, imports
from broker.sandbox.engine import profile
from broker.sandbox.errors import CompileError, ComponentError, Why

WALL_SECONDS = 180.0


class Compiler:
    """Turns `.wasm` files into images that workers load. `cache` is made where it does not exist."""

    def __init__(self, cache: Path, *, wall_s: float = WALL_SECONDS) -> None:
        """Take the folder into use; raises `PermissionError` where others may enter or own it.

        One compilation may take `wall_s` seconds.
        """
        self._wall_s = wall_s
        self._cache = cache / "images"
        self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self._cache.lstat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077:
            message = f"{self._cache} must belong to this user and be closed to all others (chmod 700)"
            raise PermissionError(message)

    async def image(self, wasm: Path, granted: Sequence[str]) -> Path:
        """Give the compiled image of `wasm`, which may import the interfaces in `granted`.

        Raises `ComponentError`, `CompileError`, or `OSError` where `wasm` cannot be read.
        """
        content = await asyncio.to_thread(wasm.read_bytes)
        check_imports(imports(content), frozenset(granted))
        name = sha256("\n".join((await _digest(content), profile(), *sorted(granted))).encode()).hexdigest()
        image = self._cache / f"{name}.cwasm"
        if not await asyncio.to_thread(_intact, image):
            await self._compile(content, image, granted)
        return image

    async def _compile(self, content: bytes, image: Path, granted: Sequence[str]) -> None:
        with TemporaryDirectory(dir=self._cache, prefix="compiling-") as folder:
            source, target = Path(folder, "source.wasm"), Path(folder, "target.cwasm")
            await asyncio.to_thread(source.write_bytes, content)
            await _jailed(source, target, granted, self._wall_s)
            await asyncio.to_thread(_publish, target, image)


async def _jailed(source: Path, target: Path, granted: Sequence[str], wall_s: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "broker.sandbox.jail", str(source), str(target), *granted),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment(),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(wall_s):
            output, _ = await process.communicate()
    except TimeoutError:
        late = f"it took more than {wall_s:g} s"
        raise CompileError(late) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        crash = f"the compiler ended with {process.returncode}: too much time, memory or output"
        raise CompileError(crash)
    answer = json.loads(output)
    if "why" in answer:
        raise ComponentError(Why(answer["why"]), answer["detail"])


async def _digest(content: bytes) -> str:
    return (await asyncio.to_thread(sha256, content)).hexdigest()


def _seal(image: Path) -> Path:
    return image.with_suffix(".sha256")


def _intact(image: Path) -> bool:
    """Say whether `image` is a plain file of ours whose bytes are those that were compiled."""
    try:
        descriptor = os.open(image, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            return file_digest(file, "sha256").hexdigest() == _seal(image).read_text().strip()
    except OSError:
        return False


def _publish(target: Path, image: Path) -> None:
    """Move a finished image into place, atomically; the seal goes first, so that a crash in between leaves no valid pair."""
    with target.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    seal = target.with_suffix(".sha256")
    seal.write_text(digest)
    seal.replace(_seal(image))
    target.replace(image)
