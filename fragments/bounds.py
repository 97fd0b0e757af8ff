"""Bounds: what a task or a scope may use. Amounts: what it did use or has reserved."""

import re
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from catalog.capability import Document
from schemas.values import Json, JsonObject

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = timedelta(days=365)
_BEYOND = 1e9  # seconds; far beyond any limit, and what `timedelta` holds
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def _parse_duration(value: Json) -> Json:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return _length(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value)))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _length(value)
    if isinstance(value, timedelta):
        return value
    msg = "a duration: a number of seconds or a text such as 500ms, 30s, 10m, 1h30m"
    raise ValueError(msg)


def _length(seconds: float) -> timedelta:
    """Give a length that can be compared with the limits, which anything beyond them is refused by."""
    return timedelta(seconds=max(min(seconds, _BEYOND), -_BEYOND))


def _within_limits(value: timedelta) -> timedelta:
    if timedelta(0) < value <= _LONGEST:
        return value
    msg = "more than 0 seconds" if value <= _LONGEST else f"at most {_LONGEST.days} days"
    raise ValueError(msg)


def _write_duration(value: timedelta) -> str:
    """Write seconds, to the microsecond and without an exponent, which `_parse_duration` would not read."""
    return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    PlainSerializer(_write_duration, return_type=str),
    AfterValidator(_within_limits),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": int(_LONGEST.total_seconds())},
            ]
        }
    ),
]
"""A length of time: `30s`, `10m`, `1h30m`, or a number of seconds."""


class Bounds(Document):
    """What a template, a goal or a planning step says that it may use. What it leaves out, the frame around it decides."""

    steps: int | None = Field(default=None, ge=1, le=100_000, description="Step instances, items of loops included.")
    depth: int | None = Field(default=None, ge=1, le=10, description="Planning steps within planning steps.")
    phases: int | None = Field(default=None, ge=1, le=100, description="Plans that one planning step may make in turn.")
    model_calls: int | None = Field(default=None, ge=0, le=10_000)
    cost_usd: float | None = Field(default=None, ge=0, le=1_000_000)
    wall_clock: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Whole bounds: what is left for a scope. Every field is a number, so nothing is unbounded by oversight."""

    steps: int = 200
    depth: int = 3
    phases: int = 3
    model_calls: int = 10
    cost_usd: float = 1.0
    wall_clock_s: float = 1800.0

    def narrowed(self, bounds: Bounds | None) -> "Left":
        """Give the smaller of each: bounds only ever shrink with depth."""
        if bounds is None:
            return self
        asked = {
            "steps": bounds.steps,
            "depth": bounds.depth,
            "phases": bounds.phases,
            "model_calls": bounds.model_calls,
            "cost_usd": bounds.cost_usd,
            "wall_clock_s": bounds.wall_clock.total_seconds() if bounds.wall_clock else None,
        }
        return Left.from_json({f.name: _least(getattr(self, f.name), asked[f.name]) for f in fields(self)})

    def to_json(self) -> dict[str, Json]:
        """Write every field as a number."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_json(cls, value: JsonObject) -> "Left":
        """Read what `to_json` wrote."""
        return cls(**value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What was reserved or used: step instances, model calls, money."""

    steps: int = 0
    model_calls: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Amounts") -> "Amounts":
        """Add field by field."""
        return Amounts(
            steps=self.steps + other.steps,
            model_calls=self.model_calls + other.model_calls,
            cost_usd=round(self.cost_usd + other.cost_usd, 9),  # nano-dollars: sums of floats stay comparable
        )

    def __sub__(self, other: "Amounts") -> "Amounts":
        """Subtract field by field."""
        return Amounts(
            steps=self.steps - other.steps,
            model_calls=self.model_calls - other.model_calls,
            cost_usd=round(self.cost_usd - other.cost_usd, 9),
        )

    def to_json(self) -> dict[str, Json]:
        """Write every field as a number."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _least(mine: float, asked: float | None) -> float:
    return mine if asked is None else min(mine, asked)
