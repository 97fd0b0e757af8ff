"""What the engine that is to run a document does not run: refused whole, never run half."""

from collections.abc import Iterator

from fragments.checks.view import View
from fragments.constructs import Construct, constructs_of
from fragments.documents import Fragment, Template
from fragments.problems import Problem, Severity


def check_constructs(view: View) -> Iterator[Problem]:
    """Find constructs that the engine lacks, where the document is to be run."""
    if view.frame.runs is not None:
        yield from not_run(view.document, view.frame.runs, Severity.ERROR)


def not_run(document: Template | Fragment, runs: frozenset[Construct], severity: Severity) -> Iterator[Problem]:
    """Tell the constructs of a document that are not among those that an engine runs."""
    for construct, where in constructs_of(document):
        if construct not in runs:
            says = f"{construct.value} can be checked; the engine does not run it yet."
            advice = "Leave it out of what is to be run."
            yield Problem(code="language.not_run", where=where, says=says, hint=advice, severity=severity)
