"""Checks: small pure functions, all run, all findings reported. What passes carries its proof: bound, manifest, digest."""

from collections.abc import Callable, Iterable, Iterator

from catalog.registry import Catalog
from fragments.checks import (
    authority,
    bounds,
    conditions,
    configs,
    contracts,
    engines,
    graphs,
    handlers,
    kinds,
    lookalikes,
    names,
    references,
    secrets,
    shapes,
    switches,
    words,
)
from fragments.checks.digests import digest_of
from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.checks.worst import worst_case
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.problems import Problem, Severity, errors
from fragments.proofs import Report
from schemas.effort import CHECKING, TooMuchWorkError, bounded

STRUCTURE: tuple[Callable[[View], Iterable[Problem]], ...] = (
    engines.check_constructs,
    shapes.check_combinations,
    shapes.check_lists,
    shapes.check_fixed_texts,
    names.check_step_names,
    names.check_loop_names,
    handlers.check_handlers,
    configs.check_configs,
    configs.check_config_references,
    configs.check_formats,
    graphs.check_dependencies,
    graphs.check_cycles,
    graphs.check_use,
    kinds.check_decisions,
    kinds.check_deferred,
    kinds.check_workflows,
    references.check_syntax,
    references.check_heads,
    lookalikes.check_lookalikes,
    authority.check_effects,
    authority.check_hosts,
    authority.check_channels,
    authority.check_children,
    authority.check_grants,
    secrets.check_secrets,
    authority.check_allowed_names,
    words.check_retries,
    words.check_groups,
)
"""Checks that look at what is written."""

AUTHORITY: tuple[Callable[[View], Iterable[Problem]], ...] = (
    handlers.check_handlers,
    authority.check_effects,
    authority.check_hosts,
    authority.check_channels,
    authority.check_children,
    secrets.check_secrets,
)
"""Checks of what may be reached, a part of those of `STRUCTURE`."""

FLOW: tuple[Callable[[Flows], Iterable[Problem]], ...] = (
    contracts.check_schemas,
    graphs.check_loops,
    switches.check_switches,
    conditions.check_conditions,
    conditions.check_rules,
    kinds.check_decision_outputs,
    references.check_paths,
    contracts.check_inputs,
    contracts.check_output,
    bounds.check_bounds,
    bounds.check_prices,
    bounds.check_allowances,
)
"""Checks that look at what flows and how often."""


MOST_OF_A_KIND = 500
"""Findings of one check that are listed: more help nobody, and finding near names for each takes its time."""


def check(document: Template | Fragment, catalog: Catalog, frame: Frame) -> Report:
    """Run every check on a document. The report proves what it proves only where it has no error."""
    view = View(document, catalog, frame)
    flows = Flows(view)
    problems = tuple(_findings(view, flows))
    if errors(problems):
        return Report(problems=problems)
    return Report(
        problems=problems,
        bound=worst_case(flows).bound,
        authority=authority.manifest(view),
        digest=digest_of(view),
    )


def authority_of(document: Template | Fragment, catalog: Catalog, frame: Frame) -> Report:
    """Run the checks of authority alone: for whoever takes a document over whose other checks somebody else made.

    The report holds their errors, the manifest and the digest, whether or not there are errors.
    """
    view = View(document, catalog, frame)
    problems = tuple(problem for look in AUTHORITY for problem in look(view))
    return Report(problems=errors(problems), authority=authority.manifest(view), digest=digest_of(view))


def problems_of(document: Template | Fragment, catalog: Catalog, frame: Frame) -> tuple[Problem, ...]:
    """Run every check on a document and give the findings alone: without a proof it takes less time."""
    view = View(document, catalog, frame)
    return tuple(_findings(view, Flows(view)))


def _findings(view: View, flows: Flows) -> list[Problem]:
    try:
        with bounded(CHECKING):
            found = [problem for look in STRUCTURE for problem in _first(look(view))]
            found.extend(problem for look in FLOW for problem in _first(look(flows)))
    except TooMuchWorkError as error:
        advice = "Use smaller schemas and simpler patterns; minLength, maxLength, enum and format cost less."
        return [Problem(code="document.effort", where="", says=str(error), hint=advice)]
    return found


def _first(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Pass on what a check finds, up to a limit for each severity; past it, say so. No error goes by unseen."""
    counts: dict[Severity, int] = {}
    for problem in problems:
        counts[problem.severity] = counts.get(problem.severity, 0) + 1
        if counts[problem.severity] <= MOST_OF_A_KIND:
            yield problem
        elif counts[problem.severity] == MOST_OF_A_KIND + 1:
            yield _more(problem)
        if counts.get(Severity.ERROR, 0) > MOST_OF_A_KIND:
            return


def _more(problem: Problem) -> Problem:
    says = f"There are more than {MOST_OF_A_KIND} problems such as {problem.code}; the others are not listed."
    return Problem(code="document.problems", where="", says=says, hint="Mend these first.", severity=problem.severity)
