"""Check 10: what a document can reach, and whether it may. The manifest is computed here, never claimed."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from catalog.capability import Effect
from catalog.hosts import host_of
from catalog.values import Json
from fragments.checks.handlers import allowed_names
from fragments.checks.view import Node, View
from fragments.near import hint
from fragments.pointers import look_up
from fragments.problems import Problem, Severity
from fragments.proofs import Manifest

_ABSENT = object()


def check_effects(view: View) -> Iterator[Problem]:
    """Find steps that do to the world what they may not."""
    for node in view.nodes:
        for allow in view.frame.allows:
            if allow.effects is not None and node.effect is not None and node.effect not in allow.effects:
                allowed = ", ".join(allow.effects) or "nothing"
                says = f'Step "{node.step.name}" has the effect {node.effect.value}, which is not allowed here.'
                where = f"{node.pointer}/handler"
                yield Problem(code="authority.effect", where=where, says=says, hint=f"Allowed: {allowed}.")
                break


def check_hosts(view: View) -> Iterator[Problem]:
    """Find hosts that may not be reached."""
    for node in view.nodes:
        for where, value in _reached(node, "hosts"):
            host = _literal_host(value)
            if host is not None:
                yield from _host(view, node, where, host)
            elif _names_no_host(value) and not view.frame.hosts and view.frame.input is not None:
                says = f'Step "{node.step.name}": the URL names no host, and no host is granted.'
                advice = "Write the host into the URL, or give an absolute URL as input of the task."
                yield Problem(code="authority.no_host", where=where, says=says, hint=advice, severity=Severity.WARNING)


def check_channels(view: View) -> Iterator[Problem]:
    """Find channels that do not exist or may not be used."""
    usable = sorted(name for name in view.frame.channels if _listed(name, (a.channels for a in view.frame.allows)))
    for node in view.nodes:
        for where, value in _reached(node, "channels"):
            label = f'Step "{node.step.name}"'
            if not isinstance(value, str) or "{{" in value:
                says = f"{label}: a channel is written as a literal."
                yield Problem(code="authority.channel", where=where, says=says, hint=hint("", usable))
            elif value not in view.frame.channels:
                says = f'{label} sends to the channel "{value}", which there is not.'
                advice = hint(value, usable, otherwise="No channel is configured.")
                yield Problem(code="authority.channel", where=where, says=says, hint=advice)
            elif value not in usable:
                says = f'{label} sends to the channel "{value}", which is not allowed here.'
                advice = f"Allowed: {', '.join(usable)}." if usable else "No channel is allowed here."
                yield Problem(code="authority.channel", where=where, says=says, hint=advice)


def check_allowed_names(view: View) -> Iterator[Problem]:
    """Warn of allow lists that name what there is not."""
    handlers = allowed_names(view)
    for node in view.nodes:
        allow = node.step.allow
        if allow is None:
            continue
        ids = [capability.id for capability in view.catalog]
        for key, globs, names in (
            ("handlers", allow.handlers, [*handlers, *ids]),
            ("channels", allow.channels, sorted(view.frame.channels)),
        ):
            for i, glob in enumerate(globs or ()):
                if not any(fnmatchcase(name, glob) for name in names):
                    says = f'Step "{node.step.name}" allows {key} "{glob}", and there is none.'
                    advice = hint(glob, names if key == "channels" else handlers)
                    where = f"{node.pointer}/allow/{key}/{i}"
                    yield Problem(code="authority.nothing", where=where, says=says, hint=advice, severity=Severity.WARNING)


def manifest(view: View) -> Manifest:
    """List everything that the document can reach."""
    hosts: set[str] = set()
    channels: set[str] = set()
    for node in view.nodes:
        reached = [value for _, value in _reached(node, "hosts")]
        hosts.update(host for value in reached if (host := _literal_host(value)) is not None)
        if node.capability is not None and node.capability.authority.hosts:
            hosts.update(view.frame.hosts)
        channels.update(value for _, value in _reached(node, "channels") if isinstance(value, str))
    return Manifest(
        handlers=tuple(sorted({node.capability.id for node in view.nodes if node.capability is not None})),
        hosts=tuple(sorted(hosts)),
        channels=tuple(sorted(channels)),
        writes=tuple(sorted(node.address for node in view.nodes if node.effect is Effect.WRITE)),
        plans_within=tuple(sorted(node.address for node in view.nodes if node.planning)),
    )


def _reached(node: Node, kind: str) -> Iterator[tuple[str, Json]]:
    """Go through the values by which a step names hosts or channels."""
    if node.capability is None:
        return
    whole = {"config": node.step.config, "input": node.step.input}
    for pointer in getattr(node.capability.authority, kind):
        value = look_up(whole, pointer, _ABSENT)
        if value is not _ABSENT:
            yield f"{node.pointer}{pointer}", value


def _host(view: View, node: Node, where: str, host: str) -> Iterator[Problem]:
    if not _matches(host, view.frame.operator_hosts):
        says = f'Step "{node.step.name}" reaches {host}, which the operator does not allow.'
        yield Problem(
            code="authority.host", where=where, says=says, hint=f"Allowed: {', '.join(view.frame.operator_hosts) or 'none'}."
        )
    elif not _allowed(host, (allow.hosts for allow in view.frame.allows)):
        lists = "; ".join(", ".join(allow.hosts) or "none" for allow in view.frame.allows if allow.hosts is not None)
        says = f'Step "{node.step.name}" reaches {host}, which is not allowed here.'
        yield Problem(code="authority.host", where=where, says=says, hint=f"Allowed: {lists}.")


def _literal_host(value: Json) -> str | None:
    """Give the host of a URL, or of a URL template whose host is literal."""
    if not isinstance(value, str):
        return None
    scheme, separator, rest = value.partition("://")
    if not separator:
        return None
    cut = min((position for position in map(rest.find, "/?#{") if position >= 0), default=len(rest))
    if rest[cut : cut + 1] == "{" and rest[cut + 1 : cut + 2] not in ("/", "?", "#"):
        return None  # {host}, or api.{region}.example: known only when it runs
    return host_of(f"{scheme.lower()}://{rest[:cut]}")


def _names_no_host(value: Json) -> bool:
    return isinstance(value, str) and ("{" in value or not value.startswith(("http://", "https://")))


def _listed(name: str, lists: Iterable[tuple[str, ...] | None]) -> bool:
    return all(globs is None or any(fnmatchcase(name, glob) for glob in globs) for globs in lists)


def _allowed(name: str, lists: Iterable[tuple[str, ...] | None]) -> bool:
    return all(globs is None or _matches(name, globs) for globs in lists)


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob.lower()) for glob in globs)
