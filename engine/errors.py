"""Errors that the engine raises. What a task, a handler or a planner does wrong is never raised: it is a fact.

EngineError
├─ IllegalMoveError      a fact asks for a move that no table allows: a fault in the engine or a forged log
├─ UnknownTaskError      no task has this id
├─ TaskStuckError        deciding for a task met a fault in the engine; the task stays as it is
├─ TaskQuarantinedError  the task's log does not hold: it can be read, verified and cancelled, and is not run
├─ RunnerClosedError     the runner has ended or is ending
├─ FactUnreadableError   a stored fact is not one that this version can read
├─ FactUnwritableError   a fact holds a value that JSON or UTF-8 cannot write
└─ StoreError
   ├─ ConflictError         another writer has appended to the task's log
   ├─ AlreadyAppliedError   the command was applied before
   ├─ DatabaseBusyError     another process runs this database
   ├─ DatabaseNewerError    a newer version of the program made this database
   ├─ KeysError             the keys of the installation cannot be read or written
   ├─ TipsError             the file of tips cannot be read or written
   ├─ DatabaseUrlError      the address names no database that is supported
   ├─ StoreUnavailableError the database cannot be used now; later it may
   └─ StoreBrokenError      the database refused what was asked: a fault here, or damage
"""


class EngineError(Exception):
    """Stands above every error of this package."""


class IllegalMoveError(EngineError):
    """A machine was asked for a move that its table does not have."""

    def __init__(self, name: str, before: str, after: str) -> None:
        """Name what was to move, from where and to where."""
        self.name, self.before, self.after = name, before, after
        super().__init__(f"{name} cannot go from {before} to {after}")


class UnknownTaskError(EngineError):
    """No task has this id."""

    def __init__(self, task: str) -> None:
        """Name the task."""
        self.task = task
        super().__init__(f"there is no task {task}")


class TaskStuckError(EngineError):
    """Deciding for a task met a fault in the engine; its log stands as it was."""

    def __init__(self, task: str, fault: str) -> None:
        """Name the task and what happened."""
        self.task, self.fault = task, fault
        super().__init__(f"task {task} cannot go on because of a fault in the engine: {fault}")


class TaskQuarantinedError(EngineError):
    """The log of a task does not hold, so nothing is run for it."""

    def __init__(self, task: str, says: str) -> None:
        """Name the task and what its log shows."""
        self.task, self.says = task, says
        super().__init__(
            f"Task {task} is in quarantine and is not run: {says}. 'goalwright verify {task}' tells all that is wrong; "
            "put its log back from a backup and start again, or cancel the task."
        )


class RunnerClosedError(EngineError):
    """The runner has ended or is ending."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the runner is closed")


class FactUnreadableError(EngineError):
    """A stored fact is not one that this version can read."""

    def __init__(self, kind: str, why: str) -> None:
        """Name the kind of fact and what is wrong with it."""
        self.kind, self.why = kind, why
        super().__init__(f"a fact of kind {kind} cannot be read: {why}")


class FactUnwritableError(EngineError):
    """A fact holds a value that JSON or UTF-8 cannot write: not a number, half a character."""

    def __init__(self, kind: str, why: str) -> None:
        """Name the kind of fact and what is wrong with it."""
        self.kind, self.why = kind, why
        super().__init__(f"a fact of kind {kind} cannot be written: {why}")


class StoreError(EngineError):
    """Stands above every error of a store."""


class ConflictError(StoreError):
    """Another writer has appended to the task's log."""

    def __init__(self, task: str, seq: int) -> None:
        """Name the line of the log that is taken."""
        self.task, self.seq = task, seq
        super().__init__(f"task {task} already has a fact {seq}")


class AlreadyAppliedError(StoreError):
    """The command was applied before."""

    def __init__(self, task: str, command: str) -> None:
        """Name the command."""
        self.task, self.command = task, command
        super().__init__(f"command {command} was already applied to task {task}")


class DatabaseBusyError(StoreError):
    """Another process runs this database."""

    def __init__(self, path: str) -> None:
        """Name the database."""
        self.path = path
        super().__init__(f"another process is running the database {path}: stop it first, or choose another database")


class DatabaseNewerError(StoreError):
    """A newer version of the program made this database."""

    def __init__(self, found: str, known: str) -> None:
        """Name the revision found and the newest one known here."""
        self.found, self.known = found, known
        super().__init__(f"the database is at revision {found}, this version knows none after {known}: use the newer program")


class KeysError(StoreError):
    """The keys of the installation cannot be read or written."""

    def __init__(self, path: str, why: str) -> None:
        """Name the file and what is wrong with it."""
        self.path, self.why = path, why
        super().__init__(f"{path} {why}")


class TipsError(StoreError):
    """The file of tips cannot be read or written."""

    def __init__(self, path: str, why: str) -> None:
        """Name the file and what is wrong with it."""
        self.path, self.why = path, why
        super().__init__(f"the file of tips {path} {why}")


class DatabaseUrlError(StoreError):
    """The address names no database that is supported."""

    def __init__(self, url: str, why: str) -> None:
        """Name the address and what is wrong with it."""
        self.url, self.why = url, why
        super().__init__(f"{url} cannot be used: {why}")


class StoreUnavailableError(StoreError):
    """The database cannot be used now; later it may."""


class StoreBrokenError(StoreError):
    """The database refused what was asked: a fault here, or damage."""
