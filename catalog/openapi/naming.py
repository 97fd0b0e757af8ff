"""Names of handlers for the operations of an API."""

import re

from semantic_version import Version

LONGEST = 63

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def name_of(identifier: str, prefix: str = "") -> str:
    """Make a handler's name of an operation's: `listPets` becomes `list_pets`, with a prefix `shop_list_pets`."""
    words = _OTHER.sub("_", _HUMP.sub("_", identifier).lower()).strip("_")
    whole = f"{prefix}_{words}" if prefix else words
    if not whole[:1].isalpha():
        whole = f"call_{whole}".rstrip("_")
    return whole[:LONGEST].rstrip("_")


def numbered(name: str, number: int) -> str:
    """Tell a name from those before it: `get_pet`, `get_pet_2`."""
    return f"{name[: LONGEST - len(str(number)) - 1].rstrip('_')}_{number}"


def version_of(told: object) -> str:
    """Read the API's version as one of three numbers; 1.0.0 where it has none in it."""
    try:
        found = Version.coerce(str(told).strip().lstrip("vV"))
    except ValueError:
        return "1.0.0"
    return str(found.truncate())
