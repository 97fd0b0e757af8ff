"""Templates, capabilities and submissions as the engine's tests need them."""

from typing import Any

from catalog.capability import Capability
from catalog.registry import Catalog
from engine.commands import Command, Submit
from engine.rules import Rules
from fragments.bounds import Left
from fragments.documents import Template

ANY: dict[str, Any] = {"type": "object"}


def capability(name: str, *, version: str = "1.0.0", effect: str = "pure", **more: Any) -> Capability:
    """Describe a handler that takes and gives any object."""
    return Capability.model_validate(
        {
            "name": name,
            "version": version,
            "summary": name,
            "description": name,
            "config_schema": ANY,
            "input_schema": ANY,
            "output_schema": {},
            "errors": [],
            "effect": effect,
            **more,
        }
    )


REACH: dict[str, Any] = {
    "imports": ("http", "notify"),
    "authority": {
        "hosts": ("/config/url", "/input/url"),
        "channels": ("/config/channel",),
        "secrets": ("/input/key",),
    },
}
"""Where the handlers below name what they reach."""

CATALOG = Catalog.of(
    [
        capability("echo"),
        capability("fetch", effect="read", **REACH),
        capability("write", effect="write", **REACH),
        capability("upsert", effect="write", idempotent=True, **REACH),
        capability("paid", cost_usd=0.1),
        capability("gate", effect="wait", idempotent=True),
    ]
)
RULES = Rules(catalog=CATALOG)


def template(*steps: dict[str, Any], output: Any = None, **more: Any) -> Template:
    """Make a template of steps; a step without a type or handler runs `echo`."""
    return Template.model_validate({"name": "case", "steps": [_filled(s) for s in steps], "output": output, **more})


def submission(
    made: Template, *, task: str = "t1", catalog: Catalog = CATALOG, left: Left | None = None, **more: Any
) -> Command:
    """Submit a template."""
    order = {
        "template": made,
        "input": {},
        "left": (left or Left()).narrowed(made.bounds),
        "hosts": (),
        "catalog": dict(catalog.digests),
        "digest": "d",
        **more,
    }
    return Command(id=f"submit-{task}", task=task, actor="tester", order=Submit(**order))


def _filled(step: dict[str, Any]) -> dict[str, Any]:
    if "handler" in step or "steps" in step or step.get("type") == "planning":
        return step
    return {"handler": "echo", **step}
