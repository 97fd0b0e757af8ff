"""A call of a handler and its outcome: what the engine orders and the broker carries out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from catalog.capability import Limits
from schemas.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What one call may reach: nothing, unless named here.

    `hosts` holds `host` for a scheme's default port and `host:port` otherwise, lower case. `channels` holds names that the
    operator configured. `secrets` holds names that the operator's provider knows.
    """

    hosts: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()


def _untold() -> None:
    """Tell nobody that a call began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt of one step. `idempotency_key` is the same for every attempt of the step.

    `secrets` maps pointers into `{config, input}` to the names of the secrets that stand there, as the plan wrote them: what
    stands at these places is put in by the broker, and no text that looks like a secret's name anywhere else ever is.

    `begun` is called when the call begins: once a worker has it in hand, again where another worker takes it over.
    """

    handler: str  # exact: transform@1.0.0
    config: JsonObject
    input: JsonObject
    grants: Grants = field(default_factory=Grants)
    secrets: Mapping[str, str] = field(default_factory=dict)
    signals: tuple[JsonObject, ...] = ()  # what the step has received so far: `Signal`s as JSON, oldest first
    namespace: str = "default"
    limits: Limits | None = None  # None: the capability's own
    task: str = ""
    used: "Usage | None" = None  # by the task's earlier calls, where whoever calls keeps count
    step: str = ""
    attempt: int = 1
    idempotency_key: str = ""
    begun: Callable[[], None] = field(default=_untold, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call used, as the broker measured it."""

    wall_ms: float = 0.0
    host_calls: int = 0
    moved_bytes: int = 0
    output_bytes: int = 0
    cpu_ms: float = 0.0
    log_bytes: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Add up, field by field."""
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok:
    """The handler answered."""

    output: Json
    usage: Usage = field(default_factory=Usage)
    logs: tuple[str, ...] = ()


CALL_ERRORS: Mapping[str, bool] = MappingProxyType(
    {
        "limit_cpu": False,
        "limit_wall": True,
        "limit_memory": False,
        "limit_output": False,
        "limit_host_calls": False,
        "limit_moved_bytes": False,
        "limit_stack": False,
        "task_limit_cpu": False,
        "task_limit_wall": False,
        "task_limit_output": False,
        "task_limit_host_calls": False,
        "task_limit_moved_bytes": False,
        "trapped": False,
        "worker_lost": True,
        "closing": True,
        "overloaded": True,
        "handler_unknown": False,
        "handler_invalid": False,
        "handler_error": False,
        "config_invalid": False,
        "input_invalid": False,
        "output_invalid": False,
        "secret_unknown": False,
        "secret_refused": False,
        "timed_out": True,  # the engine's own: the attempt took longer than the step's timeout
        "internal_error": True,
    }
)
"""The error types that an attempt may end with whatever the handler is, and whether one may be retryable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The handler, a limit or the sandbox refused or failed.

    `type` is one of the capability's own error types or one of `CALL_ERRORS`: `limit_cpu`, `limit_wall`, `limit_memory`,
    `limit_output`, `limit_host_calls`, `limit_moved_bytes`, `limit_stack` (a log past its limit is cut instead),
    `task_limit_cpu`, `task_limit_wall`, `task_limit_output`, `task_limit_host_calls`, `task_limit_moved_bytes` (what all calls
    of the task may use together), `trapped`, `worker_lost`, `closing` and `overloaded` (not begun), `handler_unknown`,
    `handler_invalid` (it cannot be built or compiled), `handler_error` (it gave no reason that can be used), `config_invalid`,
    `input_invalid`, `output_invalid`, `secret_unknown`, `secret_refused`.

    `begun` is false where `Call.begun` was never called, so that the call had no effect: whoever orders the call says so.
    """

    type: str
    message: str
    retryable: bool = False
    begun: bool = True
    retry_after_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The handler waits for a signal; when one comes, or `timeout_s` is over, it is run again and sees it in `Call.signals`.

    `asks` says to people what is waited for: `{title, text, groups, ...}`; with `groups`, only their members may answer. The
    time-out counts from when the step first waited, or from the time-out before.
    """

    signal: str
    asks: JsonObject = field(default_factory=dict)
    timeout_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    logs: tuple[str, ...] = ()


Outcome: TypeAlias = Ok | Failed | Waits
