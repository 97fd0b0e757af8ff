"""Records as JSON, as HTTP and the CLI show them: one function per record."""

from dataclasses import asdict
from datetime import datetime

from catalog.capability import Capability
from catalog.values import Json
from engine.codec import body_to_json
from engine.facts import Fact
from engine.records import PlanRow, TaskRow


def fact(record: Fact) -> dict[str, Json]:
    """Write one fact: every field that its hash covers, and the hash."""
    return {
        "task": record.task,
        "seq": record.seq,
        "at": record.at.isoformat(),
        "actor": record.actor,
        "kind": record.kind,
        "body": body_to_json(record.body),
        "prev": record.prev,
        "hash": record.hash,
    }


def task(row: TaskRow) -> dict[str, Json]:
    """Write one task; its steps only where the row carries them."""
    shown = _plain(asdict(row))
    return shown if row.steps else {key: value for key, value in shown.items() if key != "steps"}


def plan(row: PlanRow) -> dict[str, Json]:
    """Write one turn of planning."""
    return _plain(asdict(row))


def capability(record: Capability) -> dict[str, Json]:
    """Write one capability as its file says it."""
    return {"id": record.id, **record.model_dump(mode="json", by_alias=True)}


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
