"""What can be read at a place of a document, and references and conditions by chance that read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from schemas.values import Json, Schema
from tests.support.documents.shapes import ALL_KINDS, kinds_of

STATUS: Schema = {"enum": ["complete", "failed", "skipped", "cancelled"]}
WANTED: Mapping[str, frozenset[str]] = {
    "list": frozenset({"array"}),
    "object": frozenset({"object"}),
    "text": frozenset({"string"}),
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean"}),
    "scalar": frozenset({"string", "integer", "number", "boolean"}),
}
"""Kinds of value that are asked for, by the JSON types that they may be; `any` takes all."""
_LITERALS: Mapping[str, tuple[Json, ...]] = {
    "any": (None, 1, "x", [1, 2], {"a": 1}),
    "list": ([1, 2], ["a", "b", "c"], [], [{"a": 1}, {"a": 2}]),
    "object": ({"a": 1}, {}),
    "text": ("none", "two words"),
    "integer": (3, 0),
    "number": (2, 1.5),
    "boolean": (True, False),
    "scalar": ("one", 2, True),
}
_DEFAULTS: Mapping[str, Json] = {"list": [], "object": {}, "text": "none", "integer": 0, "number": 1.5, "boolean": False}
_TESTS: Mapping[str, tuple[str, ...]] = {
    "string": ('{0} == "a"', "size({0}) > 1", '{0}.startsWith("a")', '{0} in ["a", "b"]', '{0}.contains("b")'),
    "integer": ("{0} > 2", "{0} <= 1.5", "{0} in [1, 2]", "{0} + 1 != 3"),
    "number": ("{0} > 2", "{0} < 0.5"),
    "boolean": ("{0}", "!{0}", "{0} == true"),
    "array": ("size({0}) > 1", "{0} != []", "{0}.exists(x, x != null)", "{0}.all(x, x == x)"),
    "object": ("size({0}) > 0", '"a" in {0}', "{0} != {{}}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A value that can be read under a name: a step's output, the input, an item. `optional`: it may be skipped."""

    text: str  # steps.fetch.output
    schema: Schema
    step: str = ""
    scope: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A path into a source: how it is written, what stands there, whether it is sure to be there, what to test in CEL first."""

    text: str
    schema: Schema
    sure: bool
    tests: tuple[str, ...] | None  # None where CEL cannot read it


@dataclass(slots=True)
class Sight:
    """What is seen at a place. `lax`: scopes of which a skipped step is seen as null here."""

    random: Random
    sources: list[Source] = field(default_factory=list)
    lax: frozenset[int] = frozenset()
    used: set[str] = field(default_factory=set)  # steps that were read, shared by all places of a document
    careless: float = 0.0  # how often something is read that need not be there, or need not be of the kind that is wanted

    def with_more(self, *sources: Source, lax: int | None = None) -> "Sight":
        """See more besides, or see skipped steps of a scope as null."""
        return replace(self, sources=[*self.sources, *sources], lax=self.lax if lax is None else self.lax | {lax})

    def only(self, *steps: str) -> "Sight":
        """See of all steps only these."""
        return replace(self, sources=[source for source in self.sources if source.step in ("", *steps)])

    def value(self, kind: str = "any", *, literal: float = 0.2) -> Json:
        """Write a value of a kind: a reference, a text with references, a list or object with some, or a literal."""
        random = self.random
        if random.random() >= literal:
            for _ in range(12):
                found = self._reference(kind)
                if found is not None:
                    return f"{{{{ {found} }}}}"
        if kind in ("text", "any") and random.random() < 0.3:
            return f"of {{{{ {self._any()} }}}}, {{{{ {self._any()} }}}}"
        if kind == "any" and random.random() < 0.4:
            return {"one": self.value(), "more": [self.value("scalar"), 1]}
        return random.choice(_LITERALS[kind])

    def whole(self, source: Source) -> str:
        """Write a reference to all of a source."""
        self.used.add(source.step)
        return f"{{{{ {source.text} }}}}"

    def condition(self) -> str:
        """Write a condition that works on whatever is seen."""
        first = self._test()
        pick = self.random.randrange(4)
        if pick == 0:
            return f"({first}) {self.random.choice(('&&', '||'))} ({self._test()})"
        return f"!({first})" if pick == 1 else first

    def _any(self) -> str:
        return self._reference("any") or "task.id"

    def _reference(self, kind: str) -> str | None:
        way = self._way()
        if way is None:
            return None
        kinds, wanted = kinds_of(way.schema), WANTED.get(kind)
        if self.random.random() < self.careless and (wanted is None or kinds & wanted):
            return way.text
        plain = wanted is None or kinds <= wanted
        if plain and way.sure:
            return way.text if self.random.random() < 0.8 else f"{way.text} ?? {self._default(kind)}"
        if wanted is None or kinds - {"null"} <= wanted:
            return f"{way.text} ?? {self._default(kind)}"
        return None

    def _default(self, kind: str) -> str:
        if kind == "any" and self.random.random() < 0.3:
            way = self._way()
            if way is not None and way.sure:
                return way.text
        if kind == "scalar":
            kind = self.random.choice(("text", "integer", "boolean"))
        return json.dumps(_DEFAULTS.get(kind, self.random.choice((None, "none", 0, []))))

    def _way(self) -> Way | None:
        if not self.sources:
            return None
        source = self.random.choice(self.sources[-12:] if self.random.random() < 0.7 else self.sources)
        self.used.add(source.step)
        way = self._begin(source)
        while self.random.random() < 0.75:
            further = _further(way, self.random)
            if further is None and self.careless and kinds_of(way.schema) == ALL_KINDS:
                further = _guessed(way, self.random)
            if further is None:
                return way
            way = further
        return way

    def _begin(self, source: Source) -> Way:
        if source.step and self.random.random() < 0.06:
            return Way(f"steps.{source.step}.status", STATUS, sure=True, tests=())
        nullable = source.optional and source.scope in self.lax
        schema: Schema = {"anyOf": [source.schema, {"type": "null"}]} if nullable else source.schema
        return Way(source.text, schema, sure=True, tests=())

    def _test(self) -> str:
        for _ in range(12):
            way = self._way()
            if way is None or way.tests is None:
                continue
            kinds = kinds_of(way.schema)
            guards = [*way.tests, *([f"{way.text} != null"] if "null" in kinds else [])]
            plain = sorted(kinds - {"null"})
            if self.random.random() < self.careless:
                guards, plain = guards[1:], [self.random.choice([kind for kind in plain if kind != "null"] or ["object"])]
            forms = _TESTS[plain[0]] if len(plain) == 1 else ("{0} == null", '{0} != "a"', "{0} == 1")
            return " && ".join((*guards, self.random.choice(forms).format(way.text)))
        return self.random.choice(('task.id != ""', 'task.namespace == "default"'))


def _guessed(way: Way, random: Random) -> Way:
    """Go on into a value of which nothing is known, or that has no parts."""
    part = random.choice((".a", ".id", "[0]", "[-1]", ".length"))
    return Way(f"{way.text}{part}", {}, sure=False, tests=None if part == "[-1]" else way.tests)


def _further(way: Way, random: Random) -> Way | None:
    """Go one step into what stands at the end of a way; None where there is nothing to go into."""
    schema: Any = way.schema
    sure, tests = way.sure, way.tests
    if isinstance(schema, Mapping) and "anyOf" in schema:
        others = [part for part in schema["anyOf"] if part != {"type": "null"}]
        if len(others) != 1:
            return None
        schema, sure = others[0], False
        tests = None if tests is None else (*tests, f"{way.text} != null")
    if not isinstance(schema, Mapping):
        return None
    if schema.get("type") == "object" and schema.get("properties"):
        key = random.choice(list(schema["properties"]))
        text, there = f"{way.text}.{key}", key in schema.get("required", ())
        kept = tests if tests is None or there else (*tests, f"has({text})")
        return Way(text, schema["properties"][key], sure and there, kept)
    if schema.get("type") == "array" and isinstance(schema.get("items"), Mapping):
        there = schema.get("minItems", 0) > 0
        if random.random() < 0.3:
            return Way(f"{way.text}[-1]", schema["items"], sure and there, None)
        kept = None if tests is None else (*tests, f"size({way.text}) > 0")
        return Way(f"{way.text}[0]", schema["items"], sure and there, kept)
    return None
