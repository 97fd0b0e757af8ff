"""The error types that the engine itself gives; handlers and planners add their own."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a step, a scope or a task failed."""

    BOUNDS_EXHAUSTED = "bounds_exhausted"  # the ledger has too little left
    CANCELLED = "cancelled"  # of a scope: what is around it ended first
    EFFECT_UNKNOWN = "effect_unknown"  # a write may or may not have happened and may not be made again
    GRAPH_INVALID = "graph_invalid"  # some step of the scope could never start
    HANDLER_CHANGED = "handler_changed"  # the version that the task was submitted with is another one now
    HANDLER_UNKNOWN = "handler_unknown"  # the catalog has no such handler
    INPUT_INVALID = "input_invalid"  # the task's input does not fit the template's schema
    INTERNAL_ERROR = "internal_error"  # an adapter raised
    INTERRUPTED = "interrupted"  # the process that made the attempt died
    ITEMS_INVALID = "items_invalid"  # what a loop goes over is no list
    MUST_PRODUCE_VIOLATED = "must_produce_violated"  # a plan's output does not fit the contract of its step
    PLANNING_FAILED = "planning_failed"  # no answer of the planner passed the checks
    REFERENCE_UNRESOLVED = "reference_unresolved"  # a reference goes along a path that is not there
    TIMED_OUT = "timed_out"  # an attempt took longer than its timeout
    TOO_MANY_ITEMS = "too_many_items"  # a loop has more items than `max_items`
    TOO_MANY_INTERRUPTIONS = "too_many_interruptions"  # one step was under way at every crash
    WALL_CLOCK_EXHAUSTED = "wall_clock_exhausted"  # the time allowed is used up


FINAL = frozenset({Reason.BOUNDS_EXHAUSTED, Reason.EFFECT_UNKNOWN, Reason.TOO_MANY_INTERRUPTIONS, Reason.WALL_CLOCK_EXHAUSTED})
"""A phase that failed so is not planned again: another plan would exceed the same bound or repeat the same write."""
