"""Ceilings: what a plan may reach at most because of where it stands. Authority only shrinks down the tree.

* A plan within a plan reaches at most what the manifest of the plan around says, and what the goal's frame grants by name.
* A plan made from what the world said gains no host, channel, secret or write beyond those of the document around and of the
  plans that its step had before, and what the frame grants by name.

The frame is the outermost planning step, which a person wrote: its `allow` grants what it writes out. A pattern with `*` only
narrows. Handlers that reach nothing are no authority, and are withheld by `allow` alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.capability import Capability, Effect
from catalog.hosts import covered
from fragments.documents import Allow
from fragments.proofs import Manifest

_PATTERN = frozenset("*?[")
_HOST_PATTERN = frozenset("*?")  # a bracket begins an address


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What a plan may reach: `allow` joins the lists of its frame, `written_hosts` says where it may write."""

    allow: Allow
    written_hosts: tuple[str, ...]


def of_plan_around(around: Manifest, frame: Allow | None, capabilities: Iterable[Capability]) -> Ceiling:
    """Give the ceiling of a plan within a plan whose manifest is `around`, under the `allow` of the frame."""
    granted = granted_by_name(frame)
    harmless = (one.id for one in capabilities if reaches_nothing(one))
    handlers = (*around.handlers, *harmless, *(granted.handlers or ()))
    effects = {Effect.PURE, *map(Effect, around.effects), *(granted.effects or ())}
    return _ceiling(around, granted, handlers=_unique(handlers), effects=effects)


def of_worldly_plan(known: Manifest, frame: Allow | None) -> Ceiling:
    """Give the ceiling of a plan made from what the world said, where `known` is what could be reached without it."""
    granted = granted_by_name(frame)
    effects = set(Effect)
    if Effect.WRITE not in {*known.effects, *(granted.effects or ())}:
        effects.remove(Effect.WRITE)
    return _ceiling(known, granted, handlers=None, effects=effects)


def granted_by_name(frame: Allow | None) -> Allow:
    """Give what a frame's `allow` writes out: names and effects, no patterns."""
    if frame is None:
        return Allow()
    return Allow.model_construct(
        handlers=_names(frame.handlers),
        effects=frame.effects,
        hosts=_names(frame.hosts, _HOST_PATTERN),
        channels=_names(frame.channels),
        secrets=_names(frame.secrets),
    )


def patterns(globs: Sequence[str] | None) -> tuple[int, ...]:
    """Give the places of the entries that are patterns, which grant nothing by themselves."""
    return tuple(i for i, glob in enumerate(globs or ()) if not _HOST_PATTERN.isdisjoint(glob))


def reaches_nothing(capability: Capability) -> bool:
    """Say whether a handler only computes: it has no effect on the world and imports nothing."""
    return capability.effect is Effect.PURE and capability.effect_by is None and not capability.imports


def _ceiling(known: Manifest, granted: Allow, *, handlers: tuple[str, ...] | None, effects: set[Effect]) -> Ceiling:
    named_hosts = granted.hosts or ()
    hosts = (*(host for host in known.hosts if _HOST_PATTERN.isdisjoint(host)), *named_hosts)
    written = tuple(host for host in hosts if covered(host, known.hosts_written) or host in named_hosts)
    allow = Allow.model_construct(  # without the limit on what a document may list
        handlers=handlers,
        effects=tuple(sorted(effects)),
        hosts=_unique(hosts),
        channels=_unique((*map(_literal, known.channels), *(granted.channels or ()))),
        secrets=_unique((*map(_literal, known.secrets), *(granted.secrets or ()))),
    )
    return Ceiling(allow=allow, written_hosts=_unique(written))


def _names(globs: Sequence[str] | None, pattern: frozenset[str] = _PATTERN) -> tuple[str, ...]:
    return tuple(glob for glob in globs or () if pattern.isdisjoint(glob))


def _literal(name: str) -> str:
    """Write a name as a pattern that only the name fits."""
    return "".join(f"[{character}]" if character in _PATTERN else character for character in name)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
