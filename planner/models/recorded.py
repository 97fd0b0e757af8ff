"""Recorded answers: what a model truly said to a prompt, replayed for exactly that prompt and no other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from planner.models.port import Answer, Prompt, RecordingMissingError
from schemas.reading import UnreadableJsonError, read_json
from schemas.values import Json, JsonObject, digest


class RecordingError(Exception):
    """A file in a folder of recordings that is none: `path` and what is wrong with it."""

    def __init__(self, path: Path, says: str) -> None:
        """Keep the path and build the sentence."""
        super().__init__(f"{path} is not a recording: {says}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One answer of a language model, as it came, to `messages`. Token counts are None where nobody counted them."""

    prompt_version: str
    prompt_digest: str  # of `messages`
    model: str
    recorded_on: date
    messages: tuple[JsonObject, ...]
    answer: str
    tokens_in: int | None = None
    tokens_out: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Write the record as its file holds it."""
        return {
            "prompt_version": self.prompt_version,
            "prompt_digest": self.prompt_digest,
            "model": self.model,
            "recorded_on": self.recorded_on.isoformat(),
            "messages": [dict(message) for message in self.messages],
            "answer": self.answer,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
        }


class Recorded:
    """A model that answers from a folder of recordings, at no cost.

    A recording answers only the prompt whose digest it carries. Where a prompt has none and `pending` is given, the prompt is
    written there as `DIGEST.json`, so that an operator can have a model answer it and `store` the answer.
    """

    def __init__(self, folder: Path, *, pending: Path | None = None) -> None:
        """Read every recording. Raises `RecordingError`."""
        self._folder = folder
        self._pending = pending
        self._by_digest = {recording.prompt_digest: recording for recording in recordings(folder)}

    @property
    def name(self) -> str:
        """Name the model, or the models, whose answers these are."""
        return ", ".join(sorted({recording.model for recording in self._by_digest.values()})) or "recorded"

    @property
    def recorded_on(self) -> date | None:
        """Say on which day the last answer was recorded: prompts name the day, so a replay renders them as of then."""
        return max((recording.recorded_on for recording in self._by_digest.values()), default=None)

    async def ask(self, prompt: Prompt) -> Answer:
        """Answer one prompt from its recording. Raises `RecordingMissingError`."""
        recording = self._by_digest.get(prompt.digest)
        if recording is None:
            raise RecordingMissingError(self._missing(prompt))
        return Answer(
            text=recording.answer,
            model=recording.model,
            tokens_in=recording.tokens_in,
            tokens_out=recording.tokens_out,
            cost_usd=0.0,
            latency_ms=None,
            source="recorded",
            notes=(f"An answer of {recording.model}, recorded on {recording.recorded_on}.",),
        )

    def _missing(self, prompt: Prompt) -> str:
        says = f"No answer is recorded in {self._folder} for prompt {prompt.digest} of version {prompt.version}."
        if self._pending is None:
            return says
        self._pending.mkdir(parents=True, exist_ok=True)
        path = self._pending / f"{prompt.digest}.json"
        asked = {
            "prompt_version": prompt.version,
            "prompt_digest": prompt.digest,
            "messages": [dict(message) for message in prompt.messages],
        }
        path.write_text(_text(asked), encoding="utf-8")
        return f"{says} The prompt is in {path}."


def recordings(folder: Path) -> tuple[Recording, ...]:
    """Read every `*.json` in the folder, by name. Raises `RecordingError` for the first that is none."""
    return tuple(_read(path) for path in sorted(folder.glob("*.json")))


def stale(folder: Path, version: str) -> tuple[Recording, ...]:
    """List the recordings that answer another version of the prompt than `version`: nothing can ask for them any more."""
    return tuple(recording for recording in recordings(folder) if recording.prompt_version != version)


def store(folder: Path, recording: Recording) -> Path:
    """Write a recording to the folder, under the digest of its prompt, and say where. Raises `ValueError`.

    The digest must be that of the messages: a recording that answers another prompt than it shows would be a lie.
    """
    if digest([dict(message) for message in recording.messages]) != recording.prompt_digest:
        msg = "the recording's digest is not that of its messages"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recording.prompt_digest}.json"
    path.write_text(_text(recording.to_json()), encoding="utf-8")
    return path


def _read(path: Path) -> Recording:
    try:
        value = read_json(path.read_bytes())
    except UnreadableJsonError as error:
        raise RecordingError(path, str(error)) from error
    if not isinstance(value, dict):
        raise RecordingError(path, "it is no JSON object")
    wrong = list(_faults(value))
    if wrong:
        raise RecordingError(path, "; ".join(wrong))
    return Recording(
        prompt_version=value["prompt_version"],
        prompt_digest=value["prompt_digest"],
        model=value["model"],
        recorded_on=date.fromisoformat(value["recorded_on"]),
        messages=tuple(value["messages"]),
        answer=value["answer"],
        tokens_in=value.get("tokens_in"),
        tokens_out=value.get("tokens_out"),
    )


def _faults(value: dict[str, Json]) -> Iterator[str]:
    for key in ("prompt_version", "prompt_digest", "model", "answer", "recorded_on"):
        if not isinstance(value.get(key), str):
            yield f"{key} is no text"
    for key in ("tokens_in", "tokens_out"):
        if not isinstance(value.get(key), int | None):
            yield f"{key} is neither a whole number nor null"
    if not _is_date(value.get("recorded_on")):
        yield "recorded_on is no date such as 2026-11-21"
    messages = value.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        yield "messages is no list of objects"
    elif digest(messages) != value.get("prompt_digest"):
        yield "prompt_digest is not that of its messages"


def _is_date(value: Json) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
