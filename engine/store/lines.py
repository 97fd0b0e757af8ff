"""Lines of logs as they are stored, read with all that they may have become: whoever can write the file can write anything."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, cast, select

from engine import chain
from engine.chain import Anchor, Log
from engine.codec import decode
from engine.errors import FactUnreadableError
from engine.facts import Fact, Unreadable
from engine.seals import FACT, UNSEALED, Ring
from engine.store.pages import paged
from engine.store.schema import FACTS
from engine.store.schema import UNSEALED as UNSEALED_LOGS
from schemas.values import canonical

NO_TIME = datetime.fromtimestamp(0, UTC)
"""What stands in place of a time that cannot be read."""

_COLUMNS = tuple(column.name for column in FACTS.columns)


def page(connection: Connection, task: str, ring: Ring, *, after: int, limit: int | None) -> list[Fact]:
    """Read a task's log from line `after` + 1 on; with a `limit`, at most a page of it.

    What stands under no whole number is left out.
    """
    numbered = cast(FACTS.c.seq, Integer) == FACTS.c.seq
    wanted = _log(task).where(FACTS.c.seq > after, numbered).limit(limit)
    rows = connection.execute(wanted)
    return _facts(connection, rows if limit is None else paged(rows, _characters), task, ring)[0]


def load(connection: Connection, task: str, ring: Ring, *, kept: Sequence[Anchor]) -> Log:
    """Read a task's whole log and say where it does not hold. `kept` is what is known elsewhere of it."""
    found, anchors = read(connection, task, ring)
    return Log(facts=tuple(found), flaws=tuple(chain.flaws(task, found, [*anchors, *kept])))


def read(connection: Connection, task: str, ring: Ring) -> tuple[list[Fact], list[Anchor]]:
    """Read a task's whole log, and what the database itself marks of it."""
    return _facts(connection, connection.execute(_log(task)), task, ring)


def unsealed_mark(task: str, seq: int, name: str) -> str:
    """Write what is sealed of a log that was written before there were seals."""
    return canonical([task, seq, name])


def _log(task: str) -> Select[Any]:
    return select(FACTS).where(FACTS.c.task == task).order_by(FACTS.c.seq)


def _characters(row: Row[Any]) -> int:
    return len(row.body) if isinstance(row.body, str) else 0


def _facts(connection: Connection, found: Iterable[Row[Any]], task: str, ring: Ring) -> tuple[list[Fact], list[Anchor]]:
    rows = list(found)
    anchors = _unsealed(connection, task, ring) if any(row.key == "" for row in rows) else []
    last = max((anchor.seq for anchor in anchors), default=0)
    return [_fact(row, ring, last) for row in rows], anchors


def _unsealed(connection: Connection, task: str, ring: Ring) -> list[Anchor]:
    """Give how far the log goes that was written before there were seals; nothing where the mark itself does not hold."""
    row = connection.execute(select(UNSEALED_LOGS).where(UNSEALED_LOGS.c.task == task)).one_or_none()
    if row is None or not isinstance(row.seq, int):
        return []
    if not ring.holds(UNSEALED, unsealed_mark(task, row.seq, row.hash), key=str(row.key), mac=str(row.mac)):
        return []
    return [Anchor(seq=row.seq, hash=row.hash, source="the mark made when this installation began to seal logs")]


def _fact(row: Row[Any], ring: Ring, unsealed_to: int) -> Fact:
    try:
        at = datetime.fromisoformat(row.at)
        if at.isoformat() != row.at or type(row.seq) is not int:
            return _unreadable(row, "its time or its number is not written as this program writes it")
        body = decode(row.kind, row.body)
        flaw = _seal_flaw(row, ring, unsealed_to)
    except FactUnreadableError as wrong:
        return _unreadable(row, wrong.why)
    except (ValueError, TypeError, AttributeError) as wrong:
        return _unreadable(row, str(wrong))
    return Fact(
        task=row.task,
        seq=row.seq,
        at=at,
        actor=row.actor,
        body=body,
        prev=row.prev,
        hash=row.hash,
        text=row.body,
        key=row.key,
        mac=row.mac,
        flaw=flaw,
    )


def _seal_flaw(row: Row[Any], ring: Ring, unsealed_to: int) -> str:
    if ring.holds(FACT, row.hash, key=row.key, mac=row.mac):
        return ""
    if not row.key and not row.mac:
        return "" if row.seq <= unsealed_to or not ring.current else "the fact bears no seal"
    if row.key not in ring.secrets:
        return f"the fact is sealed with the key {row.key!r}, which is none of this installation's keys"
    return "the seal of the fact does not hold: it was not made by this installation"


def _unreadable(row: Row[Any], why: str) -> Fact:
    stored = {name: str(value) for name, value in zip(_COLUMNS, row, strict=True)}
    kind = stored["kind"]
    return Fact(
        task=stored["task"],
        seq=row.seq if type(row.seq) is int else 0,
        at=NO_TIME,
        actor=stored["actor"],
        body=Unreadable(kind=kind, why=why, row=stored),
        prev=stored["prev"],
        hash=stored["hash"],
        text=stored["body"],
        key=stored["key"],
        mac=stored["mac"],
        flaw=f"the fact cannot be read: {why}",
    )
