"""What an append writes: facts, commands and changes as rows, every table once in a transaction however many tasks share it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ClauseElement, Dialect, Insert, Table, bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

from engine.codec import encode
from engine.facts import Fact
from engine.seals import FACT, Ring
from engine.store.schema import COMMANDS, FACTS, LEDGER, PLANS, QUARANTINE, STEPS, TASKS
from engine.views import (
    Change,
    LedgerStands,
    PlanTurn,
    QuarantineLifted,
    StepStands,
    TaskBegan,
    TaskEnded,
    TaskQuarantined,
)
from schemas.slices import canonical
from schemas.values import Json

Row = dict[str, Any]
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One append: facts of one task, the rows that they change, the ids of the commands that led to them."""

    facts: Sequence[Fact]
    changes: Sequence[Change]
    commands: Sequence[str]


@dataclass(slots=True)
class Rows:
    """The rows of one or more appends, by table, in the order in which they are written."""

    began: list[Row] = field(default_factory=list)
    commands: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    steps: dict[tuple[str, str], Row] = field(default_factory=dict)
    plans: list[Row] = field(default_factory=list)
    ledger: dict[tuple[str, str], Row] = field(default_factory=dict)
    ended: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    lifted: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, appends: Iterable[Append], ring: Ring) -> "Rows":
        """Collect rows, the facts sealed; of one that changes more than once only the last is written."""
        rows = cls()
        for append in appends:
            rows.facts += [_fact(fact, ring) for fact in append.facts]
            rows.commands += [{"task": append.facts[0].task, "id": command} for command in append.commands]
            for change in append.changes:
                rows._change(change)
        return rows

    def _change(self, change: Change) -> None:
        match change:
            case StepStands():
                self.steps[change.task, change.step] = _step(change)
            case LedgerStands():
                row = {"task": change.task, "account": change.account, "amounts": canonical(change.amounts)}
                self.ledger[change.task, change.account] = row
            case PlanTurn():
                self.plans.append(_plan(change))
            case TaskBegan():
                self.began.append(_began(change))
            case TaskEnded():
                self.ended.append(_ended(change))
            case TaskQuarantined():
                since = change.since.isoformat()
                self.quarantined.append({"task": change.task, "since": since, "seq": change.seq, "says": change.says})
            case QuarantineLifted():
                self.lifted.append({"lifted": change.task})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement as the driver takes it: text, and the order of values where they go by position."""

    text: str
    positions: Sequence[str] | None

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> "Statement":
        """Compile a statement of Core's."""
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler), "what is compiled here is SQL"
        return cls(text=str(compiled), positions=compiled.positiontup)

    def run(self, cursor: DBAPICursor, rows: Sequence[Row]) -> None:
        """Run it once for each row."""
        names = self.positions
        values = rows if names is None else [tuple([row[name] for name in names]) for row in rows]
        cursor.executemany(self.text, values)


class Statements:
    """The statements of one dialect, written with Core, compiled once and run by the driver itself.

    Core's own execution costs four times what SQLite needs for these rows, and every step of every task pays it.
    """

    def __init__(self, dialect: Dialect) -> None:
        """Compile them."""
        insert = _INSERTS[dialect.name]
        ended: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("status", "ended_at", "output", "error")}
        self._began = Statement.of(TASKS.insert(), dialect)
        self._commands = Statement.of(COMMANDS.insert(), dialect)
        self._facts = Statement.of(FACTS.insert(), dialect)
        self._steps = Statement.of(_upsert(insert, STEPS, ("status", "handler", "attempt", "error", "done", "waits")), dialect)
        plans = _upsert(insert, PLANS, ("status", "asked", "answered"), keep=("asked", "answered"))
        self._plans = Statement.of(plans, dialect)
        self._ledger = Statement.of(_upsert(insert, LEDGER, ("amounts",)), dialect)
        self._ended = Statement.of(TASKS.update().where(TASKS.c.id == bindparam("task")).values(ended), dialect)
        self._quarantined = Statement.of(_upsert(insert, QUARANTINE, ("since", "seq", "says")), dialect)
        lifted = QUARANTINE.delete().where(QUARANTINE.c.task == bindparam("lifted"))
        self._lifted = Statement.of(lifted, dialect)

    def write(self, cursor: DBAPICursor, rows: Rows) -> None:
        """Write all rows in the transaction that is open."""
        for statement, values in (
            (self._began, rows.began),
            (self._commands, rows.commands),
            (self._facts, rows.facts),
            (self._steps, list(rows.steps.values())),
            (self._plans, rows.plans),
            (self._ledger, list(rows.ledger.values())),
            (self._ended, rows.ended),
            (self._quarantined, rows.quarantined),
            (self._lifted, rows.lifted),
        ):
            if values:
                statement.run(cursor, values)


def _upsert(insert: Any, table: Table, changed: tuple[str, ...], keep: tuple[str, ...] = ()) -> Insert:
    """Insert or replace `changed`; a null leaves the columns of `keep` as they were."""
    statement = insert(table)
    new = {
        name: func.coalesce(statement.excluded[name], table.c[name]) if name in keep else statement.excluded[name]
        for name in changed
    }
    done: Insert = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
    return done


def _fact(fact: Fact, ring: Ring) -> Row:
    return {
        "task": fact.task,
        "seq": fact.seq,
        "at": fact.at.isoformat(),
        "actor": fact.actor,
        "kind": fact.kind,
        "body": fact.text or encode(fact.body),
        "prev": fact.prev,
        "hash": fact.hash,
        "key": ring.current,
        "mac": ring.seal(FACT, fact.hash),
    }


def _step(change: StepStands) -> Row:
    return {
        "task": change.task,
        "step": change.step,
        "type": change.type,
        "status": change.status,
        "handler": change.handler,
        "attempt": change.attempt,
        "depends_on": canonical(list(change.depends_on)),
        "error": _text(change.error),
        "done": change.done,
        "waits": _text(change.waits),
        "position": change.position,
    }


def _plan(change: PlanTurn) -> Row:
    return {
        "task": change.task,
        "step": change.step,
        "phase": change.phase,
        "turn": change.turn,
        "attempt": change.attempt,
        "status": change.status,
        "asked": change.asked,
        "answered": change.answered,
    }


def _began(change: TaskBegan) -> Row:
    return {
        "id": change.task,
        "namespace": change.namespace,
        "name": change.name,
        "goal": change.goal,
        "status": "running",
        "submitted_at": change.submitted_at.isoformat(),
        "ended_at": None,
        "input": canonical(change.input),
        "output": None,
        "error": None,
    }


def _ended(change: TaskEnded) -> Row:
    return {
        "task": change.task,
        "new_status": change.status,
        "new_ended_at": change.ended_at.isoformat(),
        "new_output": _text(change.output),
        "new_error": _text(change.error),
    }


def _text(value: Json) -> str | None:
    return None if value is None else canonical(value)
