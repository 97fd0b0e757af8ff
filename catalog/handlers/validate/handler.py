"""Tell the values that fit a schema from those that do not."""

from goalwright import HandlerError
from goalwright.schemas import Checked, listed
from schemas.formats import FORMATS

SHOWN = 3


def run(config: dict, given: dict) -> dict:
    """Check each item of a list, or one value as a whole, and answer with both partitions."""
    schema = Checked(_schema(config, given), formats=FORMATS)
    data = given["data"]
    as_list = isinstance(data, list) and not config.get("as_whole", False)
    valid, invalid = _partitions(schema, data if as_list else [data])
    mode = config.get("on_invalid", "fail")
    if invalid and mode == "fail":
        raise HandlerError("invalid_data", _summary(invalid, len(valid) + len(invalid), as_list=as_list))
    if mode == "filter":
        data = valid if as_list else data if valid else None
    return {
        "data": data,
        "valid": valid,
        "invalid": invalid,
        "valid_count": len(valid),
        "invalid_count": len(invalid),
        "ok": not invalid,
    }


def _schema(config: dict, given: dict) -> dict | bool:
    named = [held["schema"] for held in (config, given) if "schema" in held]
    if len(named) != 1:
        said = "both config.schema and input.schema are given" if named else "neither config.schema nor input.schema is given"
        raise HandlerError("schema_invalid", f"{said}; give exactly one")
    return named[0]


def _partitions(schema: Checked, items: list) -> tuple[list, list]:
    valid, invalid = [], []
    for index, value in enumerate(items):
        errors = schema.errors(value)
        if errors:
            invalid.append({"index": index, "value": value, "errors": errors})
        else:
            valid.append(value)
    return valid, invalid


def _summary(invalid: list, count: int, *, as_list: bool) -> str:
    if not as_list:
        return f"the value does not fit the schema: {listed(invalid[0]['errors'])}"
    said = "; ".join(f"item {entry['index']} {listed(entry['errors'], most=1)}" for entry in invalid[:SHOWN])
    more = f"; and {len(invalid) - SHOWN} more items" if len(invalid) > SHOWN else ""
    return f"{len(invalid)} of {count} items do not fit the schema: {said}{more}"
