import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from planner.models.port import Answer, Prompt, RecordingMissingError
from planner.models.recorded import Recorded, Recording, RecordingError, recordings, stale, store
from planner.prompt import prompt_files
from schemas.values import digest

MESSAGES = ({"role": "user", "content": "Plan it, Größe 7."},)
DIGEST = digest(list(MESSAGES))
PROMPT = Prompt(messages=MESSAGES, schema=None, max_tokens=10, allowance_usd=0, version="plan-1", digest=DIGEST)
RECORDING = Recording(
    prompt_version="plan-1",
    prompt_digest=DIGEST,
    model="house/model",
    recorded_on=date(2026, 11, 20),
    messages=MESSAGES,
    answer='{"steps": []}',
    tokens_in=12,
    tokens_out=None,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_recorded_answer_is_given_to_its_very_prompt_at_no_cost(tmp_path: Path) -> None:
    store(tmp_path, RECORDING)
    model = Recorded(tmp_path)
    assert (model.name, model.recorded_on) == ("house/model", date(2026, 11, 20))
    assert await model.ask(PROMPT) == Answer(
        text='{"steps": []}',
        model="house/model",
        tokens_in=12,
        tokens_out=None,
        cost_usd=0.0,
        latency_ms=None,
        source="recorded",
        notes=("An answer of house/model, recorded on 2026-11-20.",),
    )


async def test_a_prompt_without_a_recording_is_named_and_left_for_the_operator(tmp_path: Path) -> None:
    pending = tmp_path / "pending"
    with pytest.raises(RecordingMissingError) as raised:
        await Recorded(tmp_path, pending=pending).ask(PROMPT)
    path = pending / f"{DIGEST}.json"
    assert raised.value.message == (
        f"No answer is recorded in {tmp_path} for prompt {DIGEST} of version plan-1. The prompt is in {path}."
    )
    assert json.loads(path.read_text("utf-8")) == {
        "prompt_version": "plan-1",
        "prompt_digest": DIGEST,
        "messages": [dict(message) for message in MESSAGES],
    }


async def test_nothing_is_written_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissingError):
        await Recorded(tmp_path / "none").ask(PROMPT)
    assert names_in(tmp_path) == []


def test_recordings_of_another_prompt_version_are_listed_as_stale(tmp_path: Path) -> None:
    store(tmp_path, RECORDING)
    assert stale(tmp_path, "plan-1") == ()
    assert stale(tmp_path, "plan-2") == (RECORDING,)


def test_an_answer_is_not_stored_under_another_prompts_digest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="digest is not that of its messages"):
        store(tmp_path, replace(RECORDING, prompt_digest="0" * 64))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            {"messages": [{"role": "user", "content": "Another."}]}, "prompt_digest is not that of its messages", id="changed"
        ),
        pytest.param({"answer": None}, "answer is no text", id="no answer"),
        pytest.param({"recorded_on": "yesterday"}, "recorded_on is no date", id="no date"),
        pytest.param({"tokens_in": "12"}, "tokens_in is neither", id="a text for a number"),
        pytest.param({"messages": "hello"}, "messages is no list of objects", id="no messages"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_its_path(tmp_path: Path, change: dict[str, object], says: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(RECORDING.to_json() | change), "utf-8")
    with pytest.raises(RecordingError, match=says) as raised:
        Recorded(tmp_path)
    assert raised.value.path == path


def test_a_file_that_is_no_json_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{", "utf-8")
    with pytest.raises(RecordingError, match="is not a recording"):
        Recorded(tmp_path)


def test_the_recordings_of_the_demo_answer_the_prompts_of_today() -> None:
    folder = Path(__file__).resolve().parents[3] / "recorded" / "demo"
    assert recordings(folder)
    assert stale(folder, prompt_files().version) == ()
