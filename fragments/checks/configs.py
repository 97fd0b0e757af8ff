"""Check 4: a step's config satisfies its handler's schema, holds no references, and the code in it parses."""

from collections.abc import Iterator

from fragments.checks.findings import CONFIG, Place, literal_findings
from fragments.checks.formats import FORMATS, Formatted, formatted
from fragments.checks.view import Node, View
from fragments.pointers import braced, join
from fragments.problems import Problem
from fragments.references import Reference, parse
from fragments.schemas.memory import ByIdentity

_MOST_CODE = 60_000  # characters of JSONata, which take about a second to parse
_places = ByIdentity(lambda schema: tuple(formatted(schema)))


def check_configs(view: View) -> Iterator[Problem]:
    """Find configs that do not satisfy their handler's schema."""
    for node in view.nodes:
        if node.capability is not None:
            place = Place(where=f"{node.pointer}/config", label=f'Step "{node.step.name}": config', codes=CONFIG)
            yield from literal_findings(node.step.config, node.capability.config_schema, place)


def check_config_references(view: View) -> Iterator[Problem]:
    """Find references in config: it is literal, so that data never becomes code."""
    for node in view.nodes:
        for where, reference in _misplaced(node):
            says = f'Step "{node.step.name}": config is literal; {{{{ {reference.text} }}}} in it would not be looked up.'
            advice = "Move the value to input and use it from there."
            yield Problem(code="config.reference", where=where, says=says, hint=advice)


def check_formats(view: View) -> Iterator[Problem]:
    """Find code in config that does not parse, and names in it that nothing binds."""
    length = 0
    for node in view.nodes:
        for kind, where, value in _formatted(node):
            length += len(value) if kind == "jsonata" and isinstance(value, str) else 0
            if length > _MOST_CODE:
                says = f"The expressions of the document are together longer than {_MOST_CODE:,} characters."
                yield Problem(code="config.expression", where=where, says=says, hint="Use fewer or shorter expressions.")
                return
            if not (isinstance(value, str) and kind != "mustache" and _own_reference(value, node)):  # told already
                yield from FORMATS[kind](Formatted(value=value, where=where, node=node))


def _misplaced(node: Node) -> Iterator[tuple[str, Reference]]:
    found = braced(node.step.config, f"{node.pointer}/config")
    # Mustache writes its own names in the same braces
    templates = {at for kind, at, _ in _formatted(node) if kind == "mustache"} if found else set()
    for where, text in found:
        reference = _own_reference(text, node)
        if reference is not None and where not in templates:
            yield where, reference


def _own_reference(text: str, node: Node) -> Reference | None:
    if "{{" not in text:
        return None
    return next((part for part in parse(text) if isinstance(part, Reference) and _is_ours(part, node)), None)


def _formatted(node: Node) -> Iterator[tuple[str, str, object]]:
    """Go through the values of config that have a format: format, pointer, value."""
    if node.capability is not None:
        for path, kind in _places(node.capability.config_schema):
            if not path or path[0] == "*" or path[0] in node.step.config:
                yield from ((kind, where, value) for where, value in _at(node, path))


def _is_ours(reference: Reference, node: Node) -> bool:
    """Say whether a text in double braces is meant as a reference; other languages use the same braces."""
    if reference.root in ("input", "steps", "task"):
        return bool(reference.path)
    return node.sight.binder(reference.root) is not None


def _at(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Go through the values of config at a path; `*` stands for every member of a list or object."""
    found: list[tuple[str, object]] = [(f"{node.pointer}/config", node.step.config)]
    for key in path:
        found = [deeper for where, value in found for deeper in _into(where, value, key)]
    return iter(found)


def _into(where: str, value: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        names = list(value) if key == "*" else [key] if key in value else []
        yield from ((join(where, name), value[name]) for name in names)
    elif isinstance(value, (list, tuple)) and key == "*":
        yield from ((f"{where}/{i}", part) for i, part in enumerate(value))
