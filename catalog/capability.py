"""The capability: what a planner, a check and the broker know of a handler, read from `capability.yaml`."""

from enum import StrEnum
from typing import Annotated, Literal

from jsonpointer import resolve_pointer, set_pointer
from pydantic import BaseModel, ConfigDict, Field

from schemas.dialects import is_latest
from schemas.values import Json, JsonObject, Schema

NAME = r"^[a-z][a-z0-9_]{0,62}$"
VERSION = r"^\d+\.\d+\.\d+$"
Pointer = Annotated[str, Field(pattern=r"^(/([^~/]|~[01])*)*$", description="A JSON Pointer (RFC 6901).")]


class Document(BaseModel):
    """A document that a person or a model wrote: parsed once, refused on any unknown key, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, populate_by_name=True)


class Effect(StrEnum):
    """What running a handler does to the world outside."""

    PURE = "pure"  # nothing: same input, same output
    READ = "read"  # asks the world, leaves it as it was
    WRITE = "write"  # changes the world
    WAIT = "wait"  # waits for a person or a signal


class Import(StrEnum):
    """A host interface that a guest may import. `log` is granted to every guest and not listed."""

    HTTP = "http"
    NOTIFY = "notify"
    PATTERNS = "patterns"  # regular expressions, answered by the host's engine; reaches nothing
    CONDITIONS = "conditions"  # conditions in CEL, evaluated by the host as those of `when`; reaches nothing


OUTSIDE = frozenset({Import.HTTP, Import.NOTIFY})
"""The interfaces through which a guest reaches the world."""


class Limits(Document):
    """What one call may use. A capability asks; the operator's own limits are never exceeded."""

    cpu_ms: int = Field(default=1_000, ge=1, le=60_000, description="Time inside the guest.")
    wall_ms: int = Field(default=10_000, ge=1, le=600_000, description="Time from call to answer, host calls included.")
    memory_bytes: int = Field(default=128 << 20, ge=32 << 20, le=1 << 30)
    output_bytes: int = Field(default=8 << 20, ge=1, le=64 << 20, description="Size of the answer as JSON.")
    log_bytes: int = Field(default=64 << 10, ge=0, le=1 << 20)
    host_calls: int = Field(default=200, ge=0, le=10_000, description="HTTP requests and notifications; not log lines.")
    moved_bytes: int = Field(default=64 << 20, ge=0, le=1 << 30, description="Bytes through host calls, both ways.")


class ErrorType(Document):
    """One way in which a handler says that it failed."""

    type: str = Field(pattern=NAME)
    retryable: bool
    description: str


class EffectByConfig(Document):
    """The effect as a function of one config value: `{at: /method, is: {GET: read, HEAD: read}}`."""

    at: Pointer
    is_: dict[str, Effect] = Field(alias="is")


class Authority(Document):
    """Where a step names what it reaches: pointers into `{config, input}`, such as `/config/url`."""

    hosts: tuple[Pointer, ...] = ()
    channels: tuple[Pointer, ...] = ()
    secrets: tuple[Pointer, ...] = Field(default=(), description="Sinks: only there may `{{ secrets.NAME }}` stand.")
    groups: tuple[str, ...] = Field(
        default=(), description="Groups of people that are asked; pointers in which `*` stands for every member."
    )


class Approval(Document):
    """Of a handler that waits for people: when it completes, they approved, unless its config has one of these values."""

    unless: dict[Pointer, Json] = {}


class OutputCase(Document):
    """The output of calls whose config says so: `given` holds values, whatever they are; `equals` holds exactly these."""

    given: tuple[Pointer, ...] = ()
    equals: dict[Pointer, Json] = {}
    output_schema: dict[str, Json]
    output_from: dict[Pointer, Pointer] = {}


class Hints(Document):
    """Usual neighbours in a plan, by handler name."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Example(Document):
    """One call and its answer, run in the sandbox by the tests and shown to planners."""

    title: str
    config: dict[str, Json] = {}
    input: dict[str, Json] = {}
    output: Json = None
    error: str | None = Field(default=None, description="The error type, where the call must fail.")
    runs: bool = Field(default=True, description="False where the call needs a server: shown, not run.")


def _is_none(value: object) -> bool:
    return value is None


class Origin(Document):
    """Where a description was imported from: its words are foreign, and no one at the keyboard wrote them.

    `digest` names what was imported of the operation, so that a later import can tell what changed.
    """

    kind: Literal["openapi"]
    source: str = Field(description="The document's URL, or the name of its file.")
    operation: str = Field(description="Method and path, as the document has them: GET /pets/{petId}.")
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class Capability(Document):
    """The machine-readable description of one version of a handler.

    In `config_schema`, `format` marks code that checks must parse: `cel`, `jsonata`, `json-schema`, `uri-template`,
    `mustache`.
    `output_from` maps a pointer into `output_schema` to the config pointers whose schema, where given, takes that place:
    `{"": "/output_schema"}` for transform, `{"/properties/body": "/response_schema"}` for http_request. An entry whose config
    pointer holds nothing has no effect. The first of `output_cases` that fits a config stands in place of both.
    """

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    summary: str = Field(min_length=1, max_length=120)
    description: str = Field(min_length=1, description="Written for a model that has to choose and configure the handler.")
    config_schema: dict[str, Json]
    input_schema: dict[str, Json]
    output_schema: dict[str, Json]
    output_from: dict[Pointer, Pointer] = {}
    output_cases: tuple[OutputCase, ...] = ()
    errors: tuple[ErrorType, ...]
    effect: Effect
    effect_by: EffectByConfig | None = None
    idempotent: bool = Field(default=False, description="A write may be repeated with the same Idempotency-Key.")
    imports: tuple[Import, ...] = ()
    packages: tuple[str, ...] = Field(default=(), description="Pure-Python distributions bundled into the component.")
    limits: Limits = Limits()
    cost_usd: float = Field(default=0.0, ge=0, description="Price of one call.")
    authority: Authority = Authority()
    chooses: tuple[str, ...] = Field(
        default=(), description="Of a decision: where config names steps; pointers in which `*` stands for every member."
    )
    approval: Approval | None = Field(
        default=None,
        exclude_if=_is_none,
        description="Set where completing means that people approved what depends on the step.",
    )
    deprecated: str = Field(default="", description="Why this version should not be used any more, and what to use.")
    hints: Hints = Hints()
    examples: tuple[Example, ...] = ()
    # What most capabilities do not have does not stand in their text either: digests of it are kept.
    origin: Origin | None = Field(
        default=None,
        exclude_if=_is_none,
        description="Given for an imported description, whose words are shown to models as foreign text only.",
    )
    operation: dict[str, Json] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="The request of an imported operation, from operation.json; one handler makes them all.",
    )

    @property
    def id(self) -> str:
        """Name this exact version: `transform@1.0.0`."""
        return f"{self.name}@{self.version}"

    @property
    def guest_data(self) -> dict[str, Json]:
        """Give what each of its calls tells the guest beside key and attempt: an imported operation, as `operation`."""
        return {} if self.operation is None else {"operation": self.operation}

    def effect_of(self, config: JsonObject) -> Effect:
        """Say what a step with this `config` does to the world."""
        if self.effect_by is None:
            return self.effect
        return self.effect_by.is_.get(str(self.value_at(config, self.effect_by.at)), self.effect)

    def approves(self, config: JsonObject) -> bool:
        """Say whether a step with this `config` completes only when people approved."""
        if self.approval is None:
            return False
        return all(self.value_at(config, pointer) != value for pointer, value in self.approval.unless.items())

    def case_of(self, config: JsonObject) -> OutputCase:
        """Choose the output schema, and what config puts into it, for a step with this `config`."""
        usual = OutputCase(output_schema=self.output_schema, output_from=self.output_from)
        return next((case for case in self.output_cases if self._fits(case, config)), usual)

    def output_of(self, config: JsonObject) -> Schema:
        """Type the output of a step with this `config`: what its config fixes stands in its place.

        A schema that came from config and refers to itself keeps its own root, as an embedded resource with an `$id`.
        """
        case = self.case_of(config)
        made: Json = case.output_schema
        for place, source in case.output_from.items():
            schema = resolve_pointer(config, source, None)
            if schema is not None and is_latest(schema):  # of older ones the guest alone judges
                made = set_pointer(made, place, _rooted(schema, source), inplace=False)
        return made if isinstance(made, bool) else dict(made)

    def _fits(self, case: OutputCase, config: JsonObject) -> bool:
        given = all(resolve_pointer(config, pointer, None) is not None for pointer in case.given)
        return given and all(self.value_at(config, pointer) == value for pointer, value in case.equals.items())

    def value_at(self, config: JsonObject, pointer: str) -> Json:
        """Find what a config says at a pointer, and where it says nothing the default; None where there is none."""
        found = resolve_pointer(config, pointer, None)
        if found is not None:
            return found
        schema = resolve_pointer(self.config_schema, pointer.replace("/", "/properties/"), None)
        return schema.get("default") if isinstance(schema, dict) else None


def _rooted(schema: Json, source: str) -> Json:
    if not isinstance(schema, dict) or "$id" in schema or "$ref" not in str(schema):
        return schema
    return {"$id": f"urn:goalwright:config:{source.removeprefix('/')}", **schema}


__all__ = [
    "Approval",
    "Authority",
    "Capability",
    "Document",
    "Effect",
    "EffectByConfig",
    "ErrorType",
    "Example",
    "Hints",
    "Import",
    "Limits",
    "Origin",
    "OutputCase",
    "Pointer",
    "Schema",
]
