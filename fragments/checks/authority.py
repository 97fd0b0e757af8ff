"""Check 10: what a document can reach, and whether it may. The manifest is computed here, never claimed."""

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from catalog.capability import Effect
from catalog.hosts import covered
from fragments.approvals import approved_before
from fragments.ceilings import patterns, reaches_nothing
from fragments.checks.findings import replaced
from fragments.checks.handlers import allowed_names, handler_allowed
from fragments.checks.layout import Body, Node
from fragments.checks.secrets import secrets_in
from fragments.checks.view import View
from fragments.documents import Fragment, Template
from fragments.near import hint, only_near
from fragments.problems import Problem, Severity
from fragments.proofs import Manifest
from fragments.reach import channels_named, hosts_written, literal_hosts, named
from fragments.sources import Sources, bare
from fragments.workflows import WorkflowInterface
from schemas.values import Json

_WILD = re.compile(r"[*?\[]")


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
            for host in sorted(hosts_written(value)):
                yield from _host(view, body.label, where, host)
                yield from _written_host(view, body, where, host)
            if _names_no_host(value) and not _body_hosts(view, body) and view.frame.input is not None:
                says = f"{body.label}: the URL names no host, and no input that the step reads names one."
                advice = "Write the host into the URL, or read an input of the task that is an absolute URL."
                yield Problem(code="authority.no_host", where=where, says=says, hint=advice, severity=Severity.WARNING)
    for node in view.nodes if isinstance(view.document, Fragment) else ():
        for host in sorted(hosts_written(node.step.input) if node.planning else ()):
            yield from _host(view, node.label, f"{node.pointer}/input", host)


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


def check_grants(view: View) -> Iterator[Problem]:
    """Warn of patterns that grant nothing because the plan is made from what the world said."""
    for node in view.nodes if isinstance(view.document, Template) else ():
        allow, address = node.step.allow, bare(node.address)
        if not node.planning or allow is None or not view.origins.read(address).world:
            continue
        if approved_before(view.document.steps, address, view.capability):
            continue
        for key in ("hosts", "channels", "secrets"):
            for i in patterns(getattr(allow, key)):
                says = (
                    f"{node.label} plans from what other steps read from the world: a pattern in allow.{key} "
                    "grants nothing beyond what the template reaches itself."
                )
                advice = f"Write the {key} out by name, or let the step depend on an approval."
                where = f"{node.pointer}/allow/{key}/{i}"
                yield Problem(code="authority.by_name", where=where, says=says, hint=advice, severity=Severity.WARNING)


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
        yield from _idle_hosts(view, node.label, f"{node.pointer}/allow/hosts", allow.hosts or ())


def _idle_hosts(view: View, label: str, where: str, globs: Iterable[str]) -> Iterator[Problem]:
    """Warn of globs of hosts of which the operator, or a frame around, lets none be reached."""
    lists = [view.frame.operator_hosts, *(allow.hosts for allow in view.frame.allows if allow.hosts is not None)]
    for i, glob in enumerate(globs):
        if not all(any(_may_meet(glob, other) for other in one) for one in lists):
            known = sorted({other for one in lists for other in one})
            says = f'{label} allows hosts "{glob}", of which none may be reached here.'
            advice = hint(glob, known, otherwise="No host may be reached here.")
            at = f"{where}/{i}"
            yield Problem(code="authority.nothing", where=at, says=says, hint=advice, severity=Severity.WARNING)


def _may_meet(glob: str, other: str) -> bool:
    """Say whether a host may be covered by both of two globs: surely so where both have wildcards within."""
    if not _WILD.search(glob):
        return covered(glob, (other,))
    if not _WILD.search(other):
        return covered(other, (glob,))
    ends = (glob.lower().rpartition("*")[2], other.lower().rpartition("*")[2])
    begins = (glob.lower().partition("*")[0], other.lower().partition("*")[0])
    return _one_holds(ends, str.endswith) and _one_holds(begins, str.startswith)


def _one_holds(pair: tuple[str, str], holds: Callable[[str, str], bool]) -> bool:
    return holds(*pair) or holds(*reversed(pair))


def manifest(view: View) -> Manifest:
    """List everything that the document can reach."""
    hosts, written, channels, effects = set[str](), set[str](), set[str](), set[str]()
    for body in view.bodies:
        reached = _body_hosts(view, body)
        hosts |= reached
        channels |= channels_named(body.capability, body.config, body.input)
        effects |= {body.effect.value} if body.effect is not None else set()
        written |= reached if body.effect is Effect.WRITE else set()
    for node in view.nodes:
        hosts |= _plan_hosts(view, node) if node.planning else set()
    own = Manifest(
        handlers=tuple(sorted({*_handlers(view)})),
        hosts=tuple(sorted(hosts)),
        channels=tuple(sorted(channels)),
        secrets=tuple(sorted({secret.name for secret in secrets_in(view) if secret.at_sink})),
        writes=tuple(sorted(body.address for body in view.bodies if body.effect is Effect.WRITE)),
        plans_within=tuple(sorted(node.address for node in view.nodes if node.planning)),
        effects=tuple(sorted(effects)),
        hosts_written=tuple(sorted(written)),
    )
    for node in view.nodes:
        if isinstance(node.child, WorkflowInterface):
            own = own.with_child(node.address, node.child.authority)
    return own


def _handlers(view: View) -> Iterator[str]:
    """Go through the handlers that the document may run: where a fragment plans, its plans may use all that only compute."""
    yield from (body.capability.id for body in view.bodies if body.capability is not None)
    if not isinstance(view.document, Fragment):
        return
    for node in view.nodes:
        if node.planning:
            allows = (*view.frame.allows, *((node.step.allow,) if node.step.allow else ()))
            yield from (one.id for one in view.catalog if reaches_nothing(one) and handler_allowed(one, allows))


def _body_hosts(view: View, body: Body) -> frozenset[str]:
    """Collect the hosts that a call may reach: those in its URLs, and those that the inputs which it reads name."""
    if body.capability is None or not body.capability.authority.hosts:
        return frozenset()
    own = literal_hosts(body.capability, body.config, body.input)
    named = _named_by(view, view.origins.read(body.address))
    written = view.frame.written_hosts
    if body.effect is Effect.WRITE and written is not None:
        named = frozenset(host for host in named if covered(host, written))
    return own | named


def _plan_hosts(view: View, node: Node) -> frozenset[str]:
    """Collect the hosts that the input of a planning step names: its plan may reach them."""
    return hosts_written(node.step.input) | _named_by(view, view.origins.read(node.address))


def _named_by(view: View, sources: Sources) -> frozenset[str]:
    """Collect the hosts that inputs name, in words where they are not known yet."""
    if view.frame.input is None:
        return frozenset(sources.in_words)
    keys = [
        view.frame.input_hosts if not path else {path[0]: view.frame.input_hosts.get(str(path[0]), ())}
        for path in sources.inputs
    ]
    named = {host for hosts in keys for some in hosts.values() for host in some}
    return frozenset(host for host in named if _reachable(view, host))


def _reachable(view: View, host: str) -> bool:
    lists = (allow.hosts for allow in view.frame.allows)
    return covered(host, view.frame.operator_hosts) and _allowed(host, lists)


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
    """Go through the values by which a body names hosts or channels, with their pointers in the document."""
    found = named(body.capability, kind, body.config, body.input)
    return ((f"{body.pointer}{one.pointer}", one.value) for one in found)


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


def _written_host(view: View, body: Body, where: str, host: str) -> Iterator[Problem]:
    written = view.frame.written_hosts
    if body.effect is Effect.WRITE and written is not None and not covered(host, written):
        says = f"{body.label} writes to {host}, and no write to it is granted here."
        advice = f"Granted: {', '.join(written) or 'none'}."
        yield Problem(code="authority.host", where=where, says=says, hint=advice)


def _names_no_host(value: Json) -> bool:
    return isinstance(value, str) and ("{" in value or not value.startswith(("http://", "https://")))


def _listed(name: str, lists: Iterable[tuple[str, ...] | None]) -> bool:
    return all(globs is None or any(fnmatchcase(name, glob) for glob in globs) for globs in lists)


def _allowed(host: str, lists: Iterable[tuple[str, ...] | None]) -> bool:
    return all(globs is None or covered(host, globs) for globs in lists)
