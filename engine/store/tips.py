"""Tips of logs in a file that the operator keeps elsewhere: how far each log went, line by line, sealed and chained.

A line is JSON, `{task, seq, hash, count, at, prev, key, mac}`: `count` is how many facts the log had, `prev` the seal of the
line before. Lines are only ever added. A file may be started anew at any time; every file stays true.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from engine.chain import Anchor, Finding
from engine.errors import TipsError
from engine.seals import TIP, Ring
from schemas.values import Json, JsonObject, canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTip:
    """How far the log of a task goes. `count` is how many facts it has."""

    task: str
    seq: int
    hash: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a file of tips says: what is known of each task, its last line's seal, and the lines that are not as written."""

    anchors: Mapping[str, tuple[Anchor, ...]] = field(default_factory=dict)
    last: str = ""
    findings: tuple[Finding, ...] = ()

    def beyond(self, tip: LogTip) -> bool:
        """Say whether a tip tells more than is kept."""
        return all(anchor.seq < tip.seq for anchor in self.anchors.get(tip.task, ()))


def read(file: Path, ring: Ring) -> Kept:
    """Read a file of tips; none is empty. Lines whose seal does not hold are found and not believed. Raises `TipsError`."""
    try:
        lines = file.read_bytes().decode("utf-8", "replace").splitlines() if file.exists() else []
    except OSError as wrong:
        raise TipsError(str(file), f"cannot be read: {wrong.strerror}") from wrong
    anchors: dict[str, tuple[Anchor, ...]] = {}
    findings: list[Finding] = []
    last = ""
    for number, line in enumerate(lines, 1):
        tip = _parsed(line)
        flaw = "the line cannot be read" if tip is None else _flaw(tip, last, ring)
        if flaw:
            findings.append(Finding(seq=0, where=f"{file.name} line {number}", says=flaw))
        if tip is None:
            continue
        last = tip["mac"]
        if _holds(tip, ring):
            anchor = Anchor(seq=tip["seq"], hash=tip["hash"], source=f"{file.name} line {number}")
            anchors[tip["task"]] = (*anchors.get(tip["task"], ()), anchor)
    return Kept(anchors=anchors, last=last, findings=tuple(findings))


def append(file: Path, ring: Ring, tips: Iterable[LogTip], *, at: datetime) -> int:
    """Add what the file does not know yet; give how many lines that made. Raises `TipsError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"), file.open("a", encoding="utf-8") as opened:
            kept = read(file, ring)
            new = [tip for tip in tips if kept.beyond(tip)]
            last = kept.last
            for tip in new:
                line = {**_plain(tip), "at": at.isoformat(), "prev": last, "key": ring.current}
                last = ring.seal(TIP, canonical(line))
                opened.write(canonical({**line, "mac": last}) + "\n")
    except OSError as wrong:
        raise TipsError(str(file), f"cannot be written: {wrong.strerror}") from wrong
    return len(new)


def _plain(tip: LogTip) -> dict[str, Json]:
    return {"task": tip.task, "seq": tip.seq, "hash": tip.hash, "count": tip.count}


def _parsed(line: str) -> JsonObject | None:
    try:
        tip = json.loads(line)
        whole = all(isinstance(tip[name], str) for name in ("task", "hash", "at", "prev", "key", "mac"))
        return tip if whole and isinstance(tip["seq"], int) else None
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def _holds(tip: JsonObject, ring: Ring) -> bool:
    sealed = canonical({name: value for name, value in tip.items() if name != "mac"})
    return ring.holds(TIP, sealed, key=tip["key"], mac=tip["mac"])


def _flaw(tip: JsonObject, last: str, ring: Ring) -> str:
    if not _holds(tip, ring):
        return "the seal of the line does not hold: it was not written by this installation"
    return "" if tip["prev"] == last else "the line does not follow the one before: lines were taken out or moved"
