"""Calls of the core handlers by chance: config and input that fit what can be read, and the schema of what they give."""

from collections.abc import Callable, Mapping
from typing import Any

from catalog.capability import Capability
from catalog.registry import Catalog
from schemas.values import Json, Schema
from tests.support.documents.shapes import list_shape, shape, with_definitions
from tests.support.documents.sources import Sight

CHANNEL, HOST, SECRET = "desk", "api.example.org", "api_token"
Body = dict[str, Any]
"""Of a step or a branch: `handler`, `config`, `input`."""


def body(sight: Sight) -> Body:
    """Write a call of some handler."""
    made = sight.random.choice(_WEIGHTED)(sight)
    if not made["config"]:
        del made["config"]
    if not made["input"]:
        del made["input"]
    if sight.random.random() < 0.3:
        made["handler"] += sight.random.choice(("@^1", "@1.0.0", "@>=1"))
    return made


def output_of(catalog: Catalog, made: Mapping[str, Any]) -> Schema:
    """Give the schema of what a call gives, as the capability says it."""
    found = catalog.resolve(str(made["handler"]))
    assert isinstance(found, Capability)
    return found.output_of(made.get("config", {}))


def _wanted(sight: Sight) -> dict[str, Json]:
    if sight.random.random() < 0.3:
        return {}
    made = with_definitions(sight.random) if sight.random.random() < 0.1 else shape(sight.random)
    return {"output_schema": made}


def _transform(sight: Sight) -> Body:
    names = sight.random.sample(("x", "y", "floor"), sight.random.randint(0, 2))
    expression = sight.random.choice(("$", "[a, b]", "$count($)", *(f"${name}" for name in names)))
    given = {"data": sight.value()} | {name: sight.value() for name in names}
    return {"handler": "transform", "config": {"expression": expression, **_wanted(sight)}, "input": given}


def _get(sight: Sight) -> Body:
    random = sight.random
    config: dict[str, Json] = {"url": f"https://{HOST}/items"}
    given: dict[str, Json] = {}
    if random.random() < 0.5:
        config["url"] = f"https://{HOST}/items/{{id}}{{?limit}}"
        given["url_params"] = {"id": sight.value("scalar"), "limit": sight.value("integer")}
    if random.random() < 0.3:
        given["query"] = {"q": sight.value("scalar")}
    if random.random() < 0.8:
        config["response_schema"] = shape(random)
    if random.random() < 0.3:
        config["on_error"] = "return"
    if random.random() < 0.3:
        config["paging"] = {"style": "link", "items": ""}
    if random.random() < 0.3:
        config["auth"] = {"type": "bearer", "token": f"{{{{ secrets.{SECRET} }}}}"}
    return {"handler": "http_request", "config": config, "input": given}


def _post(sight: Sight) -> Body:
    config = {"method": "POST", "url": f"https://{HOST}/items", "response_schema": shape(sight.random)}
    return {"handler": "http_request", "config": config, "input": {"body": sight.value()}}


def _validate(sight: Sight) -> Body:
    config = {"schema": shape(sight.random), "on_invalid": sight.random.choice(("fail", "flag", "filter"))}
    return {"handler": "validate", "config": config, "input": {"data": sight.value("list")}}


def _aggregate(sight: Sight) -> Body:
    strategy = sight.random.choice(("merge", "concat", "count", "custom"))
    config: dict[str, Json] = {"strategy": strategy}
    if strategy == "custom":
        config["expression"] = "$count($)"
        config["output_schema"] = {"type": "integer"}
    if strategy == "count" and sight.random.random() < 0.5:
        config["by"] = "/a"
    if sight.random.random() < 0.3:
        config["failure_threshold"] = {"share": 0.5}
    return {"handler": "aggregate", "config": config, "input": {"items": sight.value("list")}}


def _fan_out(sight: Sight) -> Body:
    config: dict[str, Json] = sight.random.choice(
        ({"strategy": "each"}, {"strategy": "chunk", "size": 2}, {"strategy": "by_key", "key": "/id"})
    )
    typed = {"item_schema": shape(sight.random, 1)} if sight.random.random() < 0.7 else {}
    return {"handler": "fan_out", "config": {**config, **typed}, "input": {"items": sight.value("list")}}


def _notify(sight: Sight) -> Body:
    given = {"what": sight.value(), "list": sight.value("list")}
    config = {"channel": CHANNEL, "template": "{{what}}: {{#list}}{{.}} {{/list}}", "subject": "Of {{what}}"}
    return {"handler": "notify", "config": config, "input": given}


def _gate(sight: Sight) -> Body:
    config = {"title": "Go on with {{what}}?", "approvers": ["leads"], "timeout": "8h", "on_reject": "return"}
    return {"handler": "gate", "config": config, "input": {"what": sight.value()}}


def _decide_value(sight: Sight) -> Body:
    rules = [{"name": "big", "when": "input.x != null", "value": "a"}, {"when": "true", "value": "b"}]
    config: dict[str, Json] = {"gives": "value", "rules": rules, "value_schema": {"enum": ["a", "b"]}}
    if sight.random.random() < 0.5:
        config["default_value"] = "b"
    return {"handler": "decide", "config": config, "input": {"x": sight.value()}}


def _listed(sight: Sight) -> Body:
    given = {"data": sight.value()}
    return {"handler": "transform", "config": {"expression": "[$]", "output_schema": list_shape(sight.random)}, "input": given}


_WEIGHTED: tuple[Callable[[Sight], Body], ...] = (
    *(_transform, _transform, _transform, _listed, _listed),
    *(_get, _get, _post, _validate, _aggregate, _fan_out, _notify, _gate, _decide_value),
)
