"""Split a list into partitions."""

from itertools import pairwise

from goalwright import HandlerError
from goalwright.expressions import Expression
from goalwright.pointers import at
from goalwright.schemas import Checked, listed
from goalwright.texts import kind, same
from weights import by_budget, by_weight


def run(config: dict, given: dict) -> dict:
    """Partition the items that are there, and hold the result against its caps."""
    items = given["items"] if isinstance(given["items"], list) else given["items"]["outputs"]
    items = [item for item in items if item is not None]
    _fit(config, items)
    made = STRATEGIES[config["strategy"]](items, config, given)
    most = config.get("max_partitions", 100)
    if len(made["partitions"]) > most:
        message = f"{len(items)} items make {len(made['partitions'])} partitions; max_partitions allows {most}"
        raise HandlerError("too_many_partitions", message)
    return made | {"count": len(made["partitions"]), "item_count": len(items)}


def _fit(config: dict, items: list) -> None:
    if "item_schema" not in config:
        return
    schema = Checked(config["item_schema"])
    for index, item in enumerate(items):
        found = schema.errors(item)
        if found:
            raise HandlerError("item_mismatch", f"item {index} does not fit item_schema: {listed(found)}")


def _each(items: list, config: dict, _given: dict) -> dict:
    if not config.get("distinct", False):
        return {"partitions": items}
    first = {}
    for item in items:
        first.setdefault(same(item), item)
    return {"partitions": list(first.values())}


def _chunk(items: list, config: dict, _given: dict) -> dict:
    if "budget" in config:
        return {"partitions": by_budget(items, config)}
    if "size" in config:
        return {"partitions": [items[start : start + config["size"]] for start in range(0, len(items), config["size"])]}
    count = min(config["count"], len(items))
    if "weight" in config:
        return {"partitions": by_weight(items, config, count)}
    ends = [len(items) * number // count for number in range(count + 1)] if count else [0]
    return {"partitions": [items[start:end] for start, end in pairwise(ends)]}


def _by_key(items: list, config: dict, given: dict) -> dict:
    variables = {name: value for name, value in given.items() if name != "items"}
    key_of = _pointed(config["key"]) if "key" in config else Expression(config["key_expression"], variables).value
    groups = {}
    for index, item in enumerate(items):
        key = key_of(item)
        if isinstance(key, (dict, list)):
            raise HandlerError("item_unfit", f"a key is a text, number, boolean or null; that of item {index} is {kind(key)}")
        groups.setdefault(same(key), {"key": key, "items": []})["items"].append(item)
    return {"partitions": list(groups.values()), "keys": [group["key"] for group in groups.values()]}


def _pointed(pointer: str) -> object:
    return lambda item: at(item, pointer)


STRATEGIES = {"each": _each, "chunk": _chunk, "by_key": _by_key}
