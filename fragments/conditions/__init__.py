"""Conditions: CEL over the roots of references, checked against schemas and evaluated on the host."""

from fragments.conditions.checking import faults
from fragments.conditions.equality import equal
from fragments.conditions.evaluation import ConditionError, Kind, holds
from fragments.conditions.faults import CODES, Fault
from fragments.conditions.parsing import Condition, parse
from fragments.conditions.reading import references, steps_read

__all__ = [
    "CODES",
    "Condition",
    "ConditionError",
    "Fault",
    "Kind",
    "equal",
    "faults",
    "holds",
    "parse",
    "references",
    "steps_read",
]
