"""Check 3: handlers exist, in a version that is wanted, and may be used here."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from catalog.capability import Capability
from catalog.registry import Miss, Unresolved
from fragments.checks.findings import replaced
from fragments.checks.layout import Body
from fragments.checks.view import View
from fragments.documents import Allow
from fragments.near import hint, only_near
from fragments.problems import Problem, Severity


def check_handlers(view: View) -> Iterator[Problem]:
    """Find handlers that there are not, and those that may not be used here."""
    for body in view.bodies:
        where = f"{body.pointer}/handler"
        if body.miss is not None:
            yield _missing(body, body.miss, allowed_names(view), where)
        elif body.capability is not None and not handler_allowed(body.capability, view.frame.allows):
            says = f"{body.label} uses {body.capability.name}, which is not allowed here."
            yield Problem(code="handler.not_allowed", where=where, says=says, hint=_list(allowed_names(view)))
        elif body.capability is not None and body.capability.deprecated:
            says = f"{body.label} uses {body.capability.id}, which is deprecated."
            advice = body.capability.deprecated
            yield Problem(code="handler.deprecated", where=where, says=says, hint=advice, severity=Severity.WARNING)


def handler_allowed(capability: Capability, allows: Iterable[Allow]) -> bool:
    """Say whether every frame around allows a handler: by its name or its exact id, literally or by a glob."""
    return all(
        allow.handlers is None
        or any(fnmatchcase(capability.name, glob) or fnmatchcase(capability.id, glob) for glob in allow.handlers)
        for allow in allows
    )


@lru_cache(maxsize=1)  # asked for by each problem
def allowed_names(view: View) -> list[str]:
    """Name the handlers that may be used here."""
    allows = view.frame.allows
    return sorted({capability.name for capability in view.catalog if handler_allowed(capability, allows)})


def _missing(body: Body, miss: Unresolved, allowed: list[str], where: str) -> Problem:
    written, label = body.handler, body.label
    name, at, wanted = written.partition("@")
    if miss.miss is Miss.SYNTAX:
        says = f'{label}: "{written}" is no handler: after @ comes a version or a range.'
        return Problem(code="handler.syntax", where=where, says=says, hint="Write name, name@1.2.3 or name@^1.")
    if miss.miss is Miss.VERSION:
        says = f"{label}: no version of {name} is in the range {wanted}."
        return Problem(code="handler.version", where=where, says=says, hint=f"There is: {', '.join(miss.near)}.")
    if miss.miss is Miss.RETIRED:
        says = f"{label}: {name}{at}{wanted} is retired: {miss.because.rstrip('.')}."
        return Problem(code="handler.retired", where=where, says=says, hint=f"There is: {', '.join(miss.near) or 'no other'}.")
    meant = only_near(name, allowed)
    patch = replaced(where, written, f"{meant}{at}{wanted}") if meant is not None else None
    says = f'{label} uses the handler "{name}", which there is not.'
    return Problem(code="handler.unknown", where=where, says=says, hint=hint(name, allowed), patch=patch)


def _list(names: list[str]) -> str:
    return f"Allowed: {', '.join(names)}." if names else "No handler is allowed here."
