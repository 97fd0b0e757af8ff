"""Values as OpenAPI's styles write them: the table of "Style Examples" (OpenAPI 3.0.4 and 3.1.1).

The first four styles are operators of RFC 6570, and as there null is what is not there: a null member is left out, and a list
or an object without any other member is left out whole. What stands deeper than a style reaches is written as JSON.
"""

from urllib.parse import quote

from goalwright.texts import plain, shown, written

SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
# What allowReserved leaves as it is. `#`, `&` and `+` would mean something else in a query, whatever is allowed there.
RESERVED = ":/?@!$'()*,;"


def is_absent(value: object) -> bool:
    """Say whether a style writes nothing for a value: null, and lists and objects of nothing else."""
    if isinstance(value, dict):
        return all(held is None for held in value.values())
    if isinstance(value, list):
        return all(held is None for held in value)
    return value is None


def path_text(parameter: dict, value: object) -> str:
    """Write what stands in place of `{name}` in a path: styles simple, label and matrix, and delimited lists."""
    if is_absent(value):
        return ""
    style, explode = parameter["style"], parameter["explode"]
    if style == "matrix":
        return "".join(f";{pair.removesuffix('=')}" for pair in _form(parameter, value))
    items = _items(value, joined="=" if explode else None)
    if style in SEPARATORS:
        return SEPARATORS[style].join(items)
    if style == "label":
        return "." + ("." if explode else ",").join(items)
    return ",".join(items)


def query_pairs(parameter: dict, value: object) -> list[str]:
    """List the pairs `name=value` of a query, coded: form, delimited lists, deepObject, JSON."""
    style, safe = parameter["style"], RESERVED if parameter.get("reserved") else ""
    if style == "json":
        return [f"{_coded(parameter['name'])}={_coded(written(plain(value)), safe)}"]
    if is_absent(value):
        return []
    if style == "deepObject":
        return _deep(_coded(parameter["name"]), value, safe, top=True)
    if style in SEPARATORS and isinstance(value, (list, dict)) and not parameter["explode"]:
        joined = SEPARATORS[style].join(_items(value, safe=safe))
        return [f"{_coded(parameter['name'])}={joined}"]
    return _form(parameter, value, safe)


def header_text(parameter: dict, value: object) -> str:
    """Write the value of a header: style simple, as it is, since nothing in a header is coded."""
    if parameter["style"] == "json":
        return written(plain(value))
    return ",".join(_items(value, joined="=" if parameter["explode"] else None, code=shown))


def cookie_pairs(parameter: dict, value: object) -> list[str]:
    """List the pairs `name=value` of the Cookie header; what is exploded is several cookies."""
    return query_pairs(parameter, value)


def _form(parameter: dict, value: object, safe: str = "") -> list[str]:
    name = _coded(parameter["name"])
    if not isinstance(value, (list, dict)):
        return [f"{name}={_coded(value, safe)}"]
    if not parameter["explode"]:
        return [f"{name}={','.join(_items(value, safe=safe))}"]
    if isinstance(value, dict):
        return _items(value, joined="=", safe=safe)
    return [f"{name}={item}" for item in _items(value, safe=safe)]


def _deep(name: str, value: object, safe: str, *, top: bool = False) -> list[str]:
    """Write `name[key]=value`, as deep as the value goes.

    A list of single values within an object repeats its name; any other list is numbered, since a repeated name would not say
    where one item ends.
    """
    if isinstance(value, dict):
        inner = [(f"{name}%5B{_coded(key)}%5D", held) for key, held in value.items() if held is not None]
    elif isinstance(value, list):
        held = [item for item in value if item is not None]
        numbered = top or any(isinstance(item, (list, dict)) for item in held)
        inner = [(f"{name}%5B{at}%5D" if numbered else name, item) for at, item in enumerate(held)]
    else:
        return [f"{name}={_coded(value, safe)}"]
    return [pair for key, held in inner for pair in _deep(key, held, safe)]


def _items(value: object, *, joined: str | None = None, safe: str = "", code: object = None) -> list[str]:
    """List the members of a value: keys and values of an object in turn, or together with `joined` between them."""
    write = code or (lambda held: _coded(held, safe))
    if isinstance(value, list):
        return [write(held) for held in value if held is not None]
    if not isinstance(value, dict):
        return [write(value)]
    pairs = [(write(key), write(held)) for key, held in value.items() if held is not None]
    if joined is not None:
        return [joined.join(pair) for pair in pairs]
    return [text for pair in pairs for text in pair]


def _coded(value: object, safe: str = "") -> str:
    return quote(shown(value), safe=safe)
