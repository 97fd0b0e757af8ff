"""Check 10, of secrets: they stand whole, where a capability takes them, and only those that are granted."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fragments.checks.configs import templates_in
from fragments.checks.layout import Body
from fragments.checks.view import View
from fragments.near import hint
from fragments.pointers import members
from fragments.problems import Problem
from fragments.references import SECRETS, find, whole


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that the document names. `at_sink`: it stands alone, where the handler takes one."""

    name: str
    where: str
    label: str
    at_sink: bool


def secrets_in(view: View) -> list[Secret]:
    """List every secret that the document names, wherever it stands."""
    found = [secret for body in view.bodies for secret in _in_config(body)]
    named = [(use, reference) for use, reference in view.references if reference.root == SECRETS]
    sinks = {where for body in view.bodies for where in _sinks(body)} if named else set()
    for use, reference in named:
        label = "The output" if use.node is None else use.node.label
        found.append(Secret(str(reference.path[0]), use.where, label, use.where in sinks and whole(use.text) == reference))
    return found


def check_secrets(view: View) -> Iterator[Problem]:
    """Find secrets that there are not, that may not be used, or that stand where none may stand."""
    secrets = secrets_in(view)
    if not secrets:
        return
    allows = [allow.secrets for allow in view.frame.allows if allow.secrets is not None]
    usable = sorted(name for name in view.frame.secrets if all(any(fnmatchcase(name, g) for g in globs) for globs in allows))
    for secret in secrets:
        if not secret.at_sink:
            says = f"{secret.label}: no secret may stand here."
            advice = "Write {{ secrets.NAME }} alone, where the handler's description says that it takes a secret."
        elif secret.name not in view.frame.secrets:
            says = f'{secret.label} uses the secret "{secret.name}", which there is not.'
            advice = hint(secret.name, usable, otherwise="No secret is configured.")
        elif secret.name not in usable:
            says = f'{secret.label} uses the secret "{secret.name}", which is not allowed here.'
            advice = f"Allowed: {', '.join(usable)}." if usable else "No secret is allowed here."
        else:
            continue
        yield Problem(code="authority.secret", where=secret.where, says=says, hint=advice)


def _in_config(body: Body) -> Iterator[Secret]:
    found = body.braced_config
    if not any(SECRETS in text for _, text in found):
        return
    sinks, templates = set(_sinks(body)), templates_in(body)
    for where, text in found:
        named = [reference for _, reference in find(text) if reference.root == SECRETS] if where not in templates else []
        yield from (Secret(str(one.path[0]), where, body.label, where in sinks and whole(text) == one) for one in named)


def _sinks(body: Body) -> Iterator[str]:
    if body.capability is None:
        return
    for pointer in body.capability.authority.secrets:
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        yield from (where for where, _ in members({"config": body.config, "input": body.input}, path, body.pointer))
