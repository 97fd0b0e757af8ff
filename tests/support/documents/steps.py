"""Steps by chance, of every construct of the language, and the scopes that they stand in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from catalog.registry import Catalog
from fragments.workflows import WorkflowInterface
from schemas.values import Schema
from tests.support.documents.bodies import body, output_of
from tests.support.documents.shapes import object_shape
from tests.support.documents.sources import Sight, Source

MOST_LOOPS = 3
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FAILURE: Schema = {
    "type": "object",
    "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
    "required": ["type", "message"],
}
_RETRIES = (
    {"max_attempts": 1},
    {"max_attempts": 2, "backoff": "none", "base": "2s"},
    {"max_attempts": 4, "backoff": "linear", "cap": "5s", "jitter": 0},
)
Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """Where a step is written: what it sees, in which scope, in how many loops and branches."""

    sight: Sight
    scope: int
    loops: int = 0
    depth: int = 0


@dataclass(slots=True)
class Written:
    """A step and the schema of what it gives."""

    step: Step
    schema: Schema


@dataclass(slots=True)
class Writer:
    """Writes the steps of one document; names are numbered, so that none hides another."""

    random: Random
    catalog: Catalog
    workflows: tuple[WorkflowInterface, ...]
    steps_left: int
    careless: float = 0.0
    _numbers: int = 0
    _used: set[str] = field(default_factory=set)

    def sight(self, *sources: Source) -> Sight:
        """Begin with what is seen in the whole document."""
        return Sight(self.random, list(sources), used=self._used, careless=self.careless)

    def scope(self, sight: Sight, count: int, *, loops: int = 0, depth: int = 0) -> tuple[list[Step], Sight]:
        """Write the steps of a scope; give what is seen after all of them."""
        here = Here(sight, self._number(), loops, depth)
        steps: list[Step] = []
        while count > 0 or not steps:
            group = self._group(here, steps)
            steps.extend(written.step for written, _ in group)
            here = replace(here, sight=here.sight.with_more(*(source for _, source in group)))
            count -= len(group)
        self.random.shuffle(steps)
        return steps, here.sight.with_more(lax=here.scope)

    def _group(self, here: Here, before: list[Step]) -> list[tuple[Written, Source]]:
        if before and self.steps_left > 3 and self.random.random() < 0.2:
            return self._choice(here, before)
        return [self._step(here)]

    def _step(self, here: Here, *, decision: str = "") -> tuple[Written, Source]:
        """Write one step with all that may stand beside its kind."""
        self.steps_left -= 1
        outer, read = set(self._used), here.sight.used
        read.clear()
        name = f"s{self._number()}"
        written = self._pick(here)(here, name)
        step = written.step
        self._decorate(here, step)
        optional = bool(decision) or ("when" in step and "for_each" not in step)
        if decision:
            step["depends_on"] = [*step.get("depends_on", ()), decision]
        optional_around = {source.step for source in here.sight.sources if source.optional}
        optional = optional or bool(optional_around & (read | set(step.get("depends_on", ()))))
        read |= outer
        return written, Source(
            text=f"steps.{name}.output", schema=written.schema, step=name, scope=here.scope, optional=optional
        )

    def _pick(self, here: Here) -> Callable[[Here, str], Written]:
        kinds: list[Callable[[Here, str], Written]] = [self._handler] * 5
        if here.depth < 4 and self.steps_left > 0:
            kinds += [self._switch, self._switch]
            kinds += [self._loop] * 4 if here.loops < MOST_LOOPS else []
        return self.random.choice((*kinds, self._plan, self._workflow))

    def _handler(self, here: Here, name: str) -> Written:
        made = body(here.sight)
        return self._with_fallback({"name": name, **made, **self._patience()}, output_of(self.catalog, made), here.sight)

    def _patience(self) -> Step:
        made: Step = {"retry": dict(self.random.choice(_RETRIES))} if self.random.random() < 0.3 else {}
        return made | ({"timeout": "20s"} if self.random.random() < 0.2 else {})

    def _with_fallback(self, step: Step, schema: Schema, sight: Sight, *, likely: float = 0.2) -> Written:
        if self.random.random() >= likely:
            return Written(step, schema)
        after = sight.with_more(Source(text="failure", schema=_FAILURE))
        if self.random.random() < 0.5:
            made = body(after)
            return Written({**step, "fallback": made}, {"anyOf": [schema, output_of(self.catalog, made)]})
        return Written({**step, "fallback": {"output": after.value()}}, {"anyOf": [schema, {}]})

    def _switch(self, here: Here, name: str) -> Written:
        switch, schema = self._arms(here, here.sight)
        return self._with_fallback({"name": name, "switch": switch}, schema, here.sight)

    def _arms(self, here: Here, sight: Sight) -> tuple[Step, Schema]:
        made: Step = {"cases": []}
        schemas: list[Schema] = []
        literal = self.random.random() < 0.5
        if literal:
            made["value"] = sight.value("scalar", literal=0)
        for i in range(self.random.randint(1, 3)):
            arm, schema = self._arm(here, sight)
            schemas.append(schema)
            decided = {"equals": ("a", 1, True)[i]} if literal and i < 2 else {"when": sight.condition()}
            made["cases"].append({**decided, **arm})
        made["default"], schema = self._arm(here, sight)
        return made, {"anyOf": [*schemas, schema]}

    def _arm(self, here: Here, sight: Sight) -> tuple[Step, Schema]:
        if self.steps_left > 1 and self.random.random() < 0.4:
            steps, end = self.scope(sight, 1, loops=here.loops, depth=here.depth + 1)
            return self._scope_output({"steps": steps}, end, "output", steps)
        made = body(sight)
        return made, output_of(self.catalog, made)

    def _scope_output(self, holder: Step, end: Sight, key: str, steps: list[Step]) -> tuple[Step, Schema]:
        """Say what a scope gives: always where it has several steps, else now and then."""
        if len(steps) == 1 and self.random.random() < 0.5:
            source = next(source for source in end.sources if source.step == steps[0]["name"])
            return holder, {"anyOf": [source.schema, {"type": "null"}]} if source.optional else source.schema
        output = {"first": end.value(literal=0), "second": end.value()}
        return {**holder, key: output}, {
            "type": "object",
            "properties": {"first": {}, "second": {}},
            "required": ["first", "second"],
        }

    def _loop(self, here: Here, name: str) -> Written:
        number = self._number()
        outermost = here.loops == 0
        binds = ("item", "index") if outermost else (f"item_{number}", f"index_{number}")
        items, element = self._items(here.sight)
        loop: Step = {"items": items, "max_items": self.random.randint(5, 6)}
        if not outermost:
            loop |= {"as": binds[0], "index": binds[1]}
        if self.random.random() < 0.3:
            loop["max_parallel"] = self.random.randint(1, 3)
        if self.random.random() < 0.4:
            loop["on_failure"] = "continue"
            if self.random.random() < 0.5:
                loop["failure_threshold"] = self.random.choice(({"count": 1}, {"share": 0.5}))
        sight = here.sight.with_more(Source(text=binds[0], schema=element), Source(text=binds[1], schema=_COUNT))
        step, one = self._looped({"name": name, "for_each": loop}, here, sight)
        if loop.get("on_failure") == "continue" or self.random.random() < 0.2:
            one = {"anyOf": [one, {"type": "null"}]}
            if self.random.random() < 0.5:
                step["when"] = sight.condition()
        outputs = {"type": "array", "items": one}
        counts = dict.fromkeys(("item_count", "success_count", "failure_count"), _COUNT)
        properties = {"outputs": outputs, **counts, "failures": {"type": "array"}}
        return Written(step, {"type": "object", "properties": properties, "required": list(properties)})

    def _looped(self, step: Step, here: Here, sight: Sight) -> tuple[Step, Schema]:
        """Give a loop what it runs per item: a handler, a switch, or steps."""
        form = self.random.choice(("handler", "switch", "steps", "steps") if self.steps_left > 0 else ("handler",))
        loops, continues = here.loops + 1, step["for_each"].get("on_failure") == "continue"
        if form == "handler":
            made = body(sight)
            written = self._with_fallback({**step, **made, **self._patience()}, output_of(self.catalog, made), sight)
        elif form == "switch":
            switch, schema = self._arms(replace(here, loops=loops, depth=here.depth + 1), sight)
            written = self._with_fallback({**step, "switch": switch}, schema, sight)
        else:
            steps, end = self.scope(sight, self.random.randint(1, 2), loops=loops, depth=here.depth + 1)
            loop, schema = self._scope_output(step["for_each"], end, "output", steps)
            nested = {**step, "for_each": loop, "steps": steps}
            written = self._with_fallback(nested, schema, sight, likely=0 if continues else 0.15)
        return written.step, written.schema

    def _items(self, sight: Sight) -> tuple[Any, Schema]:
        lists = [source for source in sight.sources if _is_list(source.schema)]
        if lists and self.random.random() < 0.4:
            source = self.random.choice(lists)
            return sight.whole(source), source.schema["items"]  # type: ignore[index] # a list's schema
        items = sight.value("list", literal=0.4)
        if isinstance(items, str):
            return items, {}
        return items, {"enum": items} if items else {}

    def _plan(self, here: Here, name: str) -> Written:
        step: Step = {"name": name, "type": "planning", "goal": "Find out more"}
        step["input"] = {"known": here.sight.value(), "more": here.sight.value()}
        step["bounds"] = {"steps": 5, "depth": 1, "phases": 2, "model_calls": 2, "cost_usd": 0.25, "wall_clock": "5m"}
        step["allow"] = {"handlers": ["transform", "http_*"], "effects": ["pure", "read"], "secrets": []}
        schema: Schema = {}
        if self.random.random() < 0.8:
            schema = step["must_produce"] = object_shape(self.random)
        return Written(step, schema)

    def _workflow(self, here: Here, name: str) -> Written:
        child = self.random.choice(self.workflows)
        reference = self.random.choice((child.id, f"{child.id}@^1", child.name if child.namespace == "default" else child.id))
        properties = child.input_schema.get("properties", {}) if isinstance(child.input_schema, dict) else {}
        given = {}
        for key, part in properties.items():
            if "default" not in part or self.random.random() < 0.5:
                given[key] = here.sight.value("integer" if part["type"] == "integer" else "list")
        return Written({"name": name, "type": "workflow", "workflow": reference, "input": given}, child.output_schema)

    def _choice(self, here: Here, before: list[Step]) -> list[tuple[Written, Source]]:
        """Write a decision, the steps that it chooses from, what follows from one, and a deferred step behind."""
        decision = f"s{self._number()}"
        upstream = self.random.choice(before)["name"]
        optional = any(source.step == upstream and source.optional for source in here.sight.sources)
        self.steps_left -= 1
        branches = [self._step(here, decision=decision) for _ in range(self.random.randint(1, 2))]
        names = [source.step for _, source in branches]
        rules = [{"name": "first", "when": "input.x != null", "choose": names[:1]}, {"when": "true", "choose": names[1:]}]
        config = {"rules": rules, **({"default": names} if self.random.random() < 0.5 else {})}
        step = {"name": decision, "type": "decision", "handler": "decide", "config": config, "depends_on": [upstream]}
        step["input"] = {"x": f"{{{{ steps.{upstream}.status }}}}"}
        schema = {
            "type": "object",
            "properties": {"outcome": {"enum": ["create_steps", "no_branches"]}},
            "required": ["outcome"],
        }
        own = Source(text=f"steps.{decision}.output", schema=schema, step=decision, scope=here.scope, optional=optional)
        group = [(Written(step, schema), own), *branches]
        seen = here.sight.with_more(*(source for _, source in branches))
        if self.random.random() < 0.4:
            group.append(self._step(replace(here, sight=seen.only(names[0]))))
        group.append(self._deferred(replace(here, sight=seen), names))
        return group

    def _deferred(self, here: Here, names: list[str]) -> tuple[Written, Source]:
        self.steps_left -= 1
        name = f"s{self._number()}"
        step: Step = {"name": name, "type": "deferred", "depends_on": names}
        sight = here.sight.with_more(lax=here.scope).only(*names)
        sources = {source.step: source for source in here.sight.sources}
        parts = {other: {"anyOf": [sources[other].schema, {"type": "null"}]} for other in names}
        schema: Schema = {"type": "object", "properties": parts, "required": names}
        if self.random.random() < 0.5:
            made = body(sight)
            step |= made
            schema = output_of(self.catalog, made)
        if self.random.random() < 0.3:
            step["when"] = self.random.choice((f'steps.{names[0]}.status == "complete"', sight.condition()))
        source = Source(text=f"steps.{name}.output", schema=schema, step=name, scope=here.scope, optional="when" in step)
        return (Written(step, schema), source)

    def _decorate(self, here: Here, step: Step) -> None:
        chance = self.random.random
        if "when" not in step and "for_each" not in step and chance() < 0.15:
            step["when"] = here.sight.condition()
        if chance() < 0.1:
            step["publishes"] = ["desk.told"]
        if chance() < 0.1:
            step["tags"] = ["one", "two"]
        if chance() < 0.1:
            step["priority"] = 5
        near = [source.step for source in here.sight.sources if source.scope == here.scope and source.step]
        if near and chance() < 0.15:
            step["depends_on"] = [self.random.choice(near)]

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


def _is_list(schema: Schema) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "array" and isinstance(schema.get("items"), dict)
