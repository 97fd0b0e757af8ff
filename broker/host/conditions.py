"""The `conditions` host function: CEL for guests, evaluated by the module that evaluates `when`.

It reaches nothing and remembers nothing, so a pure handler may have it. Its time counts as the guest's own; what one condition
may cost is bounded by `schemas.conditions`, which refuses what is more.
"""

import json
from typing import Any

from broker.host.refusals import Refusal
from schemas import conditions
from schemas.conditions import Condition, ConditionError

MOST_CONDITIONS = 100
"""How many conditions one call may hold."""


def which(texts: str, roots: str, most: int) -> str:
    """Answer `{"ok": {"held": [index, ...]}}`: the first `most` of the conditions (a list of texts) that are true of the roots.

    Where one is no condition, or comes to no answer before that many have held, it is
    `{"ok": {"failed": {at, type, message}}}`, with `condition_invalid` or `condition_failed`.
    """
    try:
        given, values = json.loads(texts), json.loads(roots)
    except (ValueError, RecursionError):
        given, values = None, None
    if not _are_texts(given) or not isinstance(values, dict):
        return Refusal("host_refused", f"conditions are at most {MOST_CONDITIONS} texts, and roots an object").to_text()
    return json.dumps({"ok": _judged(given, values, most)})


def _are_texts(given: object) -> bool:
    return isinstance(given, list) and len(given) <= MOST_CONDITIONS and all(isinstance(text, str) for text in given)


def _judged(texts: list[str], roots: dict[str, Any], most: int) -> dict[str, Any]:
    for at, text in enumerate(texts):
        parsed = conditions.parse(text)
        if not isinstance(parsed, Condition):
            says = " ".join(part for part in (parsed[0].says, parsed[0].hint) if part)
            return {"failed": {"at": at, "type": "condition_invalid", "message": says}}
    held: list[int] = []
    for at, text in enumerate(texts):
        if len(held) >= most:
            break
        try:
            held += [at] if conditions.holds(text, roots) else []
        except ConditionError as error:
            return {"failed": {"at": at, "type": "condition_failed", "message": error.says}}
    return {"held": held}
