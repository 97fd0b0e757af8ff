"""The hash chain of a task's log: a fact's hash covers the one before it, so no line can be changed, dropped or put in between.

`flaws` checks the chain and its seals, as at every load. `verify` replays the log besides: every move against the tables, every
value that follows from others against what is recorded, the ledger against its bounds. What neither can see alone is a log cut
off at its end: that takes an `Anchor`, a tip kept elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from json import JSONEncoder

from engine import facts, tasks
from engine.codec import encode
from engine.errors import EngineError
from engine.evolve import evolve
from engine.facts import Fact
from engine.recomputed import Judge
from engine.state import TaskState

GENESIS = ""
"""What stands in place of a hash before the first fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """The end of a log: what the next fact continues."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What `source` knows of a log: that its line `seq` has this hash."""

    seq: int
    hash: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that cannot be right: in a line of a log, or in the row of a view that `where` names."""

    seq: int
    says: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A task's whole log, and where its chain or its seals do not hold."""

    facts: tuple[Fact, ...]
    flaws: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found. `tip` is the hash of the last fact, to be compared with one kept elsewhere."""

    facts: int
    tip: str
    sealed: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings

    def with_findings(self, more: Iterable[Finding]) -> "Verdict":
        """Add what was found elsewhere."""
        return replace(self, findings=(*self.findings, *more))


def seal(task: str, tip: Tip, bodies: Sequence[facts.Body], *, actor: str, at: datetime) -> tuple[list[Fact], Tip]:
    """Make facts of bodies, each chained to the one before. Raises `FactUnwritableError`."""
    sealed: list[Fact] = []
    seq, prev = tip.seq, tip.hash
    moment = at.isoformat()
    for body in bodies:
        seq += 1
        text = encode(body)
        name = _name((prev, task, seq, moment, actor, type(body).__name__), text)
        sealed.append(Fact(task=task, seq=seq, at=at, actor=actor, body=body, prev=prev, hash=name, text=text))
        prev = name
    return sealed, Tip(seq=seq, hash=prev)


def fingerprint(fact: Fact) -> str:
    """Give the hash that the fact must have."""
    text = fact.text or encode(fact.body)
    return _name((fact.prev, fact.task, fact.seq, fact.at.isoformat(), fact.actor, fact.kind), text)


def flaws(task: str, log: Iterable[Fact], anchors: Sequence[Anchor] = ()) -> Iterator[Finding]:
    """Check a task's whole log: the chain, what its store found when it read it, and what is known of it elsewhere."""
    tip = Tip()
    known: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        known.setdefault(anchor.seq, []).append(anchor)
    for fact in log:
        yield from _links(task, tip, fact)
        for anchor in known.pop(fact.seq, ()):
            if anchor.hash != fact.hash:
                yield Finding(seq=fact.seq, says=f"the fact is not the one that stands in {anchor.source}")
        tip = Tip(seq=fact.seq, hash=fact.hash)
    if tip.seq == 0:
        yield Finding(seq=0, says="the log is empty")
    for anchor in (each for seq in sorted(known) for each in known[seq]):
        yield Finding(seq=tip.seq, says=f"the log ends here or leaves out fact {anchor.seq}, which stands in {anchor.source}")


def verify(task: str, log: Iterable[Fact], anchors: Sequence[Anchor] = ()) -> Verdict:
    """Check a task's whole log; every finding is reported."""
    return verified(task, tuple(log), anchors)[0]


def verified(task: str, log: Sequence[Fact], anchors: Sequence[Anchor] = ()) -> tuple[Verdict, TaskState | None]:
    """Check a task's whole log as `verify` does; give the state that it comes to besides, None where it cannot be followed."""
    state, found = _replayed(task, log)
    findings = sorted([*flaws(task, log, anchors), *found], key=lambda each: each.seq)
    last = log[-1] if log else None
    sealed = sum(1 for fact in log if fact.mac)
    tip = last.hash if last else GENESIS
    return Verdict(facts=last.seq if last else 0, tip=tip, sealed=sealed, findings=tuple(findings)), state


def _replayed(task: str, log: Sequence[Fact]) -> tuple[TaskState | None, list[Finding]]:
    """Follow the log as far as it can be followed."""
    state: TaskState | None = TaskState(task=task)
    judge = Judge()
    findings: list[Finding] = []
    for fact in log:
        if state is None:
            break
        state, wrong = _followed(state, fact, judge)
        findings += wrong
    return state, findings


def _name(head: tuple[str, str, int, str, str, str], text: str) -> str:
    # The head is canonical JSON, written here because this runs for every fact. Canonical JSON holds no raw line break, so the
    # one between head and body cannot be forged.
    prev, task, seq, at, actor, kind = head
    line = f"[{_text(prev)},{_text(task)},{seq},{_text(at)},{_text(actor)},{_text(kind)}]\n{text}"
    return sha256(line.encode("utf-8", "surrogatepass")).hexdigest()


_text = JSONEncoder(ensure_ascii=False).encode


def _links(task: str, tip: Tip, fact: Fact) -> Iterable[Finding]:
    if fact.task != task:
        yield Finding(seq=fact.seq, says=f"the fact belongs to task {fact.task}")
    if fact.seq != tip.seq + 1:
        yield Finding(seq=fact.seq, says=f"fact {tip.seq + 1} is missing: after {tip.seq} comes {fact.seq}")
    if fact.prev != tip.hash:
        yield Finding(seq=fact.seq, says="the fact does not name the hash of the one before it")
    if fact.flaw:
        yield Finding(seq=fact.seq, says=fact.flaw)
    if fact.hash != fingerprint(fact):
        yield Finding(seq=fact.seq, says="the fact is not what its hash was made of")


def _followed(state: TaskState, fact: Fact, judge: Judge) -> tuple[TaskState | None, list[Finding]]:
    """Replay one fact. After one that cannot follow, the rest says nothing: no state to go on from."""
    if state.ended:
        return state, [Finding(seq=fact.seq, says=f"{fact.kind} comes after the task ended")]
    try:
        after = evolve(state, fact.body, at=fact.at)
        wrong = [Finding(seq=fact.seq, says=says) for says in judge.judge(state, after, fact)]
    except (EngineError, LookupError, ValueError, TypeError, AssertionError, AttributeError) as fault:
        return None, [Finding(seq=fact.seq, says=f"{fact.kind} cannot follow what came before: {fault}")]
    return after, [*wrong, *_unended(after, fact)]


def _unended(state: TaskState, fact: Fact) -> Iterator[Finding]:
    if state.status is tasks.Status.RUNNING:
        return
    for path, step in sorted(state.steps.items()):
        if not step.finished:
            yield Finding(seq=fact.seq, says=f"the task ended while step {path} had not")
