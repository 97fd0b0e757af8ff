"""Builds and compiles handlers, each once, two at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from broker.sandbox.binary import granted
from broker.sandbox.compiler import Compiler
from broker.sandbox.errors import ComponentError
from catalog.capability import Capability

AT_ONCE = 2  # compiling uses every core and half a gigabyte

Progress = Callable[[str, str], None]
"""Told a handler's exact id and its stage: `building`, `compiling`, `ready`."""


Components = Callable[[Capability], Path]
"""Gives the path of a capability's `.wasm`, building it where need be; runs in a thread. Raises what building raises."""


class LibraryClosedError(Exception):
    """The image will not come any more."""


class Library:
    """Keeps the compiled image of each handler that was asked for. A component that was refused is not tried again."""

    def __init__(self, components: Components, compiler: Compiler) -> None:
        """Start with nothing compiled."""
        self._components = components
        self._compiler = compiler
        self._closed = False
        self._images: dict[str, asyncio.Task[Path]] = {}
        self._shared: dict[tuple[Path, frozenset[str]], Path] = {}  # imported operations have one component together
        self._places = asyncio.Semaphore(AT_ONCE)

    async def image(self, capability: Capability, progress: Progress | None = None) -> Path:
        """Give the compiled image; whoever asks meanwhile waits for the same work.

        Raises `SandboxError` where the component is refused or fails to compile, `LibraryClosedError` where the library closes
        first, and whatever building it raises.
        """
        task = self._images.get(capability.id)
        if task is None or _may_retry(task):
            task = asyncio.create_task(self._made(capability, progress or _silent))
            task.add_done_callback(_seen)
            self._images[capability.id] = task
        try:
            return await asyncio.shield(task)  # one caller that gives up must not stop the others' work
        except asyncio.CancelledError:
            if self._closed and task.cancelled():
                raise LibraryClosedError from None
            raise

    async def close(self) -> None:
        """Give up what is not finished; whoever waits for it gets `LibraryClosedError`."""
        self._closed = True
        for task in self._images.values():
            task.cancel()
        await asyncio.gather(*self._images.values(), return_exceptions=True)

    async def _made(self, capability: Capability, progress: Progress) -> Path:
        async with self._places:
            progress(capability.id, "building")
            wasm = await asyncio.to_thread(self._components, capability)
            key = wasm, frozenset(capability.imports)
            if key not in self._shared:
                progress(capability.id, "compiling")
                self._shared[key] = await self._compiler.image(wasm, granted(capability.imports))
            progress(capability.id, "ready")
            return self._shared[key]


def _may_retry(task: asyncio.Task[Path]) -> bool:
    if not task.done():
        return False
    return task.cancelled() or (task.exception() is not None and not isinstance(task.exception(), ComponentError))


def _seen(task: asyncio.Task[Path]) -> None:
    """Take note of a failure that nobody waits for any more, so that asyncio does not complain about it."""
    if not task.cancelled():
        task.exception()


def _silent(handler: str, stage: str) -> None:
    pass
