"""Ways to break the graph, the references and the names of a document that passes."""

from typing import Any

from tests.properties.breaking import (
    Broken,
    Expected,
    Mutation,
    chosen_steps,
    handlers,
    loop_around,
    loops,
    loops_at,
    of_type,
    scopes,
    told,
)
from tests.support.documents.places import references_of, steps_of


def dropped_edge(broken: Broken) -> Expected:
    """Let a branch no longer depend on the decision that chooses it."""
    decision, step = broken.one_of(chosen_steps(broken.value))
    step[1]["depends_on"].remove(decision[1]["name"])
    return told(
        "decision.branch decision.placement", f"{decision[0]}/config/rules", f"{decision[0]}/config/default", decision[0]
    )


def nothing_awaited(broken: Broken) -> Expected:
    """Let a deferred step declare nothing to wait for."""
    at, step = broken.one_of(of_type(broken, "deferred"))
    del step["depends_on"]
    return told("deferred.nothing", at)


def cycle(broken: Broken) -> Expected:
    """Let two steps of a scope wait for each other."""
    scope = broken.one_of(found for found in scopes(broken.value) if len(found) > 1)
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
    at, body = broken.one_of([*handlers(broken, "aggregate"), *handlers(broken, "fan_out")])
    body["input"]["items"] = "{{ task.id }}"
    return told("input.mismatch", f"{at}/input/items")


def mistyped_parameter(broken: Broken) -> Expected:
    """Let an object flow where a single value is wanted."""
    at, body = broken.one_of(handlers(broken, "http_request"))
    body["input"] = {**body.get("input", {}), "query": {"q": "{{ task }}"}}
    return told("input.mismatch", f"{at}/input/query/q")


def mistyped_child(broken: Broken) -> Expected:
    """Give a workflow a text for a list or a number."""
    at, step = broken.one_of(of_type(broken, "workflow"))
    key = broken.random.choice(sorted(step["input"]))
    step["input"][key] = "{{ task.namespace }}"
    return told("input.mismatch", f"{at}/input/{key}")


def missing_input(broken: Broken) -> Expected:
    """Leave out an input that is required."""
    names = ("aggregate", "fan_out", "transform", "validate")
    at, body = broken.one_of(found for name in names for found in handlers(broken, name))
    del body["input"]["data" if "data" in body["input"] else "items"]
    return told("input.missing", f"{at}/input")


def unknown_input(broken: Broken) -> Expected:
    """Give an input that the handler does not have."""
    at, body = broken.one_of([*handlers(broken, "http_request"), *handlers(broken, "validate")])
    body["input"] = {**body.get("input", {}), "further": 1}
    return told("input.unknown_key", f"{at}/input/further")


def loop_over_no_list(broken: Broken) -> Expected:
    """Loop over a text."""
    at, step = broken.one_of(loops(broken))
    step["for_each"]["items"] = "{{ task.id }}"
    return told("loop.items", f"{at}/for_each/items")


def loop_too_narrow(broken: Broken) -> Expected:
    """Loop over more items than the loop takes."""
    at, step = broken.one_of(loops(broken))
    step["for_each"]["items"] = list(range(step["for_each"]["max_items"] + 1))
    return told("loop.width", f"{at}/for_each")


def duplicate_name(broken: Broken) -> Expected:
    """Give two steps of a scope the same name."""
    scope = broken.one_of(found for found in scopes(broken.value) if len(found) > 1)
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
    pairs = [(at, step) for at, step in loops(broken) if loop_around(broken, at)]
    at, step = broken.one_of(pairs)
    step["for_each"]["as"] = loop_around(broken, at)
    return told("names.shadowed", f"{at}/for_each/as")


def reserved_item(broken: Broken) -> Expected:
    """Bind a name in a loop that is a root of references."""
    at, step = broken.one_of(loops(broken))
    step["for_each"]["as"] = broken.random.choice(("input", "steps", "task", "secrets", "failure"))
    return told("names.reserved", f"{at}/for_each/as")


def too_deep(broken: Broken) -> Expected:
    """Put a fourth loop around three."""
    at, step = broken.one_of((at, step) for at, step in steps_of(broken.value) if loops_at(broken, at) == 3)
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
    value["steps"].append(
        {"name": "lonely", "type": "decision", "handler": "decide", "config": {"rules": [{"when": "true", "choose": []}]}}
    )
    return told("decision.placement", f"/steps/{len(value['steps']) - 1}")


def no_decision(broken: Broken) -> Expected:
    """Let a decision run a handler that decides nothing."""
    at, step = broken.one_of(of_type(broken, "decision"))
    step |= {"handler": "fan_out", "config": {"strategy": "each"}, "input": {"items": []}}
    return told("decision.output", f"{at}/handler")


def _plain(name: str) -> dict[str, Any]:
    return {"name": name, "handler": "transform", "config": {"expression": "$"}, "input": {"data": 1}}


WIRING: tuple[Mutation, ...] = (
    *(dropped_edge, nothing_awaited, cycle, waits_for_itself, unknown_dependency, dangling_step),
    *(dangling_root, broken_reference, impossible_path, own_output, mistyped_items, mistyped_parameter),
    *(mistyped_child, missing_input, unknown_input, loop_over_no_list, loop_too_narrow, duplicate_name),
    *(shadowed_name, shadowed_item, reserved_item, too_deep, uncovered_switch, misplaced_decision),
    *(no_decision,),
)
