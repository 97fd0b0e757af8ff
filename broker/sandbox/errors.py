"""Why a component is not compiled.

SandboxError
 |-- ComponentError   what was given is not a handler that may run here
 `-- CompileError     compiling it did not end well: time, memory, a crash
"""

from enum import StrEnum


class Why(StrEnum):
    """What is wrong with a component."""

    NOT_A_COMPONENT = "not_a_component"  # text, a core module, a compiled image, anything else
    MALFORMED = "malformed"  # begins like one
    TOO_LARGE = "too_large"
    IMPORT_REFUSED = "import_refused"  # asks for more than its capability declares
    EXPORT_MISSING = "export_missing"  # has no `run: func(call: string) -> string`
    INVALID = "invalid"  # the engine's own validation says no


class SandboxError(Exception):
    """Anything that keeps a component from being compiled."""


class ComponentError(SandboxError):
    """What was given is not a handler that may run here; giving it again changes nothing."""

    def __init__(self, why: Why, detail: str) -> None:
        """Keep the reason apart from its words."""
        super().__init__(f"the component is refused: {detail}")
        self.why = why
        self.detail = detail


class CompileError(SandboxError):
    """Compiling hit a limit or crashed; `detail` says which."""

    def __init__(self, detail: str) -> None:
        """Say what happened."""
        super().__init__(f"the component could not be compiled: {detail}")
        self.detail = detail
