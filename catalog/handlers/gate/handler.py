"""Wait until people of named groups approve."""

from goalwright import HandlerError, Wait, host
from goalwright.templates import render
from votes import Votes

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
ANSWER = {
    "type": "object",
    "required": ["decision"],
    "additionalProperties": False,
    "properties": {"decision": {"enum": ["approve", "reject"]}, "comment": {"type": "string", "maxLength": 2_000}},
}


def run(config: dict, given: dict, call: dict) -> dict | Wait:
    """Count the answers so far: open, close, ask the next, or wait on."""
    signals = call["signals"]
    stage = sum(signal["timed_out"] for signal in signals)
    stages = [config, *config.get("escalation", [])]
    groups = list(dict.fromkeys(group for asked in stages[: stage + 1] for group in asked["approvers"]))
    votes = Votes(signals, groups)
    if votes.rejected(config.get("rejections", 1)):
        return _closed(config, votes, "rejected", stage)
    if votes.approved(config.get("required", 1), each=config.get("of") == "each"):
        return _result(votes, "approved", stage, approved=True)
    if stage >= len(stages):
        return _late(config, votes, stage)
    asks = {
        "title": " ".join(render(config["title"], given).split()),
        "text": render(config.get("text", ""), given),
        "groups": groups,
        "answer": ANSWER,
    }
    if "channel" in config and (not signals or signals[-1]["timed_out"]):
        _announce(config["channel"], asks, call["idempotency_key"], stage)
    return Wait("approval", asks=asks, timeout_s=_seconds(stages[stage].get("timeout") or config.get("timeout")))


def _announce(channel: str, asks: dict, key: str, stage: int) -> None:
    task, _, step = key.partition("/")
    again = f"This was escalated {stage} times.\n" if stage else ""
    text = (
        f"{asks['title']}\n{asks['text']}\n{again}Answer: goalwright approve {task} {step}, or goalwright reject {task} {step}"
    )
    data = {"task": task, "step": step, "groups": asks["groups"], "stage": stage}
    host.notify(channel, text, subject=asks["title"], data=data, idempotency_key=f"{key}#{stage}")


def _late(config: dict, votes: Votes, stage: int) -> dict:
    then = config.get("on_timeout", "fail")
    if then == "approve":
        return _result(votes, "timed_out", stage, approved=True)
    if then == "reject":
        return _closed(config, votes, "timed_out", stage)
    raise HandlerError("gate_timed_out", f"nobody answered in time, after {stage} time-outs")


def _closed(config: dict, votes: Votes, decision: str, stage: int) -> dict:
    if config.get("on_reject") == "return":
        return _result(votes, decision, stage, approved=False)
    who = ", ".join(f"{vote['sender']}: {vote['comment']}".rstrip(": ") for vote in votes.rejections)
    raise HandlerError("rejected", f"rejected by {who}" if who else "rejected: nobody answered in time")


def _result(votes: Votes, decision: str, stage: int, *, approved: bool) -> dict:
    return {
        "approved": approved,
        "decision": decision,
        "approvals": votes.approvals,
        "rejections": votes.rejections,
        "stage": stage,
    }


def _seconds(duration: str | None) -> float | None:
    return None if duration is None else float(int(duration[:-1]) * SECONDS[duration[-1]])
