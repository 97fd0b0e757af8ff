"""Check 4: a step's config satisfies its handler's schema, holds no references, and the code in it parses."""

from collections.abc import Iterator

from fragments.checks.findings import CONFIG, Place, literal_findings
from fragments.checks.formats import CEL, FORMATS, Formatted, formatted
from fragments.checks.layout import Body
from fragments.checks.view import View
from fragments.pointers import members
from fragments.problems import Problem
from fragments.references import ROOTS, Choice, Reference, parse, references_in
from fragments.schemas.acceptance import plainly_accepts
from fragments.schemas.memory import ByIdentity
from fragments.schemas.soundness import sound

_MOST_CODE = 60_000  # characters of JSONata, which take about a second to parse
_places = ByIdentity(lambda schema: tuple(formatted(schema)))


def check_configs(view: View) -> Iterator[Problem]:
    """Find configs that do not satisfy their handler's schema."""
    for body in view.bodies:
        if body.capability is None or plainly_accepts(sound(body.capability.config_schema), body.config):
            continue  # before any sentence is begun: nearly all configs are as they should be
        place = Place(where=f"{body.pointer}/config", label=f"{body.label}: config", codes=CONFIG)
        yield from literal_findings(body.config, body.capability.config_schema, place)


def check_config_references(view: View) -> Iterator[Problem]:
    """Find references in config: it is literal, so that data never becomes code."""
    for body in view.bodies:
        for where, reference in _misplaced(body):
            says = f"{body.label}: config is literal; {{{{ {reference.text} }}}} in it would not be looked up."
            advice = "Move the value to input and use it from there."
            yield Problem(code="config.reference", where=where, says=says, hint=advice)


def check_formats(view: View) -> Iterator[Problem]:
    """Find code in config that does not parse, and names in it that nothing binds."""
    length = 0
    for body in view.bodies:
        for kind, where, value in _formatted(body):
            if kind == CEL:
                continue
            length += len(value) if kind == "jsonata" and isinstance(value, str) else 0
            if length > _MOST_CODE:
                says = f"The expressions of the document are together longer than {_MOST_CODE:,} characters."
                yield Problem(code="config.expression", where=where, says=says, hint="Use fewer or shorter expressions.")
                return
            if not (isinstance(value, str) and kind != "mustache" and _own_reference(value, body)):  # told already
                yield from FORMATS[kind](Formatted(value=value, where=where, body=body))


def rules_in(body: Body) -> Iterator[tuple[str, str]]:
    """Go through the conditions in a body's config, each with its pointer."""
    return ((where, value) for _, where, value in _formatted(body, only=CEL) if isinstance(value, str))


def templates_in(body: Body) -> set[str]:
    """Point to the Mustache templates of a config, which writes its own names in the same braces as references."""
    return {where for kind, where, _ in _formatted(body) if kind == "mustache"}


def _misplaced(body: Body) -> Iterator[tuple[str, Reference | Choice]]:
    found = body.braced_config
    templates = templates_in(body) if found else set()
    for where, text in found:
        reference = _own_reference(text, body) if where not in templates else None
        if reference is not None:
            yield where, reference


def _own_reference(text: str, body: Body) -> Reference | Choice | None:
    """Find a reference that would have to be looked up; secrets, which another check tells of, are none."""
    if "{{" not in text:
        return None
    parts = (part for part in parse(text) if isinstance(part, (Reference, Choice)))
    return next((part for part in parts if any(_is_ours(one, body) for one in references_in(part))), None)


def _formatted(body: Body, *, only: str = "") -> Iterator[tuple[str, str, object]]:
    """Go through the values of config that have a format: format, pointer, value."""
    for path, kind in _places(body.capability.config_schema) if body.capability is not None else ():
        if only in ("", kind) and (not path or path[0] == "*" or path[0] in body.config):
            for where, value in members(body.config, path, f"{body.pointer}/config"):
                yield kind, where, value


def _is_ours(reference: Reference, body: Body) -> bool:
    """Say whether a text in double braces is meant as a reference; other languages use the same braces."""
    if reference.root in ROOTS:
        return bool(reference.path)
    return body.sight.binder(reference.root) is not None
