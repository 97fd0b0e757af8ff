"""Code in config, by the `format` that the capability's schema gives it: parsed here, never run.

`format` stands in `config_schema` at `properties`, `items` and `additionalProperties`, at any depth.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from chevron.tokenizer import ChevronError, tokenize
from uritemplate import URITemplate
from uritemplate.variable import Operator, URIVariable

from fragments.checks.expressions import Unparsable, built_in, names_in
from fragments.checks.layout import Body
from fragments.near import hint, nearest
from fragments.pointers import join
from fragments.problems import Problem
from fragments.schemas.soundness import schema_flaw
from schemas.values import Json, Schema

CEL = "cel"
"""The format of conditions in config, which are checked against the types of what flows in, once those are known."""

_MOST_DEPTH = 8
_MOST_TEMPLATE = 20_000
_SHORT = 2_000  # characters of a text whose parts are kept: a document that is mended comes again nearly as it was
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_URI_VARIABLES = re.compile(r"[+#./;?&]?(?:[A-Za-z0-9_.%]+(?:\*|:[1-9]\d{0,3})?)(?:,[A-Za-z0-9_.%]+(?:\*|:[1-9]\d{0,3})?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """One value of a format, where it stands, and the body whose input it may use."""

    value: Json
    where: str
    body: Body

    def problem(self, code: str, says: str, advice: str = "") -> Problem:
        """Tell something of the value."""
        return Problem(code=code, where=self.where, says=f"{self.body.label}: {says}", hint=advice)

    @property
    def input_names(self) -> list[str]:
        """Name the keys of the step's input."""
        return list(self.body.input)


def formatted(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Go through the places of a config schema that hold code: path (`*`: every member) and format."""
    if not isinstance(schema, Mapping) or len(path) > _MOST_DEPTH:
        return
    if schema.get("format") in (*FORMATS, CEL):
        yield path, schema["format"]
    for name, part in schema.get("properties", {}).items():
        yield from formatted(part, (*path, name))
    for word in ("items", "additionalProperties"):
        yield from formatted(schema.get(word, True), (*path, "*"))
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from formatted(part, path)


def _jsonata(found: Formatted) -> Iterator[Problem]:
    if not isinstance(found.value, str):
        return
    names = names_in(found.value)
    if isinstance(names, Unparsable):
        yield found.problem("config.expression", f"the JSONata expression does not parse: {names.says}.", names.advice)
        return
    for name, reason in names.refused:
        if name not in found.body.input:
            advice = "Give the value as an input and use it as a variable, or leave it out."
            yield found.problem("config.function", f"${name} cannot be used: {reason}.", advice)
    for name in names.unbound:
        if name not in found.body.input:
            says = f"the expression uses ${name}, which nothing binds."
            near = ", ".join(f"${other}" for other in nearest(name, [*found.body.input, *built_in()]))
            advice = f'Bind it in the expression, or give "{name}" as input.'
            yield found.problem("config.variable", says, f"{advice} Nearest: {near}." if near else advice)


def _json_schema(found: Formatted) -> Iterator[Problem]:
    flaw = schema_flaw(found.value)
    if flaw is not None:
        path, reason = flaw
        place = f" at {join('', *path)}" if path else ""
        yield found.problem(
            "config.schema", f"this is no JSON Schema{place}: {reason}.", "Draft 2020-12; references only to #/$defs/NAME."
        )


def _uri_template(found: Formatted) -> Iterator[Problem]:
    if not isinstance(found.value, str):
        return
    text = found.value
    inside = _IN_BRACES.findall(text)
    rest = _IN_BRACES.sub("", text)
    if "{" in rest or "}" in rest or not all(_URI_VARIABLES.fullmatch(part) for part in inside):
        says = "this is no URI template (RFC 6570)."
        yield found.problem(
            "config.uri_template",
            says,
            "Variables stand as {name}, {+name} or {?name,other}; values come from input.url_params.",
        )
        return
    given = found.body.input.get("url_params", {})
    if not isinstance(given, Mapping):
        return  # a reference, or nothing that this check is to tell
    wanted = (str(name) for variable in URITemplate(text).variables for name in _needed(variable))
    for name in dict.fromkeys(wanted):
        if name not in given:
            advice = f"Give it: input: {{url_params: {{{name}: ...}}}}. {hint(name, given)}".strip()
            yield found.problem(
                "config.uri_template", f'the URL uses "{name}", which input.url_params does not provide.', advice
            )


def _needed(variable: URIVariable) -> list[str]:
    """Name what an expression cannot do without: query values ({?a}, {&b}) are left out where they have no value."""
    queries = (Operator.form_style_query, Operator.form_style_query_continuation)
    return [] if variable.operator in queries else variable.variable_names


def _mustache(found: Formatted) -> Iterator[Problem]:
    if not isinstance(found.value, str):
        return
    if len(found.value) > _MOST_TEMPLATE:
        yield found.problem("config.template", f"the template is longer than {_MOST_TEMPLATE:,} characters.")
        return
    try:
        tags = _tags_of(found.value) if len(found.value) <= _SHORT else _tags_of.__wrapped__(found.value)
    except (ChevronError, IndexError) as error:  # IndexError: an empty tag
        reason = " ".join(str(error).split()) if isinstance(error, ChevronError) else "an empty tag {{}}"
        yield found.problem(
            "config.template", f"the Mustache template is malformed: {reason}.", "Close every {{ and every {{#section}}."
        )
        return
    yield from _tags(found, tags)


@lru_cache(maxsize=1_000)
def _tags_of(template: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, key) for kind, key in tokenize(template) if kind != "literal")


def _tags(found: Formatted, tags: tuple[tuple[str, str], ...]) -> Iterator[Problem]:
    depth = 0
    told: set[str] = set()
    for kind, key in tags:
        name = key.split(".")[0].strip()
        if kind == "end":
            depth -= 1
        elif kind == "set delimiter":
            continue
        elif kind == "partial":
            yield found.problem("config.template", f"the template includes {key!r}; there are no partials.", "Write it out.")
        elif depth == 0 and name and name not in (*told, *found.body.input):
            told.add(name)
            yield _unknown_tag(found, key, name)
        depth += kind in ("section", "inverted section")


def _unknown_tag(found: Formatted, key: str, name: str) -> Problem:
    says = f'the template names "{key}", which is not in the step\'s input.'
    if name in ("steps", "input", "task"):
        return found.problem("config.template", says, "Move the value to input, and name its key here.")
    return found.problem("config.template", says, hint(name, found.input_names, otherwise=f'Give "{name}" as input.'))


FORMATS: dict[str, Callable[[Formatted], Iterator[Problem]]] = {
    "jsonata": _jsonata,
    "json-schema": _json_schema,
    "uri-template": _uri_template,
    "mustache": _mustache,
}
