"""A call of a handler and its outcome: what the engine orders and the broker carries out."""

from dataclasses import dataclass, field
from typing import TypeAlias

from catalog.capability import Limits
from catalog.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What one call may reach: nothing, unless named here.

    `hosts` holds `host` for a scheme's default port and `host:port` otherwise, lower case. `channels` holds names that the
    operator configured.
    """

    hosts: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt of one step. `idempotency_key` is the same for every attempt of the step."""

    handler: str  # exact: transform@1.0.0
    config: JsonObject
    input: JsonObject
    grants: Grants = field(default_factory=Grants)
    limits: Limits | None = None  # None: the capability's own
    task: str = ""
    step: str = ""
    attempt: int = 1
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call used, as the broker measured it."""

    wall_ms: float = 0.0
    host_calls: int = 0
    moved_bytes: int = 0
    output_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok:
    """The handler answered."""

    output: Json
    usage: Usage = field(default_factory=Usage)
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The handler, a limit or the sandbox refused or failed.

    `type` is one of the capability's own error types or one of the broker's: `limit_cpu`, `limit_wall`, `limit_memory`,
    `limit_output`, `limit_host_calls`, `limit_moved_bytes` (a log past its limit is cut instead), `trapped`, `worker_lost`,
    `overloaded`, `handler_unknown`, `handler_invalid` (it cannot be built or compiled), `handler_error` (it gave no reason
    that can be used), `config_invalid`, `input_invalid`, `output_invalid`.
    """

    type: str
    message: str
    retryable: bool = False
    retry_after_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    logs: tuple[str, ...] = ()


Outcome: TypeAlias = Ok | Failed
