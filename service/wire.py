"""Records as JSON, as HTTP and the CLI show them: one function per record."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from catalog.capability import Capability
from engine import codec
from engine.chain import Finding, Verdict
from engine.facts import Fact, Unreadable
from engine.records import PlanRow, TaskRow, WaitRow
from schemas.slices import dumps
from schemas.values import Json


def fact(record: Fact) -> dict[str, Json]:
    """Write one fact: every field that its hash covers, the hash and its seal; what cannot be read as it is stored."""
    if isinstance(record.body, Unreadable):
        stored = {**record.body.row, "seq": record.seq}
        return {**stored, "body": {"unreadable": record.body.why, "stored": record.body.row["body"]}}
    return {**_head(record), "body": codec.body_to_json(record.body)}


def _head(record: Fact) -> dict[str, Json]:
    return {
        "task": record.task,
        "seq": record.seq,
        "at": record.at.isoformat(),
        "actor": record.actor,
        "kind": record.kind,
        "prev": record.prev,
        "hash": record.hash,
        "key": record.key,
        "mac": record.mac,
    }


def finding(record: Finding) -> dict[str, Json]:
    """Write one finding of a verification: the fact, or where else it stands."""
    return {"seq": record.seq, "where": record.where, "says": record.says}


def verdict(record: Verdict) -> dict[str, Json]:
    """Write what a verification found; `sealed` is how many facts bear a seal, `tip` the hash of the last."""
    return {
        "ok": record.ok,
        "facts": record.facts,
        "sealed": record.sealed,
        "tip": record.tip,
        "findings": [finding(each) for each in record.findings],
    }


def fact_text(record: Fact) -> str:
    """Write what `fact` gives as JSON. The body of one that can be read is text already."""
    if isinstance(record.body, Unreadable) or not record.text:
        return dumps(fact(record))
    return f'{dumps(_head(record))[:-1]},"body":{record.text}}}'


def facts_text(records: Sequence[Fact], *, ended: bool, live: bool) -> str:
    """Write a page of facts as JSON: whether the task has ended, and whether somebody runs it."""
    facts = ",".join(map(fact_text, records))
    return f'{{"facts":[{facts}],"ended":{dumps(ended)},"live":{dumps(live)}}}'


def task(row: TaskRow) -> dict[str, Json]:
    """Write one task; its steps only where the row carries them."""
    shown: dict[str, Json] = _fields(row)
    return shown if row.steps else {key: value for key, value in shown.items() if key != "steps"}


def plan(row: PlanRow) -> dict[str, Json]:
    """Write one turn of planning."""
    shown: dict[str, Json] = _fields(row)
    return shown


def wait(row: WaitRow) -> dict[str, Json]:
    """Write what one step waits for."""
    shown: dict[str, Json] = _fields(row)
    return shown


def capability(record: Capability, retired: str = "") -> dict[str, Json]:
    """Write one capability as its file says it, and why no new task may use it where it is `retired`."""
    return {"id": record.id, **record.model_dump(mode="json", by_alias=True), "retired": retired}


def _fields(record: Any) -> dict[str, Json]:
    """Write a record's own fields. What they hold is JSON already, and is not copied: it may be large, or deep."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: Any) -> Json:
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
