"""The mapping file: which handler a callable of another dialect is, and where what it is given goes.

    callables:
      "Review::ManualHandler":
        handler: notify@^1
        config: {channel: desk}
        input: {text: "{{ given.reason }}"}

`given` is what a step gives to its callable: Tasker's `initialization`, the `input` of workflow.io.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field, ValidationError

from catalog.capability import Document
from fragments.dialects.draft import Draft, placed
from fragments.dialects.naming import handler_name
from fragments.near import hint as near_hint
from fragments.pointers import join
from fragments.problems import Problem
from fragments.reading import read_text
from fragments.reference_text import Choice, Literal, Part, Reference, parse
from fragments.references import Unresolvable, follow
from schemas.values import Json, JsonObject, canonical

GIVEN = "given"


class Binding(Document):
    """What stands in place of a callable. `leaves_out` names what it is given and the handler needs not."""

    handler: str
    config: dict[str, Json] = Field(default={})
    input: dict[str, Json] = Field(default={})
    leaves_out: tuple[str, ...] = ()


class Bindings(Document):
    """A mapping file: callables by their names, child workflows that are called otherwise here, limits of loops, variables.

    `max_items` says, by the id of its task, how many items a loop may have: other dialects limit none, and here every loop is.
    `variables` says what stands in place of `${NAME}`, a variable of the environment, in Tasker.
    """

    callables: dict[str, Binding] = Field(default={})
    workflows: dict[str, str] = Field(default={})
    max_items: dict[str, Annotated[int, Field(ge=1, le=10_000)]] = Field(default={})
    variables: dict[str, Json] = Field(default={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A callable in the source: its name and where that stands, and what it is given. `slot` takes what no binding takes."""

    name: str
    at: str
    given: JsonObject = field(default_factory=dict)
    given_at: str = ""
    slot: OneOf["config", "input"] = "input"


def read_bindings(text: str | bytes) -> tuple[Bindings | None, tuple[Problem, ...]]:
    """Read a mapping file; lines and columns of problems are its own."""
    written = read_text(text)
    if written.problems:
        return None, written.problems
    try:
        return Bindings.model_validate_json(json.dumps(written.value), strict=True), ()
    except ValidationError as error:
        found = (_complaint(dict(each)) for each in error.errors(include_url=False))
        return None, tuple(placed(problem, written.positions) for problem in found)


@dataclass(slots=True, kw_only=True)
class Binder:
    """Writes the bodies of steps for one conversion, and remembers which bindings were used."""

    bindings: Bindings
    draft: Draft
    used: set[str] = field(default_factory=set)

    def body(self, call: Call, to: str) -> dict[str, Json]:
        """Write `handler`, `config` and `input` of a call that goes to a place in the template."""
        binding = self.bindings.callables.get(call.name)
        if binding is None:
            return self._unbound(call, to)
        self.used.add(call.name)
        self.draft.put(join(to, "handler"), call.at, bound=call.name)
        taken: set[str] = set(binding.leaves_out)
        body: dict[str, Json] = {"handler": binding.handler}
        for slot, value in (("config", binding.config), ("input", binding.input)):
            self.draft.put(join(to, slot), call.at, bound=call.name)
            body[slot] = _Filling(self.draft, call, taken).fill(value, join(to, slot))
        self._add_the_rest(call, taken, body[call.slot], join(to, call.slot))
        return {key: value for key, value in body.items() if value != {}}

    def workflow(self, name: str) -> str:
        """Give what a child workflow is called here: as the mapping file says, else by its own name."""
        self.used.add(f"workflow {name}")
        return self.bindings.workflows.get(name, name)

    def max_items(self, task: Json) -> int | None:
        """Give how many items the loop of a task may have; None where nothing says so."""
        if not isinstance(task, str) or task not in self.bindings.max_items:
            return None
        self.used.add(f"max_items {task}")
        return self.bindings.max_items[task]

    def bound_name(self, name: str, method: str | None) -> str:
        """Give the name under which the mapping file has a callable: with its method where that is bound, else without."""
        with_method = f"{name}#{method}" if method else name
        known = self.bindings.callables
        return name if name in known and with_method not in known else with_method

    def variable(self, name: str) -> Json:
        """Give what stands in place of a variable of the environment; None where the mapping file does not say."""
        if name not in self.bindings.variables:
            return None
        self.used.add(f"variable {name}")
        return self.bindings.variables[name]

    def report_unused(self) -> None:
        """Say which bindings nothing calls."""
        names = [
            *self.bindings.callables,
            *(f"workflow {name}" for name in self.bindings.workflows),
            *(f"max_items {name}" for name in self.bindings.max_items),
            *(f"variable {name}" for name in self.bindings.variables),
        ]
        for name in names:
            if name not in self.used:
                says = f"The mapping file says what {name!r} is, which does not occur."
                self.draft.report("dialect.binding_unused", None, says, near_hint(name, self.used))

    def _unbound(self, call: Call, to: str) -> dict[str, Json]:
        guess = handler_name(call.name)
        says = f"Nothing says which handler {call.name!r} is."
        self.draft.report("dialect.unbound", call.at, says, lambda: self._advice(call.name, guess))
        self.draft.put(join(to, "handler"), call.at)
        for key in call.given:
            self.draft.put(join(to, call.slot, key), join(call.given_at, key))
        self.draft.unbound.append(to)
        return {"handler": guess} | ({call.slot: dict(call.given)} if call.given else {})

    def _advice(self, name: str, guess: str) -> str:
        near = near_hint(name, self.bindings.callables)
        return f'Bind it in the mapping file: callables: {{"{name}": {{handler: {guess}}}}}. {near}'.rstrip()

    def _add_the_rest(self, call: Call, taken: set[str], slot: dict[str, Json], to: str) -> None:
        for key, value in call.given.items():
            at = join(call.given_at, key)
            if key in taken:
                continue
            if key in slot:
                says = f"The binding of {call.name!r} says what {key!r} is in {call.slot}, and the step gives it too."
                self.draft.report("dialect.binding", at, says, f"Take it by {{{{ given.{key} }}}}, or list it in leaves_out.")
                continue
            slot[key] = value
            self.draft.put(join(to, key), at)


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts what a step gives in place of `{{ given.NAME }}`, and marks as taken what was asked for."""

    draft: Draft
    call: Call
    taken: set[str]

    def fill(self, value: Json, to: str) -> Json:
        if isinstance(value, str):
            return self._text(value, to) if "{{" in value else value
        if isinstance(value, Mapping):
            return {key: self.fill(part, join(to, key)) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(part, join(to, i)) for i, part in enumerate(value)]
        return value

    def _text(self, text: str, to: str) -> Json:
        parts = parse(text)
        values = [self._part(part, to) for part in parts]
        return values[0] if len(values) == 1 else "".join(map(_as_text, values))

    def _part(self, part: Part, to: str) -> Json:
        if isinstance(part, str):
            return part
        operands = part.operands if isinstance(part, Choice) else (part,)
        for i, operand in enumerate(operands):
            if isinstance(operand, Literal):
                return operand.value
            if not (isinstance(operand, Reference) and operand.root == GIVEN):
                rest = " ?? ".join(each.text for each in operands[i:])
                return "{{" if rest == "{{" else f"{{{{ {rest} }}}}"
            self._take(operand)
            try:
                value = follow(self.call.given, operand.path)
            except Unresolvable:
                continue
            self.draft.put(to, join(self.call.given_at, *operand.path))
            return value
        says = f"The binding of {self.call.name!r} takes {part.text}, which the step does not give."
        wanted = str(part.path[0]) if isinstance(part, Reference) and part.path else ""
        self.draft.report("dialect.binding", self.call.at, says, near_hint(wanted, self.call.given))
        return None

    def _take(self, reference: Reference) -> None:
        self.taken.update([str(reference.path[0])] if reference.path else self.call.given)


def _as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else canonical(value)


def _complaint(error: dict[str, Json]) -> Problem:
    where = join("", *error["loc"])
    key = error["loc"][-1] if error["loc"] else ""
    kinds = {
        "extra_forbidden": f"{key!r} is no key of a mapping file here.",
        "missing": f"{key!r} is missing.",
    }
    says = kinds.get(error["type"], f"{error['msg']}.")
    hint = (
        "There is: callables {NAME: {handler, config, input, leaves_out}}, workflows {NAME: NAME}, max_items {TASK: NUMBER},"
        " variables {NAME: VALUE}."
    )
    return Problem(code="dialect.bindings", where=where, says=says, hint=hint)
