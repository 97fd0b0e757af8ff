"""JSON Pointers (RFC 6901)."""


def at(value: object, pointer: str) -> object:
    """Follow `pointer` into `value`; nothing there is `None`."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return None
    return value


def pointer(path: object) -> str:
    """Write a path of keys and indexes as a pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
