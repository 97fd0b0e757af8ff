"""Trying a handler: the examples of its capability, run in the sandbox and held against what they say."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from broker.pool import WasmPool
from catalog.calls import Call, Failed, Grants, Ok, Outcome
from catalog.capability import Capability, Example
from catalog.hosts import hosts_reached
from catalog.loader import LoadedCatalog
from catalog.registry import Catalog
from schemas.equality import equal
from schemas.values import Json, canonical
from service.composition import Vocabulary, sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one example: `differences` is empty where it answered as it says, None where it is only shown."""

    title: str
    differences: tuple[str, ...] | None

    @property
    def passed(self) -> bool:
        """Say whether nothing speaks against it."""
        return not self.differences

    def to_json(self) -> dict[str, Json]:
        """Write it as `handlers test --format json` does."""
        ran = self.differences is not None
        return {
            "title": self.title,
            "ran": ran,
            "passed": self.passed if ran else None,
            "differences": list(self.differences or ()),
        }


async def tried(known: Vocabulary, capability: Capability, component: Path) -> tuple[Tried, ...]:
    """Compile a handler and run every example that runs; each may reach what it names, within what the operator allows.

    Raises `SandboxError` for a component that is refused.
    """
    given = LoadedCatalog(catalog=Catalog.of([capability]), folders={}, components={capability.id: component})
    async with sandbox(replace(known, loaded=given)) as pool:
        await pool.prepare(lambda _handler, _stage: None)
        return tuple([await _tried(pool, capability, example, known.house.channels) for example in capability.examples])


async def _tried(pool: WasmPool, capability: Capability, example: Example, channels: frozenset[str]) -> Tried:
    if not example.runs:
        return Tried(title=example.title, differences=None)
    grants = Grants(hosts=hosts_reached(capability, example.config, example.input), channels=channels)
    call = Call(
        handler=capability.id,
        config=example.config,
        input=example.input,
        grants=grants,
        idempotency_key="example",
        step="example",
    )
    return Tried(title=example.title, differences=tuple(_differences(example, await pool.run(call))))


def _differences(example: Example, outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome, Ok):
        if example.error is not None:
            yield f"it answers {_short(outcome.output)} and should fail with {example.error}"
        else:
            yield from differences(example.output, outcome.output)
    elif not isinstance(outcome, Failed):
        yield "it waits, and an example ends"
    elif outcome.type != example.error:
        yield f"it fails with {outcome.type}: {outcome.message}" + (
            f"; it should fail with {example.error}" if example.error else ""
        )


def differences(wanted: Json, found: Json) -> tuple[str, ...]:
    """Say where two JSON values differ, a sentence each; numbers compare by value, and true is no number."""
    if equal(wanted, found):
        return ()
    from deepdiff import DeepDiff  # noqa: PLC0415 - takes a tenth of a second to import, and most commands compare nothing

    tree = DeepDiff(wanted, found, view="tree", ignore_numeric_type_changes=True)
    said = [_said(kind, item) for kind, items in tree.items() for item in items]
    return tuple(sorted(said)) or (f"wanted {_short(wanted)}, got {_short(found)}",)


def _said(kind: str, item: Json) -> str:
    path = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in item.path(output_format="list"))
    where = f"at {path or 'the root'}"
    if kind.endswith("_added"):
        return f"{where}: got {_short(item.t2)}, which is not wanted"
    if kind.endswith("_removed"):
        return f"{where}: wanted {_short(item.t1)}, got nothing"
    return f"{where}: wanted {_short(item.t1)}, got {_short(item.t2)}"


def _short(value: Json, limit: int = 200) -> str:
    text = canonical(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
