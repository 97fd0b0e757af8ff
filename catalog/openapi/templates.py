"""Path templates: `/files/{name}.{type}`, `/jobs/{id}:cancel`, `/search?kind={kind}`."""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from catalog.openapi.nodes import refuse
from catalog.openapi.parameters import Parameter

_NAME = re.compile(r"\{([^{}]*)\}")
_SAFE = "/:@!$&'()*+,;=~%-._[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A path to fill in, and the pairs of a query that stand in it."""

    path: str
    query: tuple[str, ...]


def template_of(path: str, parameters: tuple[Parameter, ...]) -> tuple[Template, tuple[Parameter, ...]]:
    """Read a path: its names are those of path parameters, and those that it does not name are left out.

    Raises `Unsupported` for what no request can be made of.
    """
    route, _, query = path.partition("?")
    _check(path, route)
    by_name = {(held.place, held.name): held for held in parameters}
    pairs = [pair for pair in query.split("&") if pair and not _is_parameter(pair, by_name)]
    named = {name for text in (route, *pairs) for name in _NAME.findall(text)}
    meant = {name: _meant(name, by_name) for name in named}
    missing = sorted(name for name, found in meant.items() if found is None)
    if missing:
        says = f"its path names {{{missing[0]}}}, and no path parameter does"
        refuse(says)
    used = {found for found in meant.values() if found is not None}
    template = Template(path=_literal(route, meta=meant), query=tuple(_literal(pair, meta=meant) for pair in pairs))
    kept = tuple(held for held in parameters if held.place != "path" or held.name in used)
    return template, tuple(replace(held, required=True) if held.place == "path" else held for held in kept)


def _check(path: str, route: str) -> None:
    if not route.startswith("/"):
        refuse("its path does not begin with a slash")
    if "#" in path:
        refuse("its path holds a fragment, which is never sent")
    if {".", ".."} & set(route.split("/")):
        refuse("its path holds dot segments, which lead elsewhere")
    if _NAME.sub("", path).count("{") + _NAME.sub("", path).count("}"):
        refuse("the braces of its path do not pair")


def _is_parameter(pair: str, by_name: dict[tuple[str, str], Parameter]) -> bool:
    """Say whether a pair of the path's query, `kind={kind}`, is a query parameter, which is written as such."""
    names = _NAME.findall(pair)
    return len(names) == 1 and ("query", names[0]) in by_name and ("path", names[0]) not in by_name


def _meant(name: str, by_name: dict[tuple[str, str], Parameter]) -> str | None:
    """Find the path parameter that a name means; some write `{proxy+}` or `{+path}` for one that takes slashes."""
    return next((found for found in (name, name.strip("+*")) if ("path", found) in by_name), None)


def _literal(text: str, *, meta: dict[str, str | None]) -> str:
    parts = _NAME.split(text)
    return "".join(f"{{{meta[part]}}}" if at % 2 else quote(part, safe=_SAFE) for at, part in enumerate(parts))
