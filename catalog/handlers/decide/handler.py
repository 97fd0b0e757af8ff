"""Choose by rules: which steps come to exist, or which value goes on."""

from goalwright import HandlerError
from goalwright.conditions import ConditionError, held
from goalwright.schemas import Checked, listed


def run(config: dict, given: dict) -> dict:
    """Try the rules in order over the inputs, and say what those that hold choose."""
    rules = config["rules"]
    matched = _matched(rules, given, only_first=config.get("match", "first") == "first")
    gives = _value if config.get("gives", "steps") == "value" else _steps
    return gives(config, [rules[at] for at in matched]) | {"matched": [_name(rules[at], at + 1) for at in matched]}


def _matched(rules: list, given: dict, *, only_first: bool) -> list:
    try:
        return held([rule["when"] for rule in rules], {"input": given}, most=1 if only_first else len(rules))
    except ConditionError as error:
        message = f"rule {_name(rules[error.at], error.at + 1)}: {error.message}"
        raise HandlerError(error.type, message) from error


def _name(rule: dict, number: int) -> str:
    return rule.get("name", str(number))


def _steps(config: dict, matched: list) -> dict:
    chosen = [rule["choose"] for rule in matched] if matched else [config.get("default", [])]
    steps = list(dict.fromkeys(name for names in chosen for name in names))
    if steps:
        return {"outcome": "create_steps", "steps": steps}
    reason = "the rule that holds chooses no step" if matched else "no rule holds"
    return {"outcome": "no_branches", "reason": reason}


def _value(config: dict, matched: list) -> dict:
    _hold(config)
    if config.get("match", "first") == "all":
        return {"value": [rule["value"] for rule in matched]}
    return {"value": matched[0]["value"] if matched else config.get("default_value")}


def _hold(config: dict) -> None:
    """Hold every value that may be given against `value_schema`."""
    schema = Checked(config.get("value_schema", True))
    values = {f"rule {_name(rule, number)}": rule["value"] for number, rule in enumerate(config["rules"], 1)}
    if "default_value" in config:
        values["default_value"] = config["default_value"]
    for what, value in values.items():
        found = schema.errors(value)
        if found:
            raise HandlerError("value_mismatch", f"the value of {what} does not fit value_schema: {listed(found)}")
