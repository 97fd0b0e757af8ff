"""Ways to break a document that passes, each with the problem that must be told of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from catalog.capability import Effect
from fragments.bounds import Left
from fragments.documents import Allow
from fragments.frames import Frame
from fragments.proofs import Report
from tests.support.documents.bodies import CHANNEL, HOST, SECRET
from tests.support.documents.places import Found, bodies_of, branches_of, conditions_of, references_of, steps_of

T = TypeVar("T")


@dataclass(slots=True)
class Broken:
    """A document and its frame while one of them is broken, and what the report says of them whole."""

    value: dict[str, Any]
    frame: Frame
    report: Report
    random: Random

    def one_of(self, found: Iterable[T]) -> T:
        """Pick a place to break; none is no place for this way."""
        places = list(found)
        if not places:
            raise NoPlaceError
        return self.random.choice(places)

    def narrowed(self, **allow: Any) -> None:
        """Narrow what the frame allows."""
        self.frame = replace(self.frame, allows=(*self.frame.allows, Allow(**allow)))


class NoPlaceError(Exception):
    """The document has no place that can be broken in this way."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be told: one of the codes, at one of the places or right above one of them."""

    codes: frozenset[str]
    where: tuple[str, ...] = field(default=())


def told(codes: str, *where: str) -> Expected:
    """Write what must be told; codes with blanks between them."""
    return Expected(frozenset(codes.split()), where)


Mutation = Callable[[Broken], Expected]


def _handlers(broken: Broken, name: str = "") -> list[Found]:
    return [(at, body) for at, body in bodies_of(broken.value) if body["handler"].startswith(name)]


def unknown_handler(broken: Broken) -> Expected:
    """Name a handler that there is not."""
    at, body = broken.one_of(bodies_of(broken.value))
    body["handler"] = "no_such_thing"
    return told("handler.unknown", f"{at}/handler")


def unknown_version(broken: Broken) -> Expected:
    """Ask for a version that there is not."""
    at, body = broken.one_of(bodies_of(broken.value))
    body["handler"] = f"{body['handler'].partition('@')[0]}@^99"
    return told("handler.version", f"{at}/handler")


def no_range(broken: Broken) -> Expected:
    """Write something behind @ that is no range."""
    at, body = broken.one_of(bodies_of(broken.value))
    body["handler"] = f"{body['handler'].partition('@')[0]}@latest!"
    return told("handler.syntax", f"{at}/handler")


def dropped_edge(broken: Broken) -> Expected:
    """Let a branch no longer depend on the decision that chooses it."""
    decision, step = broken.one_of(_chosen_steps(broken.value))
    step[1]["depends_on"].remove(decision[1]["name"])
    return told("decision.branch decision.placement", f"{decision[0]}/config/rules", f"{decision[0]}/config/default", decision[0])


def nothing_awaited(broken: Broken) -> Expected:
    """Let a deferred step declare nothing to wait for."""
    at, step = broken.one_of(_of_type(broken, "deferred"))
    del step["depends_on"]
    return told("deferred.nothing", at)


def cycle(broken: Broken) -> Expected:
    """Let two steps of a scope wait for each other."""
    scope = broken.one_of(found for found in _scopes(broken.value) if len(found) > 1)
    first, second = broken.random.sample(scope, 2)
    for one, other in ((first, second), (second, first)):
        one[1]["depends_on"] = [*one[1].get("depends_on", ()), other[1]["name"]]
    return told("graph.cycle", *(at for at, _ in scope))


def waits_for_itself(broken: Broken) -> Expected:
    """Let a step depend on itself."""
    at, step = broken.one_of(steps_of(broken.value))
    step["depends_on"] = [*step.get("depends_on", ()), step["name"]]
    return told("graph.self_dependency", f"{at}/depends_on")


def unknown_dependency(broken: Broken) -> Expected:
    """Depend on a step that there is not."""
    at, step = broken.one_of(steps_of(broken.value))
    step["depends_on"] = [*step.get("depends_on", ()), "nowhere"]
    return told("graph.unknown_dependency", f"{at}/depends_on")


def dangling_step(broken: Broken) -> Expected:
    """Read a step that there is not."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = "{{ steps.nowhere.output.x }}"
    return told("reference.unknown_step", text.where)


def dangling_root(broken: Broken) -> Expected:
    """Read a name that nothing binds."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = "{{ nowhere.x }}"
    return told("reference.unknown_root", text.where)


def broken_reference(broken: Broken) -> Expected:
    """Compute in a reference."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = "{{ task.id + 1 }}"
    return told("reference.syntax", text.where)


def impossible_path(broken: Broken) -> Expected:
    """Go along a path that a value cannot have."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = "{{ task.name }}"
    return told("reference.path", text.where)


def own_output(broken: Broken) -> Expected:
    """Let a step read its own output."""
    at, step = broken.one_of((at, step) for at, step in steps_of(broken.value) if step.get("input"))
    step["input"] = {**step["input"], "own": f"{{{{ steps.{step['name']}.output }}}}"}
    return told("reference.itself", f"{at}/input/own")


def mistyped_items(broken: Broken) -> Expected:
    """Let a text flow where a list is wanted."""
    at, body = broken.one_of([*_handlers(broken, "aggregate"), *_handlers(broken, "fan_out")])
    body["input"]["items"] = "{{ task.id }}"
    return told("input.mismatch", f"{at}/input/items")


def mistyped_parameter(broken: Broken) -> Expected:
    """Let an object flow where a single value is wanted."""
    at, body = broken.one_of(_handlers(broken, "http_request"))
    body["input"] = {**body.get("input", {}), "query": {"q": "{{ task }}"}}
    return told("input.mismatch", f"{at}/input/query/q")


def mistyped_child(broken: Broken) -> Expected:
    """Give a workflow a text for a list or a number."""
    at, step = broken.one_of(_of_type(broken, "workflow"))
    key = broken.random.choice(sorted(step["input"]))
    step["input"][key] = "{{ task.namespace }}"
    return told("input.mismatch", f"{at}/input/{key}")


def missing_input(broken: Broken) -> Expected:
    """Leave out an input that is required."""
    names = ("aggregate", "fan_out", "transform", "validate")
    at, body = broken.one_of(found for name in names for found in _handlers(broken, name))
    del body["input"]["data" if "data" in body["input"] else "items"]
    return told("input.missing", f"{at}/input")


def unknown_input(broken: Broken) -> Expected:
    """Give an input that the handler does not have."""
    at, body = broken.one_of([*_handlers(broken, "http_request"), *_handlers(broken, "validate")])
    body["input"] = {**body.get("input", {}), "further": 1}
    return told("input.unknown_key", f"{at}/input/further")


def loop_over_no_list(broken: Broken) -> Expected:
    """Loop over a text."""
    at, step = broken.one_of(_loops(broken))
    step["for_each"]["items"] = "{{ task.id }}"
    return told("loop.items", f"{at}/for_each/items")


def loop_too_narrow(broken: Broken) -> Expected:
    """Loop over more items than the loop takes."""
    at, step = broken.one_of(_loops(broken))
    step["for_each"]["items"] = list(range(step["for_each"]["max_items"] + 1))
    return told("loop.width", f"{at}/for_each")


def missing_config(broken: Broken) -> Expected:
    """Leave out a config key that is required."""
    required = {"transform": "expression", "http_request": "url", "aggregate": "strategy", "fan_out": "strategy"}
    required |= {"notify": "template", "gate": "approvers", "decide": "rules"}
    name = broken.random.choice(sorted(required))
    at, body = broken.one_of(_handlers(broken, name))
    del body["config"][required[name]]
    return told("config.missing", f"{at}/config")


def unknown_config(broken: Broken) -> Expected:
    """Write a config key that the handler does not have."""
    at, body = broken.one_of(bodies_of(broken.value))
    body["config"] = {**body.get("config", {}), "no_such_key": 1}
    return told("config.unknown_key", f"{at}/config/no_such_key")


def mistyped_config(broken: Broken) -> Expected:
    """Write a number where config wants a text or a list."""
    keys = {"transform": "expression", "notify": "channel", "gate": "approvers", "decide": "rules"}
    name = broken.random.choice(sorted(keys))
    at, body = broken.one_of(_handlers(broken, name))
    body["config"][keys[name]] = 7
    return told("config.type", f"{at}/config/{keys[name]}")


def wrong_choice(broken: Broken) -> Expected:
    """Write a config value that is none of those that there are."""
    at, body = broken.one_of([*_handlers(broken, "aggregate"), *_handlers(broken, "fan_out")])
    body["config"]["strategy"] = "guess"
    return told("config.value", f"{at}/config/strategy", f"{at}/config")


def broken_expression(broken: Broken) -> Expected:
    """Leave a bracket of an expression open."""
    at, body = broken.one_of(_handlers(broken, "transform"))
    body["config"]["expression"] = "$count(("
    return told("config.expression", f"{at}/config/expression")


def unbound_variable(broken: Broken) -> Expected:
    """Use a variable in an expression that nothing binds."""
    at, body = broken.one_of(_handlers(broken, "transform"))
    body["config"]["expression"] = "$nowhere"
    return told("config.variable", f"{at}/config/expression")


def broken_schema(broken: Broken) -> Expected:
    """Write something for a schema that is none."""
    at, body = broken.one_of(_handlers(broken, "transform"))
    body["config"]["output_schema"] = {"type": "words"}
    return told("config.schema", f"{at}/config/output_schema")


def broken_promise(broken: Broken) -> Expected:
    """Ask of a plan something that is no schema."""
    at, step = broken.one_of(_of_type(broken, "planning"))
    step["must_produce"] = {"type": "object", "required": "all"}
    return told("schema.invalid", f"{at}/must_produce")


def broken_template(broken: Broken) -> Expected:
    """Leave a section of a message open."""
    at, body = broken.one_of(_handlers(broken, "notify"))
    body["config"]["template"] = "{{#what}} and no end"
    return told("config.template", f"{at}/config/template")


def broken_url(broken: Broken) -> Expected:
    """Name a variable in a URL that nothing gives."""
    at, body = broken.one_of(_handlers(broken, "http_request"))
    body["config"]["url"] = f"https://{HOST}/{{nowhere}}"
    return told("config.uri_template", f"{at}/config/url")


def broken_rule(broken: Broken) -> Expected:
    """Write a rule of a decision that is no CEL, or reads what it does not see."""
    at, body = broken.one_of(_handlers(broken, "decide"))
    body["config"]["rules"][0]["when"] = broken.random.choice(("input.x >", "input.nowhere == 1", "steps.a.output"))
    return told("condition.syntax condition.path condition.unknown_name", f"{at}/config/rules/0/when")


def reference_in_config(broken: Broken) -> Expected:
    """Let data stand in config."""
    at, body = broken.one_of(_handlers(broken, "transform"))
    body["config"]["expression"] = "{{ task.id }}"
    return told("config.reference", f"{at}/config/expression")


_CONDITIONS: Mapping[str, str] = {
    "task.id ==": "condition.syntax",
    "nowhere == 1": "condition.unknown_name",
    'task.name == "x"': "condition.path",
    "task.id > 3": "condition.type",
    "task.id": "condition.not_boolean",
    "guess(task.id)": "condition.unknown_function",
    'task.id.matches("(")': "condition.pattern",
}


def broken_condition(broken: Broken) -> Expected:
    """Write a condition that cannot work."""
    at, holder = broken.one_of(conditions_of(broken.value))
    holder["when"] = broken.random.choice(sorted(_CONDITIONS))
    return told(_CONDITIONS[holder["when"]], f"{at}/when")


def duplicate_name(broken: Broken) -> Expected:
    """Give two steps of a scope the same name."""
    scope = broken.one_of(found for found in _scopes(broken.value) if len(found) > 1)
    broken_step, other = broken.random.sample(scope, 2)
    broken_step[1]["name"] = other[1]["name"]
    return told("names.duplicate", *(f"{at}/name" for at, _ in (broken_step, other)))


def shadowed_name(broken: Broken) -> Expected:
    """Give a step within a loop or a branch the name of one around it."""
    inner = [(at, step) for at, step in steps_of(broken.value) if at.count("/steps/") > 1]
    at, step = broken.one_of(inner)
    step["name"] = broken.value["steps"][int(at.split("/")[2])]["name"]
    return told("names.shadowed", f"{at}/name")


def shadowed_item(broken: Broken) -> Expected:
    """Bind a name in a loop that the loop around it binds."""
    pairs = [(at, step) for at, step in _loops(broken) if _loop_around(broken, at)]
    at, step = broken.one_of(pairs)
    step["for_each"]["as"] = _loop_around(broken, at)
    return told("names.shadowed", f"{at}/for_each/as")


def reserved_item(broken: Broken) -> Expected:
    """Bind a name in a loop that is a root of references."""
    at, step = broken.one_of(_loops(broken))
    step["for_each"]["as"] = broken.random.choice(("input", "steps", "task", "secrets", "failure"))
    return told("names.reserved", f"{at}/for_each/as")


def too_deep(broken: Broken) -> Expected:
    """Put a fourth loop around three."""
    at, step = broken.one_of((at, step) for at, step in steps_of(broken.value) if _loops_at(broken, at) == 3)  # noqa: PLR2004
    for key in [key for key in step if key != "name"]:
        del step[key]
    step |= {"for_each": {"items": [1], "as": "one_more", "index": "at_more"}, "steps": [_plain("innermost")]}
    return told("loop.nesting", f"{at}/for_each")


def uncovered_switch(broken: Broken) -> Expected:
    """Take the default out of a switch of which no case is sure to match."""
    at, step = broken.one_of((at, step) for at, step in steps_of(broken.value) if "switch" in step)
    bodies = ({key: part for key, part in case.items() if key not in ("equals", "when")} for case in step["switch"]["cases"])
    step["switch"] = {"cases": [{"when": 'task.id != "t1"', **body} for body in bodies]}
    return told("switch.not_covered", f"{at}/switch")


def misplaced_decision(broken: Broken) -> Expected:
    """Decide upon nothing, or between nothing."""
    value = broken.value
    value["steps"].append({"name": "lonely", "type": "decision", "handler": "decide", "config": {"rules": [{"when": "true", "choose": []}]}})
    return told("decision.placement", f"/steps/{len(value['steps']) - 1}")


def no_decision(broken: Broken) -> Expected:
    """Let a decision run a handler that decides nothing."""
    at, step = broken.one_of(_of_type(broken, "decision"))
    step |= {"handler": "fan_out", "config": {"strategy": "each"}, "input": {"items": []}}
    return told("decision.output", f"{at}/handler")


def unknown_workflow(broken: Broken) -> Expected:
    """Run a workflow that there is not."""
    at, step = broken.one_of(_of_type(broken, "workflow"))
    step["workflow"] = "default/nowhere"
    return told("workflow.unknown", f"{at}/workflow")


def old_workflow(broken: Broken) -> Expected:
    """Run a version of a workflow that there is not."""
    at, step = broken.one_of(_of_type(broken, "workflow"))
    step["workflow"] = f"{step['workflow'].partition('@')[0]}@^7"
    return told("workflow.version", f"{at}/workflow")


def both_kinds(broken: Broken) -> Expected:
    """Let one step have a handler and plan."""
    at, step = broken.one_of(_of_type(broken, "planning"))
    step["handler"] = "transform"
    return told("shape.combination", f"{at}/handler")


def too_many_steps(broken: Broken) -> Expected:
    """Leave one step less than may run."""
    bound = broken.report.bound
    assert bound is not None
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, steps=bound.steps - 1))
    return told("bounds.steps", "/steps")


def too_many_model_calls(broken: Broken) -> Expected:
    """Leave one model call less than may be made."""
    bound = broken.report.bound
    if bound is None or bound.model_calls == 0:
        raise NoPlaceError
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, model_calls=bound.model_calls - 1))
    return told("bounds.model_calls", "/steps")


def too_dear(broken: Broken) -> Expected:
    """Leave less money than may be spent."""
    bound = broken.report.bound
    if bound is None or bound.cost_usd == 0:
        raise NoPlaceError
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, cost_usd=bound.cost_usd / 2))
    return told("bounds.cost", "/steps")


def too_deep_planning(broken: Broken) -> Expected:
    """Leave no planning within planning."""
    at, _ = broken.one_of(_of_type(broken, "planning"))
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, depth=0))
    return told("bounds.depth", at)


_WIDER: Mapping[str, tuple[Any, str]] = {
    "steps": (2_000_000, "bounds.steps"),
    "phases": (50, "bounds.phases"),
    "model_calls": (10_000, "bounds.model_calls"),
    "cost_usd": (900_000, "bounds.cost"),
    "wall_clock": ("30d", "bounds.wall_clock"),
}


def wider_bounds(broken: Broken) -> Expected:
    """Let a plan use more than is left for all."""
    at, step = broken.one_of(_of_type(broken, "planning"))
    key = broken.random.choice(sorted(_WIDER))
    value, code = _WIDER[key]
    broken.frame = replace(broken.frame, left=Left(steps=1_000_000, phases=5, model_calls=9_000, cost_usd=1e5, wall_clock_s=86_400))
    step["bounds"][key] = 100_000 if key == "steps" else value
    if key == "steps":
        broken.frame = replace(broken.frame, left=replace(broken.frame.left, steps=99_999))
    return told(code, f"{at}/bounds/{key}")


def handler_not_allowed(broken: Broken) -> Expected:
    """Allow every handler but one that is used."""
    at, body = broken.one_of(bodies_of(broken.value))
    name = body["handler"].partition("@")[0]
    all_names = ("http_request", "transform", "validate", "aggregate", "notify", "fan_out", "gate", "decide")
    broken.narrowed(handlers=tuple(other for other in all_names if other != name))
    return told("handler.not_allowed", f"{at}/handler")


def effect_not_allowed(broken: Broken) -> Expected:
    """Allow no writing and no waiting where somebody does."""
    at, _ = broken.one_of([*_handlers(broken, "notify"), *_handlers(broken, "gate")])
    broken.narrowed(effects=(Effect.PURE, Effect.READ))
    return told("authority.effect", f"{at}/handler")


def host_not_allowed(broken: Broken) -> Expected:
    """Allow other hosts than those of the document, or let the operator do so."""
    at, _ = broken.one_of(_handlers(broken, "http_request"))
    if broken.random.random() < 0.5:
        broken.narrowed(hosts=("other.example",))
    else:
        broken.frame = replace(broken.frame, operator_hosts=("*.internal",))
    return told("authority.host", f"{at}/config/url")


def other_host(broken: Broken) -> Expected:
    """Ask a host that is not allowed."""
    at, body = broken.one_of(_handlers(broken, "http_request"))
    broken.narrowed(hosts=(HOST,))
    body["config"]["url"] = "https://evil.example/"
    return told("authority.host", f"{at}/config/url")


def unknown_channel(broken: Broken) -> Expected:
    """Send to a channel that there is not, or to one that is not allowed."""
    at, body = broken.one_of(_handlers(broken, "notify"))
    if broken.random.random() < 0.5:
        body["config"]["channel"] = "elsewhere"
    else:
        broken.narrowed(channels=("o*",))
        assert body["config"]["channel"] == CHANNEL
    return told("authority.channel", f"{at}/config/channel")


def secret_not_allowed(broken: Broken) -> Expected:
    """Use a secret that there is not, or one that is not allowed."""
    at, body = broken.one_of((at, body) for at, body in _handlers(broken, "http_request") if "auth" in body["config"])
    if broken.random.random() < 0.5:
        body["config"]["auth"]["token"] = "{{ secrets.other }}"
    else:
        broken.narrowed(secrets=("public_*",))
    return told("authority.secret", f"{at}/config/auth/token")


def stray_secret(broken: Broken) -> Expected:
    """Let a secret flow where none may stand."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = f"{{{{ secrets.{SECRET} }}}}"
    return told("authority.secret", text.where)


def child_not_allowed(broken: Broken) -> Expected:
    """Allow less than a workflow reaches that runs as a child."""
    at, step = broken.one_of(_of_type(broken, "workflow"))
    tells = "tells" in step["workflow"]
    code, allow = broken.random.choice(_OF_A_CHILD[tells])
    broken.narrowed(**allow)
    return told(code, f"{at}/workflow")


_OF_A_CHILD: Mapping[bool, Sequence[tuple[str, dict[str, Any]]]] = {
    True: (
        ("handler.not_allowed", {"handlers": ("transform",)}),
        ("authority.effect", {"effects": (Effect.PURE,)}),
        ("authority.channel", {"channels": ()}),
    ),
    False: (("handler.not_allowed", {"handlers": ("notify",)}), ("authority.effect", {"effects": (Effect.WAIT,)})),
}


def _plain(name: str) -> dict[str, Any]:
    return {"name": name, "handler": "transform", "config": {"expression": "$"}, "input": {"data": 1}}


def _of_type(broken: Broken, kind: str) -> list[Found]:
    return [(at, step) for at, step in steps_of(broken.value) if step.get("type") == kind]


def _loops(broken: Broken) -> list[Found]:
    return [(at, step) for at, step in steps_of(broken.value) if "for_each" in step]


def _above(broken: Broken, at: str) -> list[dict[str, Any]]:
    """List the steps around a place, outermost first."""
    return [step for other, step in steps_of(broken.value) if at.startswith(f"{other}/")]


def _loops_at(broken: Broken, at: str) -> int:
    return sum("for_each" in step for step in _above(broken, at))


def _loop_around(broken: Broken, at: str) -> str:
    loops = [step["for_each"] for step in _above(broken, at) if "for_each" in step]
    return str(loops[-1].get("as", "item")) if loops else ""


def _scopes(value: dict[str, Any]) -> list[list[Found]]:
    found: dict[str, list[Found]] = {}
    for at, step in steps_of(value):
        found.setdefault(at.rpartition("/")[0], []).append((at, step))
    return list(found.values())


def _chosen_steps(value: dict[str, Any]) -> list[tuple[Found, Found]]:
    """Pair each decision with the steps that its rules choose."""
    pairs = []
    for scope in _scopes(value):
        for decision in scope:
            if decision[1].get("type") == "decision":
                chosen = {name for rule in decision[1]["config"]["rules"] for name in rule["choose"]}
                pairs += [(decision, found) for found in scope if found[1]["name"] in chosen]
    return pairs


__all__ = ["MUTATIONS", "Broken", "Expected", "NoPlaceError", "branches_of"]

MUTATIONS: tuple[Mutation, ...] = (
    *(unknown_handler, unknown_version, no_range, dropped_edge, nothing_awaited, cycle, waits_for_itself, unknown_dependency),
    *(dangling_step, dangling_root, broken_reference, impossible_path, own_output),
    *(mistyped_items, mistyped_parameter, mistyped_child, missing_input, unknown_input, loop_over_no_list, loop_too_narrow),
    *(missing_config, unknown_config, mistyped_config, wrong_choice, broken_expression, unbound_variable, broken_schema),
    *(broken_promise, broken_template, broken_url, broken_rule, reference_in_config, broken_condition),
    *(duplicate_name, shadowed_name, shadowed_item, reserved_item, too_deep, uncovered_switch),
    *(misplaced_decision, no_decision, unknown_workflow, old_workflow, both_kinds),
    *(too_many_steps, too_many_model_calls, too_dear, too_deep_planning, wider_bounds),
    *(handler_not_allowed, effect_not_allowed, host_not_allowed, other_host, unknown_channel),
    *(secret_not_allowed, stray_secret, child_not_allowed),
)
