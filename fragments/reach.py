"""What one handler's call reaches, as its config and input name it: hosts and channels, read at the capability's pointers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.capability import Capability
from catalog.hosts import host_of, texts_in
from fragments.pointers import look_up
from schemas.values import Json, JsonObject

_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A value by which a call names what it reaches, and the pointer to it in `{config, input}`."""

    pointer: str
    value: Json


def named(capability: Capability | None, kind: str, config: JsonObject, given: JsonObject) -> Iterator[Named]:
    """Go through the values by which a call names its `hosts`, `channels` or `secrets`.

    Where a config says nothing its default counts: the one server of an imported API.
    """
    pointers = () if capability is None else getattr(capability.authority, kind)
    whole = {"config": config, "input": given} if pointers else {}
    for pointer in pointers:
        value = look_up(whole, pointer, _ABSENT)
        if value is not _ABSENT:
            yield Named(pointer=pointer, value=value)
        elif capability is not None and pointer.startswith("/config/") and isinstance(config, Mapping):
            usual = capability.value_at(config, pointer.removeprefix("/config"))
            if usual is not None:
                yield Named(pointer="/config", value=usual)


def literal_hosts(capability: Capability | None, config: JsonObject, given: JsonObject) -> frozenset[str]:
    """Collect the hosts that are written in a call's own URLs."""
    found = (hosts_written(one.value) for one in named(capability, "hosts", config, given))
    return frozenset().union(*found)


def channels_named(capability: Capability | None, config: JsonObject, given: JsonObject) -> frozenset[str]:
    """Collect the channels that a call names."""
    values = (one.value for one in named(capability, "channels", config, given))
    return frozenset(value for value in values if isinstance(value, str))


def hosts_written(value: Json) -> frozenset[str]:
    """Collect the hosts of the URLs, and of the URL templates with a literal host, that stand anywhere in a value."""
    return frozenset(host for text in texts_in(value) if (host := literal_host(text)) is not None)


def literal_host(value: Json) -> str | None:
    """Give the host of a URL, or of a URL template whose host is literal; None for anything else."""
    if not isinstance(value, str):
        return None
    scheme, separator, rest = value.partition("://")
    if not separator:
        return None
    cut = min((position for position in map(rest.find, "/?#{") if position >= 0), default=len(rest))
    if rest[cut : cut + 1] == "{" and rest[cut + 1 : cut + 2] not in ("/", "?", "#"):
        return None  # {host}, or api.{region}.example: known only when it runs
    return host_of(f"{scheme.lower()}://{rest[:cut]}")
