"""Check 10: what a document can reach, and whether it may. The manifest is computed here, never claimed."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from catalog.capability import Effect
from catalog.hosts import covered, host_of
from fragments.checks.findings import replaced
from fragments.checks.handlers import allowed_names, handler_allowed
from fragments.checks.layout import Body
from fragments.checks.secrets import secrets_in
from fragments.checks.view import View
from fragments.near import hint, only_near
from fragments.pointers import look_up
from fragments.problems import Problem, Severity
from fragments.proofs import Manifest
from fragments.workflows import WorkflowInterface
from schemas.values import Json

_ABSENT = object()


def check_effects(view: View) -> Iterator[Problem]:
    """Find steps that do to the world what they may not."""
    for body in view.bodies if view.frame.allows else ():
        effect = body.effect
        for allow in view.frame.allows:
            if allow.effects is not None and effect is not None and effect not in allow.effects:
                allowed = ", ".join(allow.effects) or "nothing"
                says = f"{body.label} has the effect {effect.value}, which is not allowed here."
                where = f"{body.pointer}/handler"
                yield Problem(code="authority.effect", where=where, says=says, hint=f"Allowed: {allowed}.")
                break


def check_hosts(view: View) -> Iterator[Problem]:
    """Find hosts that may not be reached."""
    for body in view.bodies:
        for where, value in _reached(body, "hosts"):
            host = _literal_host(value)
            if host is not None:
                yield from _host(view, body.label, where, host)
            elif _names_no_host(value) and not view.frame.hosts and view.frame.input is not None:
                says = f"{body.label}: the URL names no host, and no host is granted."
                advice = "Write the host into the URL, or give an absolute URL as input of the task."
                yield Problem(code="authority.no_host", where=where, says=says, hint=advice, severity=Severity.WARNING)


def check_channels(view: View) -> Iterator[Problem]:
    """Find channels that do not exist or may not be used."""
    usable = sorted(name for name in view.frame.channels if _listed(name, (a.channels for a in view.frame.allows)))
    for body in view.bodies:
        for where, value in _reached(body, "channels"):
            label = body.label
            if not isinstance(value, str) or "{{" in value:
                says = f"{label}: a channel is written as a literal."
                yield Problem(code="authority.channel", where=where, says=says, hint=hint("", usable))
            elif value not in view.frame.channels:
                says = f'{label} sends to the channel "{value}", which there is not.'
                advice = hint(value, usable, otherwise="No channel is configured.")
                meant = only_near(value, usable)
                patch = replaced(where, value, meant) if meant is not None else None
                yield Problem(code="authority.channel", where=where, says=says, hint=advice, patch=patch)
            elif value not in usable:
                says = f'{label} sends to the channel "{value}", which is not allowed here.'
                advice = f"Allowed: {', '.join(usable)}." if usable else "No channel is allowed here."
                yield Problem(code="authority.channel", where=where, says=says, hint=advice)


def check_children(view: View) -> Iterator[Problem]:
    """Find workflows that reach, when they run as children, what may not be reached here."""
    for node in view.nodes:
        if not isinstance(node.child, WorkflowInterface):
            continue
        where = f"{node.pointer}/workflow"
        label = f"{node.label}: the workflow {node.child.id}"
        for host in node.child.authority.hosts:
            yield from _host(view, label, where, host)
        for code, what, beyond in _beyond(view, node.child):
            says = f"{label} uses {what} {beyond}, which is not allowed here."
            yield Problem(code=code, where=where, says=says, hint="Run another workflow, or allow it.")


def check_allowed_names(view: View) -> Iterator[Problem]:
    """Warn of allow lists that name what there is not."""
    for node in view.nodes:
        allow = node.step.allow
        if allow is None:
            continue
        handlers = allowed_names(view)
        ids = [capability.id for capability in view.catalog]
        for key, globs, names in (
            ("handlers", allow.handlers, [*handlers, *ids]),
            ("channels", allow.channels, sorted(view.frame.channels)),
            ("secrets", allow.secrets, sorted(view.frame.secrets)),
        ):
            for i, glob in enumerate(globs or ()):
                if not any(fnmatchcase(name, glob) for name in names):
                    says = f'Step "{node.step.name}" allows {key} "{glob}", and there is none.'
                    advice = hint(glob, handlers if key == "handlers" else names)
                    where = f"{node.pointer}/allow/{key}/{i}"
                    yield Problem(code="authority.nothing", where=where, says=says, hint=advice, severity=Severity.WARNING)


def manifest(view: View) -> Manifest:
    """List everything that the document can reach."""
    hosts: set[str] = set()
    channels: set[str] = set()
    for body in view.bodies:
        reached = [value for _, value in _reached(body, "hosts")]
        hosts.update(host for value in reached if (host := _literal_host(value)) is not None)
        if body.capability is not None and body.capability.authority.hosts:
            hosts.update(view.frame.hosts)
        channels.update(value for _, value in _reached(body, "channels") if isinstance(value, str))
    children = [(node.address, node.child.authority) for node in view.nodes if isinstance(node.child, WorkflowInterface)]
    own = Manifest(
        handlers=tuple(sorted({body.capability.id for body in view.bodies if body.capability is not None})),
        hosts=tuple(sorted(hosts)),
        channels=tuple(sorted(channels)),
        secrets=tuple(sorted({secret.name for secret in secrets_in(view) if secret.at_sink})),
        writes=tuple(sorted(body.address for body in view.bodies if body.effect is Effect.WRITE)),
        plans_within=tuple(sorted(node.address for node in view.nodes if node.planning)),
    )
    for address, manifest_of_child in children:
        own = own.with_child(address, manifest_of_child)
    return own


def _beyond(view: View, child: WorkflowInterface) -> Iterator[tuple[str, str, str]]:
    """Go through what a child may do and this document may not: code, kind, name."""
    frame, reach = view.frame, child.authority
    for name in reach.handlers:
        capability = view.catalog.capabilities.get(name)
        if capability is None or not handler_allowed(capability, frame.allows):
            yield "handler.not_allowed", "the handler", name
    for effect in sorted(child.effects):
        if any(allow.effects is not None and effect not in allow.effects for allow in frame.allows):
            yield "authority.effect", "the effect", effect.value
    for name in reach.channels:
        if name not in frame.channels or not _listed(name, (allow.channels for allow in frame.allows)):
            yield "authority.channel", "the channel", name
    for name in reach.secrets:
        if name not in frame.secrets or not _listed(name, (allow.secrets for allow in frame.allows)):
            yield "authority.secret", "the secret", name


def _reached(body: Body, kind: str) -> Iterator[tuple[str, Json]]:
    """Go through the values by which a body names hosts or channels."""
    if body.capability is None:
        return
    pointers = getattr(body.capability.authority, kind)
    whole = {"config": body.config, "input": body.input} if pointers else {}
    for pointer in pointers:
        value = look_up(whole, pointer, _ABSENT)
        if value is not _ABSENT:
            yield f"{body.pointer}{pointer}", value
        elif (usual := _usual(body, pointer)) is not None:
            yield f"{body.pointer}/config", usual


def _usual(body: Body, pointer: str) -> Json:
    """Give the default that counts where a config says nothing: the one server of an imported API."""
    root, _, rest = pointer.removeprefix("/").partition("/")
    if root != "config" or body.capability is None or not isinstance(body.config, Mapping):
        return None
    return body.capability.value_at(body.config, f"/{rest}")


def _host(view: View, label: str, where: str, host: str) -> Iterator[Problem]:
    if not covered(host, view.frame.operator_hosts):
        says = f"{label} reaches {host}, which the operator does not allow."
        yield Problem(
            code="authority.host", where=where, says=says, hint=f"Allowed: {', '.join(view.frame.operator_hosts) or 'none'}."
        )
    elif not _allowed(host, (allow.hosts for allow in view.frame.allows)):
        lists = "; ".join(", ".join(allow.hosts) or "none" for allow in view.frame.allows if allow.hosts is not None)
        says = f"{label} reaches {host}, which is not allowed here."
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


def _allowed(host: str, lists: Iterable[tuple[str, ...] | None]) -> bool:
    return all(globs is None or covered(host, globs) for globs in lists)
