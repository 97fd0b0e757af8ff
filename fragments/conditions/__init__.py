"""Conditions: CEL over the roots of references, checked against schemas and evaluated on the host."""

from fragments.conditions.checking import faults
from fragments.conditions.reading import references, steps_read
from schemas.conditions.equality import equal
from schemas.conditions.evaluation import ConditionError, Kind, holds
from schemas.conditions.faults import CODES, Fault
from schemas.conditions.parsing import Condition, parse

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
