"""The hash chain of a task's log: a fact's hash covers the one before it, so no line can be changed, dropped or put in between.

`verify` needs the facts alone. It checks the chain, replays the log against the tables of legal moves, and holds the ledger
against its bounds after every fact. What it cannot see is a log
cut off at its end: compare the last hash with one kept elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from engine import facts, tasks
from engine.codec import encode
from engine.errors import EngineError
from engine.evolve import evolve
from engine.facts import Fact
from engine.state import TaskState
from schemas.values import canonical

GENESIS = ""
"""What stands in place of a hash before the first fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """The end of a log: what the next fact continues."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a log that cannot be right, and the line where it shows."""

    seq: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found. `tip` is the hash of the last fact, to be compared with one kept elsewhere."""

    facts: int
    tip: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings


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


def verify(task: str, log: Iterable[Fact]) -> Verdict:
    """Check a task's whole log; every finding is reported."""
    findings: list[Finding] = []
    tip = Tip()
    replayed: TaskState | None = TaskState(task=task)
    for fact in log:
        findings += _links(task, tip, fact)
        if replayed is not None:
            replayed, wrong = _followed(replayed, fact)
            findings += wrong
        tip = Tip(seq=fact.seq, hash=fact.hash)
    if tip.seq == 0:
        findings.append(Finding(seq=0, says="the log is empty"))
    return Verdict(facts=tip.seq, tip=tip.hash, findings=tuple(findings))


def _name(head: tuple[str, str, int, str, str, str], text: str) -> str:
    # Canonical JSON holds no raw line break, so the one between head and body cannot be forged.
    whole = f"{canonical(head)}\n{text}"
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _links(task: str, tip: Tip, fact: Fact) -> Iterable[Finding]:
    if fact.task != task:
        yield Finding(seq=fact.seq, says=f"the fact belongs to task {fact.task}")
    if fact.seq != tip.seq + 1:
        yield Finding(seq=fact.seq, says=f"fact {tip.seq + 1} is missing: after {tip.seq} comes {fact.seq}")
    if fact.prev != tip.hash:
        yield Finding(seq=fact.seq, says="the fact does not name the hash of the one before it")
    if fact.hash != fingerprint(fact):
        yield Finding(seq=fact.seq, says="the fact is not what its hash was made of")


def _followed(state: TaskState, fact: Fact) -> tuple[TaskState | None, list[Finding]]:
    """Replay one fact. After one that cannot follow, the rest says nothing: no state to go on from."""
    if state.ended:
        return state, [Finding(seq=fact.seq, says=f"{fact.kind} comes after the task ended")]
    try:
        after = evolve(state, fact.body, at=fact.at)
    except (EngineError, KeyError, ValueError, TypeError, AssertionError, AttributeError) as wrong:
        return None, [Finding(seq=fact.seq, says=f"{fact.kind} cannot follow what came before: {wrong}")]
    return after, _judged(after, fact)


def _judged(state: TaskState, fact: Fact) -> list[Finding]:
    over = [name or "the task" for name, account in sorted(state.ledger.items()) if account.overdrawn]
    findings = [Finding(seq=fact.seq, says=f"{name} used or reserved more than its bounds allow") for name in over]
    if state.status is not tasks.Status.RUNNING:
        open_ = [path for path, step in sorted(state.steps.items()) if not step.finished]
        findings += [Finding(seq=fact.seq, says=f"the task ended while step {path} had not") for path in open_]
    return findings
