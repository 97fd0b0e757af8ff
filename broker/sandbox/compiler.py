"""Compiles components once and keeps the result, also where it is that a component is refused.

The cache is a folder of sealed files (`catalog.sealed`). What it holds is named for what it depends on: the component's
SHA-256, the engine's profile (version, settings, processor), the interfaces granted. Seals are checked before a path is
given out: torn, changed and foreign files are compiled again and never loaded.
"""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.processes import environment
from broker.sandbox.binary import check_imports, imports
from broker.sandbox.engine import profile
from broker.sandbox.errors import CompileError, ComponentError, SandboxError, Why
from catalog.sealed import SealedFiles

WALL_SECONDS = 180.0
AT_ONCE = 2  # compiling uses every core and half a gigabyte
FAILURE_SECONDS = 3_600.0  # how long a limit that was hit counts as an answer: the machine may have been busy


class Compiler:
    """Turns `.wasm` files into images that workers load. `cache` is made where it does not exist."""

    def __init__(self, cache: Path, *, wall_s: float = WALL_SECONDS, failure_s: float = FAILURE_SECONDS) -> None:
        """Take the folder into use; raises `PermissionError` where it belongs to somebody else.

        One compilation may take `wall_s` seconds; that one hit a limit is remembered for `failure_s`.
        """
        self._failure_s = failure_s
        self.compilations = 0
        self._wall_s = wall_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._files = SealedFiles(cache / "images")

    async def image(self, wasm: Path, granted: Sequence[str]) -> Path:
        """Give the compiled image of `wasm`, which may import the interfaces in `granted`.

        Raises `ComponentError`, `CompileError`, or `OSError` where `wasm` cannot be read. A component that was refused is not
        compiled again; one that hit a limit only after a while.
        """
        content = await asyncio.to_thread(wasm.read_bytes)
        check_imports(imports(content), frozenset(granted))
        name = sha256("\n".join((await _digest(content), profile(), *sorted(granted))).encode()).hexdigest()
        image = self._files.file(f"{name}.cwasm")
        if not await asyncio.to_thread(self._intact, image):
            async with self._places:
                await self._compile(content, image, granted)
        return image

    async def _compile(self, content: bytes, image: Path, granted: Sequence[str]) -> None:
        if self._intact(image):  # somebody was first while this one waited
            return
        refusal = image.with_suffix(".refused")
        known = self._refused(refusal)
        if known:
            raise known
        self.compilations += 1
        with TemporaryDirectory(dir=self._files.folder, prefix="compiling-") as folder:
            source, target = Path(folder, "source.wasm"), Path(folder, "target.cwasm")
            await asyncio.to_thread(source.write_bytes, content)
            try:
                await _jailed(source, target, granted, self._wall_s)
            except SandboxError as error:
                await asyncio.to_thread(self._keep, error, target, refusal)
                raise
            await asyncio.to_thread(self._files.put, target, image.name)

    def _intact(self, file: Path) -> bool:
        return self._files.intact(file.name)

    def _keep(self, error: SandboxError, target: Path, refusal: Path) -> None:
        target.write_text(_told(error))
        self._files.put(target, refusal.name)

    def _refused(self, file: Path) -> SandboxError | None:
        """Give the refusal that was kept, if one was and it still counts."""
        if not file.exists() or not self._intact(file):
            return None
        told = json.loads(file.read_text())
        if told["why"]:
            return ComponentError(Why(told["why"]), told["detail"])
        return CompileError(told["detail"]) if time.time() - told["at"] < self._failure_s else None


def _told(error: SandboxError) -> str:
    why = error.why if isinstance(error, ComponentError) else None
    detail = error.detail if isinstance(error, (ComponentError, CompileError)) else str(error)
    return json.dumps({"why": why, "detail": detail, "at": time.time()})


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
        raise CompileError(_ended(process.returncode or 0))
    answer = json.loads(output)
    if "why" in answer:
        raise ComponentError(Why(answer["why"]), answer["detail"])


def _ended(code: int) -> str:
    reasons = {-signal.SIGXCPU: "it took too much processor time", -signal.SIGABRT: "the compiler gave up: too much memory"}
    return reasons.get(code, f"the compiler ended with {code}: too much memory, or a crash")


async def _digest(content: bytes) -> str:
    return (await asyncio.to_thread(sha256, content)).hexdigest()
