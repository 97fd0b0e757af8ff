"""Records as JSON, as HTTP and the CLI show them: one function per record."""

from dataclasses import asdict
from datetime import datetime

from catalog.capability import Capability
from engine import codec
from engine.chain import Finding, Verdict
from engine.facts import Fact, Unreadable
from engine.records import PlanRow, TaskRow, WaitRow
from schemas.values import Json


def fact(record: Fact) -> dict[str, Json]:
    """Write one fact: every field that its hash covers, the hash and its seal; what cannot be read as it is stored."""
    if isinstance(record.body, Unreadable):
        stored = {**record.body.row, "seq": record.seq}
        return {**stored, "body": {"unreadable": record.body.why, "stored": record.body.row["body"]}}
    return {
        "task": record.task,
        "seq": record.seq,
        "at": record.at.isoformat(),
        "actor": record.actor,
        "kind": record.kind,
        "body": codec.body_to_json(record.body),
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


def task(row: TaskRow) -> dict[str, Json]:
    """Write one task; its steps only where the row carries them."""
    shown: dict[str, Json] = _plain(asdict(row))
    return shown if row.steps else {key: value for key, value in shown.items() if key != "steps"}


def plan(row: PlanRow) -> dict[str, Json]:
    """Write one turn of planning."""
    shown: dict[str, Json] = _plain(asdict(row))
    return shown


def wait(row: WaitRow) -> dict[str, Json]:
    """Write what one step waits for."""
    shown: dict[str, Json] = _plain(asdict(row))
    return shown


def capability(record: Capability, retired: str = "") -> dict[str, Json]:
    """Write one capability as its file says it, and why no new task may use it where it is `retired`."""
    return {"id": record.id, **record.model_dump(mode="json", by_alias=True), "retired": retired}


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
