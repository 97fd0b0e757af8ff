"""A small catalog in the likeness of the core handlers, and documents over it."""

import re
from typing import Any

from catalog.capability import Capability
from catalog.registry import Catalog
from fragments.bounds import Left
from fragments.frames import Frame
from fragments.problems import Problem
from fragments.proofs import Report
from tests.support import telling

_SENTENCE = re.compile(r'["A-Za-z(].*\.', re.DOTALL)

_COMMON: dict[str, Any] = {"version": "1.0.0", "errors": []}


def fetch() -> Capability:
    """Describe a handler that reads and writes over HTTP."""
    return Capability.model_validate(
        _COMMON
        | {
            "name": "http_request",
            "summary": "Ask a web service",
            "description": "Ask a web service",
            "effect": "write",
            "effect_by": {"at": "/method", "is": {"GET": "read", "HEAD": "read"}},
            "imports": ["http"],
            "authority": {"hosts": ["/config/url"]},
            "config_schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["url"],
                "properties": {
                    "method": {"enum": ["GET", "HEAD", "POST", "DELETE"], "default": "GET"},
                    "url": {"type": "string", "format": "uri-template", "maxLength": 4000},
                    "expected": {"type": "array", "items": {"type": "integer"}},
                    "response_schema": {"type": ["object", "boolean"], "format": "json-schema"},
                    "timeout_ms": {"type": "integer", "minimum": 1},
                },
            },
            "input_schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"url_params": {"type": "object"}, "body": {}},
            },
            "output_schema": {
                "type": "object",
                "required": ["status", "headers", "body"],
                "additionalProperties": False,
                "properties": {
                    "status": {"type": "integer"},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                    "body": {},
                    "items": {"type": "array"},
                },
            },
            "output_from": {"/properties/body": "/response_schema"},
        }
    )


def transform(version: str = "1.0.0") -> Capability:
    """Describe a handler that evaluates an expression."""
    return Capability.model_validate(
        _COMMON
        | {
            "name": "transform",
            "version": version,
            "summary": "Reshape data",
            "description": "Reshape data",
            "effect": "pure",
            "config_schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["expression"],
                "properties": {
                    "expression": {"type": "string", "format": "jsonata"},
                    "output_schema": {"type": ["object", "boolean"], "format": "json-schema"},
                },
            },
            "input_schema": {
                "type": "object",
                "required": ["data"],
                "properties": {"data": {}},
                "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            },
            "output_schema": {},
            "output_from": {"": "/output_schema"},
        }
    )


def total() -> Capability:
    """Describe a handler with a strictly typed input, and a price."""
    return Capability.model_validate(
        _COMMON
        | {
            "name": "total",
            "summary": "Add numbers up",
            "description": "Add numbers up",
            "effect": "pure",
            "cost_usd": 0.01,
            "config_schema": {"type": "object", "additionalProperties": False, "properties": {"round": {"type": "boolean"}}},
            "input_schema": {
                "type": "object",
                "required": ["numbers"],
                "additionalProperties": False,
                "properties": {
                    "numbers": {"type": "array", "items": {"type": "number"}},
                    "label": {"type": "string", "maxLength": 20},
                    "nested": {"type": "object", "properties": {"deep": {"type": "integer"}}, "required": ["deep"]},
                },
            },
            "output_schema": {
                "type": "object",
                "required": ["sum", "count"],
                "additionalProperties": False,
                "properties": {"sum": {"type": "number"}, "count": {"type": "integer"}, "note": {"type": "string"}},
            },
        }
    )


def notify() -> Capability:
    """Describe a handler that tells a channel."""
    return Capability.model_validate(
        _COMMON
        | {
            "name": "notify",
            "summary": "Tell a channel",
            "description": "Tell a channel",
            "effect": "write",
            "imports": ["notify"],
            "authority": {"channels": ["/config/channel"]},
            "config_schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["channel", "template"],
                "properties": {"channel": {"type": "string"}, "template": {"type": "string", "format": "mustache"}},
            },
            "input_schema": {"type": "object"},
            "output_schema": {"type": "object", "required": ["delivered"], "properties": {"delivered": {"type": "boolean"}}},
        }
    )


CATALOG = Catalog.of([fetch(), transform(), transform("1.2.0"), transform("2.0.0"), total(), notify()])

FRAME = Frame(
    input={"feed": "https://feeds.example/q.json", "floor": 4.5, "names": ["a", "b", "c"]},
    channels=frozenset({"desk", "ops"}),
    input_hosts={"feed": frozenset({"feeds.example"})},
    left=Left(steps=50),
)


def step(name: str = "one", **more: Any) -> dict[str, Any]:
    """Write a step that is well formed: it reshapes nothing much."""
    if more.get("type") == "planning" or "steps" in more or "handler" in more:
        return {"name": name, **more}
    return {
        "name": name,
        "handler": "transform",
        "config": {"expression": "$"} | more.pop("config", {}),
        "input": {"data": 1},
        **more,
    }


def planning(name: str = "plan", **more: Any) -> dict[str, Any]:
    """Write a step that plans."""
    return {"name": name, "type": "planning", "goal": "Find out", **more}


def loop(name: str = "each", *body: dict[str, Any], items: Any = "{{ input.names }}", **more: Any) -> dict[str, Any]:
    """Write a loop over the names of the input, unless told otherwise."""
    return {"name": name, "for_each": {"items": items, **more}, "steps": list(body or (step("inner"),))}


def reading(*names: str) -> dict[str, str]:
    """Write an output that reads steps, so that they count as used."""
    return {name: f"{{{{ steps.{name}.output }}}}" for name in names}


def told(report: Report | tuple[Problem, ...]) -> list[tuple[str, str]]:
    """Give codes and pointers, as most tests compare them; each problem says a whole sentence, and its words are golden."""
    problems = telling.of_report(report).problems if isinstance(report, Report) else telling.of_problems(report)
    for problem in problems:
        assert _SENTENCE.fullmatch(problem.says), problem
        assert isinstance(problem.hint, str), problem
    return [(problem.code, problem.where) for problem in problems]
