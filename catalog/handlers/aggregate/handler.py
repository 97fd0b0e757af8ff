"""Make one value out of many."""

from goalwright import HandlerError
from goalwright.expressions import evaluate
from goalwright.pointers import at
from goalwright.schemas import require
from goalwright.texts import kind, shown


def run(config: dict, given: dict) -> dict:
    """Drop what failed, hold the rest against the threshold, reduce it."""
    items, failed = _counted(given["items"])
    _hold(config.get("failure_threshold"), failed, len(items) + failed)
    value = STRATEGIES[config["strategy"]](items, config, given)
    if "output_schema" in config:
        require(value, config["output_schema"], "output_mismatch", "the aggregated value")
    return {"value": value, "item_count": len(items), "failed_count": failed}


def _counted(items: list | dict) -> tuple[list, int]:
    """Take a list (null stands for a failed item) or a loop's whole output, which tells failed items from skipped ones."""
    if isinstance(items, list):
        present = [item for item in items if item is not None]
        return present, len(items) - len(present)
    present = [item for item in items["outputs"] if item is not None]
    return present, len(items.get("failures", ()))


def _hold(threshold: dict | None, failed: int, total: int) -> None:
    if threshold is None:
        return
    most = threshold["count"] if "count" in threshold else threshold["share"] * total
    if failed > most:
        allowed = threshold["count"] if "count" in threshold else f"a share of {threshold['share']}"
        raise HandlerError("too_many_failures", f"{failed} of {total} items failed; failure_threshold allows {allowed}")


def _merge(items: list, _config: dict, _given: dict) -> dict:
    merged = {}
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise HandlerError("item_unfit", f"merge takes objects; item {index} is {kind(item)}")
        merged.update(item)
    return merged


def _concat(items: list, _config: dict, _given: dict) -> list:
    return [value for item in items for value in (item if isinstance(item, list) else [item])]


def _count(items: list, config: dict, _given: dict) -> int | dict:
    if "by" not in config:
        return len(items)
    counts = {}
    for index, item in enumerate(items):
        key = at(item, config["by"])
        if isinstance(key, (dict, list)):
            message = f"count needs a text, number, boolean or null at {config['by']}; item {index} has {kind(key)}"
            raise HandlerError("item_unfit", message)
        counts[shown(key)] = counts.get(shown(key), 0) + 1
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def _custom(items: list, config: dict, given: dict) -> object:
    variables = {name: value for name, value in given.items() if name != "items"}
    return evaluate(config["expression"], items, variables)


STRATEGIES = {"merge": _merge, "concat": _concat, "count": _count, "custom": _custom}
