"""Documents and capabilities with the constructs that choose: decisions, switches, workflows, secrets."""

from dataclasses import replace
from typing import Any

from catalog.capability import Capability, Effect
from catalog.registry import Catalog
from fragments.mending import check_reading
from fragments.proofs import Bound, Manifest, Report
from fragments.reading import read_fragment
from fragments.workflows import WorkflowInterface
from tests.support import telling
from tests.support.catalogs import FRAME, fetch, notify, reading, told, total, transform

_COMMON: dict[str, Any] = {"version": "1.0.0", "errors": [], "summary": "x", "description": "x", "input_schema": {}}


def decide() -> Capability:
    """Describe a handler that chooses steps by name."""
    names = {"type": "array", "items": {"type": "string"}}
    return Capability.model_validate(
        _COMMON
        | {
            "name": "decide",
            "effect": "pure",
            "chooses": ["/config/rules/*/create", "/config/otherwise"],
            "config_schema": {
                "type": "object",
                "properties": {
                    "rules": {"type": "array", "items": {"type": "object", "properties": {"create": names}}},
                    "otherwise": {"type": "string"},
                },
            },
            "output_schema": {
                "type": "object",
                "required": ["outcome"],
                "properties": {
                    "outcome": {"enum": ["create_steps", "no_branches"]},
                    "steps": names,
                    "reason": {"type": "string"},
                },
            },
        }
    )


def keyed() -> Capability:
    """Describe a handler that takes secrets: a token, and any header."""
    return Capability.model_validate(
        _COMMON
        | {
            "name": "keyed",
            "effect": "read",
            "imports": ["http"],
            "authority": {"secrets": ["/config/token", "/config/headers/*", "/input/password"]},
            "config_schema": {"type": "object"},
            "output_schema": {"type": "object"},
        }
    )


def dear() -> Capability:
    """Describe a handler of which nobody knows the price."""
    known = {"name": "dear", "effect": "pure", "cost_usd": float("inf"), "config_schema": {}, "output_schema": {}}
    return Capability.model_validate(_COMMON | known)


def patient() -> Capability:
    """Describe a handler that waits for somebody."""
    return Capability.model_validate(
        _COMMON | {"name": "patient", "effect": "wait", "config_schema": {}, "output_schema": {"type": "object"}}
    )


CHOOSING = Catalog.of([fetch(), transform(), total(), notify(), decide(), keyed(), dear(), patient()], {"dear@1.0.0": "d" * 64})


def interface(name: str = "child", **more: Any) -> WorkflowInterface:
    """Write the interface of a workflow that adds two numbers up."""
    plain: dict[str, Any] = {
        "namespace": "default",
        "version": "1.0.0",
        "input_schema": {
            "type": "object",
            "required": ["a", "b"],
            "additionalProperties": False,
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
        },
        "output_schema": {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "number"}}},
        "bound": Bound(steps=3, handler_calls=9, model_calls=1, cost_usd=0.5, depth=1, wall_clock_s=40.0),
        "authority": Manifest(handlers=("total@1.0.0",), writes=("tell",)),
        "effects": frozenset({Effect.PURE}),
        "digest": f"digest of {name}",
    }
    return WorkflowInterface(name=name, **(plain | more))


def decision(name: str = "choose", *names: str, **more: Any) -> dict[str, Any]:
    """Write a decision between steps with these names, upon the output of the step `a`."""
    config = {"rules": [{"create": list(names)}]} if names else {}
    return {
        "name": name,
        "type": "decision",
        "handler": "decide",
        "config": config,
        "input": {"x": "{{ steps.a.output }}"},
        **more,
    }


def switch(*cases: dict[str, Any], name: str = "route", value: Any = None, default: Any = None, **more: Any) -> dict[str, Any]:
    """Write a switch step."""
    given = {"value": value} if value is not None else {}
    last = {"default": default} if default is not None else {}
    return {"name": name, "switch": {**given, "cases": list(cases), **last}, **more}


def body(**more: Any) -> dict[str, Any]:
    """Write a branch or a fallback that runs a handler."""
    return {"handler": "total", "input": {"numbers": [1]}, **more}


WORKFLOWS = {"default/child": (interface(),)}


def report_on(steps: list[dict[str, Any]], output: Any = None, **frame: Any) -> Report:
    """Read a fragment and check it; unless told otherwise, every step's output is used."""
    used = reading(*(one["name"] for one in steps)) if output is None else output
    document = read_fragment({"steps": steps, "output": used})
    return telling.of_report(check_reading(document, CHOOSING, replace(FRAME, **({"workflows": WORKFLOWS} | frame))))


def found(steps: list[dict[str, Any]], output: Any = None, **frame: Any) -> list[tuple[str, str]]:
    """Give codes and pointers of everything that is found in a fragment, warnings too."""
    return told(report_on(steps, output, **frame))
