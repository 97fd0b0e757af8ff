"""CEL's conformance suite, as conditions: an expression is compared with the value that the suite expects of it."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from tests.support.outside import ROOT

DATA = ROOT / "tests" / "data" / "cel"
OTHER_FILES = {
    "messages of protobuf, which JSON does not have": ("dynamic, enums, proto2, proto2_ext, proto3, type_deduction, wrappers"),
    "extensions of the language, which conditions do not have": (
        "bindings_ext, block_ext, encoders_ext, macros2, math_ext, network_ext, optionals, string_ext"
    ),
    "partial evaluation, which conditions do not have": "unknowns",
}
"""Files of the suite that are not run, by the reason."""

Roots: TypeAlias = dict[str, Any]
Evaluation: TypeAlias = Callable[[str, Roots], bool | str]
"""Gives true, false, `invalid` for what is no condition, `failed` for what comes to no answer."""


class Case(NamedTuple):
    """One case: what is evaluated, and what is expected: a value as CEL writes it, or an error."""

    name: str
    expression: str
    roots: Roots
    value: str | None
    foreign: str


def cases() -> Iterator[Case]:
    """Go through the cases, in the order of the suite."""
    for name, case in json.loads((DATA / "suite.json").read_text())["cases"]:
        foreign = "only the checker is asked" if case.get("check_only") else case.get("foreign", "")
        expected = None if case.get("error") else case.get("value")
        yield Case(name, case["expr"], case.get("bindings", {}), expected, foreign)


def unlike() -> dict[str, list[str]]:
    """Give the names of cases that come to something else, by the reason."""
    found: dict[str, list[str]] = json.loads((DATA / "unlike.json").read_text())
    return found


def is_as_expected(case: Case, evaluated: Evaluation) -> bool:
    """Evaluate a case, and say whether what comes of it is what the suite expects."""
    if case.foreign:
        return False
    expression = f"({case.expression}\n)"
    if case.value is None:
        return evaluated(f"{expression} == {expression}", case.roots) in ("invalid", "failed")
    if case.value == "NAN":
        return evaluated(f"{expression} != {expression}", case.roots) is True
    alike = (f"{expression} == {case.value}", f"type{expression} == type({case.value})")
    return all(evaluated(text, case.roots) is True for text in alike)
