"""Lists of items by weight."""

from heapq import heapreplace

from goalwright import HandlerError
from goalwright.pointers import at
from goalwright.texts import kind, shown, written


def by_budget(items: list, config: dict) -> list:
    """Fill lists in order, each up to `budget`."""
    partitions, total = [], 0
    for index, item in enumerate(items):
        weight = _weight(item, index, config)
        if weight > config["budget"]:
            raise HandlerError("item_unfit", f"item {index} weighs {weight}, more than the whole budget of {config['budget']}")
        if not partitions or total + weight > config["budget"]:
            partitions.append([])
            total = 0
        partitions[-1].append(item)
        total += weight
    return partitions


def by_weight(items: list, config: dict, count: int) -> list:
    """Give the heaviest item that is left to the lightest list (Graham: at most a third above the best there is)."""
    weights = [_weight(item, index, config) for index, item in enumerate(items)]
    members = [[] for _ in range(count)]
    lightest = [(0, 0, number) for number in range(count)]
    for index in sorted(range(len(items)), key=lambda index: (-weights[index], index)):
        total, length, number = lightest[0]
        members[number].append(index)
        heapreplace(lightest, (total + weights[index], length + 1, number))
    return [[items[index] for index in sorted(listed)] for listed in sorted(members, key=min)]


def _weight(item: object, index: int, config: dict) -> float:
    found = at(item, config["weight"])
    if config.get("weight_as", "number") == "json":
        return len(written(found))
    if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 0:
        said = shown(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else kind(found)
        message = f"a weight is a number of at least 0; that of item {index} at {config['weight'] or 'its root'} is {said}"
        raise HandlerError("item_unfit", message)
    return found
