"""Ways to break the handlers, the config and the conditions of a document that passes."""

from collections.abc import Mapping

from tests.properties.breaking import Broken, Expected, Mutation, handlers, of_type, told
from tests.support.documents.bodies import HOST
from tests.support.documents.places import bodies_of, conditions_of


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


def missing_config(broken: Broken) -> Expected:
    """Leave out a config key that is required."""
    required = {"transform": "expression", "http_request": "url", "aggregate": "strategy", "fan_out": "strategy"}
    required |= {"notify": "template", "gate": "approvers", "decide": "rules"}
    name = broken.random.choice(sorted(required))
    at, body = broken.one_of(handlers(broken, name))
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
    at, body = broken.one_of(handlers(broken, name))
    body["config"][keys[name]] = 7
    return told("config.type", f"{at}/config/{keys[name]}")


def wrong_choice(broken: Broken) -> Expected:
    """Write a config value that is none of those that there are."""
    at, body = broken.one_of([*handlers(broken, "aggregate"), *handlers(broken, "fan_out")])
    body["config"]["strategy"] = "guess"
    return told("config.value", f"{at}/config/strategy", f"{at}/config")


def broken_expression(broken: Broken) -> Expected:
    """Leave a bracket of an expression open."""
    at, body = broken.one_of(handlers(broken, "transform"))
    body["config"]["expression"] = "$count(("
    return told("config.expression", f"{at}/config/expression")


def unbound_variable(broken: Broken) -> Expected:
    """Use a variable in an expression that nothing binds."""
    at, body = broken.one_of(handlers(broken, "transform"))
    body["config"]["expression"] = "$nowhere"
    return told("config.variable", f"{at}/config/expression")


def broken_schema(broken: Broken) -> Expected:
    """Write something for a schema that is none."""
    at, body = broken.one_of(handlers(broken, "transform"))
    body["config"]["output_schema"] = {"type": "words"}
    return told("config.schema", f"{at}/config/output_schema")


def broken_promise(broken: Broken) -> Expected:
    """Ask of a plan something that is no schema."""
    at, step = broken.one_of(of_type(broken, "planning"))
    step["must_produce"] = {"type": "object", "required": "all"}
    return told("schema.invalid", f"{at}/must_produce")


def broken_template(broken: Broken) -> Expected:
    """Leave a section of a message open."""
    at, body = broken.one_of(handlers(broken, "notify"))
    body["config"]["template"] = "{{#what}} and no end"
    return told("config.template", f"{at}/config/template")


def broken_url(broken: Broken) -> Expected:
    """Name a variable in a URL that nothing gives."""
    at, body = broken.one_of(handlers(broken, "http_request"))
    body["config"]["url"] = f"https://{HOST}/{{nowhere}}"
    return told("config.uri_template", f"{at}/config/url")


def broken_rule(broken: Broken) -> Expected:
    """Write a rule of a decision that is no CEL, or reads what it does not see."""
    at, body = broken.one_of(handlers(broken, "decide"))
    body["config"]["rules"][0]["when"] = broken.random.choice(("input.x >", "input.nowhere == 1", "steps.a.output"))
    return told("condition.syntax condition.path condition.unknown_name", f"{at}/config/rules/0/when")


def reference_in_config(broken: Broken) -> Expected:
    """Let data stand in config."""
    at, body = broken.one_of(handlers(broken, "transform"))
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


def unknown_workflow(broken: Broken) -> Expected:
    """Run a workflow that there is not."""
    at, step = broken.one_of(of_type(broken, "workflow"))
    step["workflow"] = "default/nowhere"
    return told("workflow.unknown", f"{at}/workflow")


def old_workflow(broken: Broken) -> Expected:
    """Run a version of a workflow that there is not."""
    at, step = broken.one_of(of_type(broken, "workflow"))
    step["workflow"] = f"{step['workflow'].partition('@')[0]}@^7"
    return told("workflow.version", f"{at}/workflow")


def both_kinds(broken: Broken) -> Expected:
    """Let one step have a handler and plan."""
    at, step = broken.one_of(of_type(broken, "planning"))
    step["handler"] = "transform"
    return told("shape.combination", f"{at}/handler")


CONFIG: tuple[Mutation, ...] = (
    *(unknown_handler, unknown_version, no_range, missing_config, unknown_config, mistyped_config),
    *(wrong_choice, broken_expression, unbound_variable, broken_schema, broken_promise, broken_template),
    *(broken_url, broken_rule, reference_in_config, broken_condition, unknown_workflow, old_workflow),
    *(both_kinds,),
)
