"""Every YAML example of the seeds: what it is converted to, or which problems keep it from being converted, and where."""

import os
from pathlib import Path

import pytest

from fragments.dialects import Bindings, Conversion, Dialect, convert, read_bindings, yaml_of
from fragments.yaml_text import read_yaml
from tests.support.telling import of_conversion

DATA = Path(__file__).resolve().parents[3] / "data" / "dialects"
SEEDS = sorted(path.stem for path in (DATA / "seeds").glob("*.yaml"))
BOUND = sorted(path.stem for path in (DATA / "bindings").glob("*.yaml"))
Finding = tuple[str, int, int]

UNBOUND: dict[str, tuple[Dialect | None, list[Finding]]] = {
    "argo-application": (None, [("dialect.unknown", 1, 13)]),
    "io-alert-rule": (None, [("dialect.unknown", 2, 7)]),
    "io-circuit-breaker": (
        Dialect.WORKFLOW_IO,
        [("dialect.unbound", 3, 14), ("dialect.not_yet", 7, 5), ("dialect.differs", 14, 7), ("dialect.unbound", 14, 16)],
    ),
    "io-condition-in-loop": (Dialect.WORKFLOW_IO, [("dialect.unbound", 9, 14)]),
    "io-conditions": (
        Dialect.WORKFLOW_IO,
        [("dialect.unbound", 3, 14), ("dialect.unbound", 10, 14), ("dialect.unbound", 16, 14)],
    ),
    "io-for-each": (Dialect.WORKFLOW_IO, [("dialect.unbound", 7, 14)]),
    "io-loop-in-condition": (
        Dialect.WORKFLOW_IO,
        [("dialect.unbound", 3, 14), ("dialect.differs", 9, 11), ("dialect.unbound", 13, 14)],
    ),
    "io-nested-loops": (Dialect.WORKFLOW_IO, [("dialect.unbound", 12, 18)]),
    "io-retention": (None, [("yaml.duplicate_key", 14, 1)]),
    "io-secrets": (
        Dialect.WORKFLOW_IO,
        [
            ("dialect.unbound", 3, 14),
            ("dialect.not_yet", 7, 9),
            ("dialect.not_yet", 12, 9),
            ("dialect.not_yet", 17, 9),
        ],
    ),
    "io-switch": (
        Dialect.WORKFLOW_IO,
        [
            ("dialect.unbound", 7, 20),
            ("dialect.unbound", 9, 20),
            ("dialect.unbound", 11, 20),
            ("dialect.unbound", 13, 18),
        ],
    ),
    "io-tenant": (None, [("dialect.unknown", 2, 7)]),
    "io-triggers": (Dialect.WORKFLOW_IO, [("dialect.not_yet", 6, 3), ("dialect.shape", 21, 9)]),
    "io-workflow-ref": (Dialect.WORKFLOW_IO, [("dialect.not_yet", 7, 5)]),
    "tasker-binary-decision": (
        Dialect.TASKER,
        [("dialect.unbound", 5, 17), ("dialect.shape", 9, 5), ("dialect.shape", 13, 5)],
    ),
    "tasker-conditional-parallel": (
        Dialect.TASKER,
        [("dialect.unbound", line, 17) for line in (9, 14, 21, 27, 34)],
    ),
    "tasker-decision-alone": (Dialect.TASKER, [("dialect.unbound", 6, 17)]),
    "tasker-dependencies-alone": (None, [("dialect.unknown", 1, 1)]),
    "tasker-downstream-steps": (
        Dialect.TASKER,
        [("dialect.shape", 3, 5), ("dialect.unbound", 10, 17), ("dialect.unbound", 17, 17)],
    ),
    "tasker-evaluate-risk": (Dialect.TASKER, [("dialect.unbound", line, 17) for line in (6, 16, 23)]),
    "tasker-nested-decisions": (Dialect.TASKER, [("dialect.unbound", line, 17) for line in (9, 14, 21, 27, 33)]),
    "tasker-nested-decisions-short": (Dialect.TASKER, [("dialect.shape", line, 5) for line in (2, 6, 10, 13)]),
    "tasker-no-branches": (Dialect.TASKER, [("dialect.unbound", line, 17) for line in (9, 14, 20)]),
    "tasker-parallel-short": (Dialect.TASKER, [("dialect.shape", line, 5) for line in (2, 7, 10, 14)]),
    "tasker-quick-start": (Dialect.TASKER, [("dialect.unbound", 6, 17), ("dialect.unbound", 15, 17)]),
    "tasker-simple-decision": (Dialect.TASKER, [("dialect.unbound", line, 17) for line in (9, 14, 20, 26)]),
    "tasker-test-no-dependencies": (Dialect.TASKER, [("dialect.unbound", 9, 17), ("dialect.unbound", 13, 17)]),
    "tasker-test-no-dependents": (Dialect.TASKER, [("dialect.unbound", 8, 17), ("dialect.unbound", 12, 17)]),
    "tasker-test-standard": (Dialect.TASKER, [("dialect.unbound", 8, 17), ("dialect.unbound", 11, 17)]),
    "tasker-test-valid": (Dialect.TASKER, [("dialect.unbound", line, 17) for line in (8, 12, 17)]),
}
"""Without a mapping file: the dialect that is found, and every problem with its line and column."""

LEFT_WHEN_BOUND: dict[str, list[Finding]] = {
    "io-circuit-breaker": [("dialect.not_yet", 7, 5), ("dialect.differs", 14, 7)],
    "io-loop-in-condition": [("dialect.differs", 9, 11)],
    "io-secrets": [("dialect.left_out", 7, 9), ("dialect.not_yet", 12, 9), ("dialect.not_yet", 17, 9)],
    "io-workflow-ref": [("dialect.not_yet", 7, 5)],
    "tasker-binary-decision": [("dialect.shape", 9, 5), ("dialect.shape", 13, 5)],
    "tasker-downstream-steps": [("dialect.shape", 3, 5)],
}
"""What remains with the mapping file; nothing for every other."""


def bindings_for(name: str) -> Bindings:
    bindings, problems = read_bindings((DATA / "bindings" / f"{name}.yaml").read_text())
    assert problems == ()
    assert bindings is not None
    return bindings


def converted(name: str, bindings: Bindings | None = None) -> Conversion:
    return of_conversion(convert((DATA / "seeds" / f"{name}.yaml").read_text(), bindings=bindings, name=name))


def found(conversion: Conversion) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line, problem.column) for problem in conversion.problems]


def test_every_example_stands_in_the_table() -> None:
    assert sorted(UNBOUND) == SEEDS


@pytest.mark.parametrize("name", SEEDS)
def test_without_a_mapping_file_every_callable_and_every_gap_is_told_with_its_place(name: str) -> None:
    conversion = converted(name)
    assert (conversion.dialect, found(conversion)) == UNBOUND[name]


@pytest.mark.parametrize("name", BOUND)
def test_with_a_mapping_file_it_is_the_golden_template_but_for_what_has_no_counterpart(name: str) -> None:
    conversion = converted(name, bindings_for(name))
    assert conversion.template is not None
    written = yaml_of(conversion.template)
    golden = DATA / "golden" / f"{name}.yaml"
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()
    assert read_yaml(written) == (conversion.template, ())
    assert found(conversion) == LEFT_WHEN_BOUND.get(name, [])
