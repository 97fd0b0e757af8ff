"""Words that name nothing: errors that are never given, groups that nobody is in."""

from collections.abc import Iterator, Mapping

from catalog.calls import CALL_ERRORS
from fragments.checks.findings import replaced
from fragments.checks.layout import Node
from fragments.checks.view import View
from fragments.near import hint, only_near
from fragments.pointers import members
from fragments.problems import Problem, Severity


def check_retries(view: View) -> Iterator[Problem]:
    """Find errors under `retry_on` that the step never gives, which would turn retries off, or that are never retryable."""
    for node in view.nodes:
        if node.step.retry is None or not node.step.retry.retry_on:
            continue
        known = _errors(node)
        for i, word in enumerate(node.step.retry.retry_on if known is not None else ()):
            yield from _retried(node, word, known or {}, f"{node.pointer}/retry/retry_on/{i}")


def check_groups(view: View) -> Iterator[Problem]:
    """Warn of groups that nobody of the operator's people is in: whoever asks them waits in vain."""
    groups = view.frame.groups
    if groups is None:
        return
    for body in view.bodies:
        for pointer in body.capability.authority.groups if body.capability is not None else ():
            held = {"config": body.config, "input": body.input}
            for where, name in members(held, tuple(pointer.split("/")[1:]), body.pointer):
                if isinstance(name, str) and "{{" not in name and name not in groups:
                    meant = only_near(name, groups)
                    yield Problem(
                        code="authority.group",
                        where=where,
                        says=f'{body.label} asks the group "{name}", in which nobody is.',
                        hint=hint(name, groups, otherwise="Nobody is in any group."),
                        severity=Severity.WARNING,
                        patch=None if meant is None else replaced(where, name, meant),
                    )


def _retried(node: Node, word: str, known: Mapping[str, bool], where: str) -> Iterator[Problem]:
    if word not in known:
        meant = only_near(word, known)
        says = f'{node.label} retries on "{word}", an error that it never gives: with it nothing would be tried again.'
        patch = None if meant is None else replaced(where, word, meant)
        retryable = [name for name, may_be in known.items() if may_be]
        advice = hint(word, known) if meant is not None else hint(word, retryable)
        yield Problem(code="retry.unknown", where=where, says=says, hint=advice, patch=patch)
    elif not known[word]:
        says = f'{node.label} retries on "{word}", which is never tried again: it is no retryable error.'
        advice = hint("", [name for name, may_be in known.items() if may_be])
        yield Problem(code="retry.never", where=where, says=says, hint=advice, severity=Severity.WARNING)


def _errors(node: Node) -> dict[str, bool] | None:
    """Give the error types of a step's attempts and whether they may be retryable; None where a handler is not known."""
    bodies = [body for body in (node.body, *(arm.body for arm in node.arms)) if body is not None]
    if not bodies:
        return None  # steps of steps have no attempts of their own, which is told elsewhere
    known = dict(CALL_ERRORS)
    for body in bodies:
        if body.capability is None:
            return None
        known |= {error.type: error.retryable or known.get(error.type, False) for error in body.capability.errors}
    return known
