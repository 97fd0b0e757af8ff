"""Conditions: CEL over JSON values, by one implementation for the host and for guests, which ask the host."""

from schemas.conditions.evaluation import ConditionError, Kind, holds
from schemas.conditions.faults import Fault
from schemas.conditions.parsing import Condition, parse

__all__ = ["Condition", "ConditionError", "Fault", "Kind", "holds", "parse"]
