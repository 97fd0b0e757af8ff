"""Handlers that do what a test's script says."""

import asyncio
from collections.abc import Callable, Mapping

from catalog.calls import Call, Failed, Ok, Outcome

Script = Callable[[Call], Outcome]


class ScriptedHandlers:
    """Answers each call by the script of its handler (its name without version), or of its step; keeps every call.

    A call whose step is held waits until `release`, after it began or before; nothing else waits.
    """

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self.scripts: dict[str, Script] = {"echo": echo, **(scripts or {})}
        self.calls: list[Call] = []
        self.answered: list[Call] = []
        self._held: dict[str, asyncio.Event] = {}
        self._begun: set[str] = set()
        self._arrived: dict[str, asyncio.Event] = {}

    def hold(self, step: str, *, begun: bool = True) -> None:
        """Let calls of this step wait; unless `begun`, before they begin."""
        (self._begun.add if begun else self._begun.discard)(step)
        self._held[step] = asyncio.Event()
        self._arrived[step] = asyncio.Event()

    async def arrived(self, step: str) -> None:
        """Wait until a held step was called."""
        await self._arrived[step].wait()

    def release(self, step: str) -> None:
        """Let the calls of a held step go on."""
        self._held[step].set()

    async def run(self, call: Call) -> Outcome:
        self.calls.append(call)
        if call.step in self._begun:
            call.begun()
        if call.step in self._held:
            self._arrived[call.step].set()
            await self._held[call.step].wait()
        script = self.scripts.get(call.step) or self.scripts.get(call.handler.partition("@")[0])
        if script is None:
            return Failed(type="handler_unknown", message=f"no script for {call.handler}")
        call.begun()
        outcome = script(call)
        self.answered.append(call)
        return outcome


def echo(call: Call) -> Outcome:
    """Answer with the input."""
    return Ok(output=dict(call.input))
