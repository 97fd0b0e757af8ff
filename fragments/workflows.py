"""What one workflow knows of another that it runs as its child: its shape, its bound, its authority."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from semantic_version import NpmSpec, Version

from catalog.capability import Effect
from catalog.registry import Miss
from fragments.near import nearest
from fragments.proofs import Bound, Manifest
from schemas.values import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInterface:
    """One version of a template as others see it. `calls` names the workflows that it runs itself, as `namespace/name`.

    `digest` names all that was proved of it, and so what it runs.
    """

    name: str
    namespace: str
    version: str
    input_schema: Schema
    output_schema: Schema
    bound: Bound
    authority: Manifest
    effects: frozenset[Effect]
    digest: str
    calls: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Name the workflow without its version: `namespace/name`."""
        return f"{self.namespace}/{self.name}"


Workflows: TypeAlias = Mapping[str, Sequence[WorkflowInterface]]
"""All versions of the workflows that there are, by `namespace/name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorkflow:
    """A reference to a workflow that found nothing, and the nearest names or the versions that there are."""

    miss: Miss
    near: tuple[str, ...] = ()


def find_workflow(workflows: Workflows, reference: str, namespace: str) -> WorkflowInterface | NoWorkflow:
    """Find the newest version that `name`, `namespace/name` or either with `@RANGE` (npm's range syntax) means.

    A name without a namespace is looked for in `namespace`, then in `default`.
    """
    name, at, wanted = reference.partition("@")
    versions = _named(workflows, name, namespace)
    if not versions:
        return NoWorkflow(miss=Miss.NAME, near=nearest(name, _names(workflows, namespace)))
    try:
        spec = NpmSpec(wanted if at else "*")
    except ValueError:
        return NoWorkflow(miss=Miss.SYNTAX)
    known = {Version(one.version): one for one in versions}
    best = spec.select(known)
    return NoWorkflow(miss=Miss.VERSION, near=tuple(str(version) for version in sorted(known))) if best is None else known[best]


def names_of(workflows: Workflows, namespace: str) -> tuple[str, ...]:
    """Name every workflow as it can be written in `namespace`: without it where it is one's own."""
    return tuple(sorted(_names(workflows, namespace)))


def reachable(workflows: Workflows, start: WorkflowInterface) -> frozenset[str]:
    """Name every workflow that one runs, over any chain, itself included."""
    pending, seen = [start], {start.id}
    while pending:
        for called in pending.pop().calls:
            if called not in seen:
                seen.add(called)
                pending.extend(workflows.get(called, ()))
    return frozenset(seen)


def _named(workflows: Workflows, name: str, namespace: str) -> Sequence[WorkflowInterface]:
    if "/" in name:
        return workflows.get(name, ())
    return workflows.get(f"{namespace}/{name}") or workflows.get(f"default/{name}", ())


def _names(workflows: Workflows, namespace: str) -> list[str]:
    return [key.removeprefix(f"{namespace}/").removeprefix("default/") for key, versions in workflows.items() if versions]
