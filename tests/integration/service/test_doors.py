"""Every door reads JSON in the same way: what one refuses all refuse, with the same code, and none takes it for a fault."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest
from typer.testing import CliRunner

from broker.answers import outcome
from broker.orders import Report
from catalog.calls import Failed
from fragments.reading import read_document, read_fragment
from planner.models.recorded import RecordingError, recordings
from schemas.reading import UnreadableJsonError, read_json
from service.cli.main import app
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import served
from tests.support.unreadable import UNREADABLE

BODIES = MappingProxyType(
    {
        "/v1/tasks": '{"template": {"name": "t", "steps": []}, "input": TEXT}',
        "/v1/goals": '{"goal": "Add up", "inputs": TEXT}',
        "/v1/checks": '{"document": {"name": "t", "steps": []}, "input": TEXT}',
        "/v1/tasks/none/signals": '{"signal": "approval", "body": TEXT}',
    }
)
CASES = [pytest.param(*case, id=name) for name, case in UNREADABLE.items()]
OF_DOCUMENTS = {"json.nesting": "document.nesting"}


async def test_every_route_refuses_with_422_and_names_the_place(tmp_path: Path) -> None:
    wrong = []
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers()) as running:
        for path, body in BODIES.items():
            for name, (text, code) in UNREADABLE.items():
                sent = body.replace("TEXT", text)
                answer = await running.http.post(path, content=sent, headers={"content-type": "application/json"})
                problems = [(p["code"], p["where"].startswith("/body"), p["line"]) for p in answer.json()["problems"]]
                if (answer.status_code, [problem[:2] for problem in problems]) != (422, [(code, True)]):
                    wrong.append((path, name, answer.status_code, problems))
    assert wrong == []


async def test_the_place_within_a_body_is_a_pointer_with_line_and_column(tmp_path: Path) -> None:
    body = '{"goal": "Add up",\n "inputs": {"a/b": [1, {"c": NaN}]}}'
    async with served(tmp_path, planner=ScriptedPlanner(), handlers=ScriptedHandlers()) as running:
        answer = await running.http.post("/v1/goals", content=body, headers={"content-type": "application/json"})
        bytes_ = await running.http.post("/v1/goals", content=b'{"goal": "\xff"}', headers={"content-type": "application/json"})
    (problem,) = answer.json()["problems"]
    assert (problem["where"], problem["line"], problem["column"]) == ("/body/inputs/a~1b/1/c", 2, 30)
    assert [p["code"] for p in bytes_.json()["problems"]] == ["json.encoding"]


@pytest.mark.parametrize("way", ["text", "file", "stdin"])
@pytest.mark.parametrize(("text", "code"), CASES)
def test_the_command_line_refuses_with_exit_code_2(tmp_path: Path, way: str, text: str, code: str) -> None:
    file = tmp_path / "inputs.json"
    file.write_text(text, encoding="utf-8")
    given = {"text": text, "file": f"@{file}", "stdin": "@-"}[way]
    document = Path(__file__).parents[2] / "data" / "doors.yaml"
    told = CliRunner().invoke(app, ["check", str(document), "--inputs", given], input=text)
    assert told.exit_code == 2, told.output
    assert code in told.stderr


@pytest.mark.parametrize(("text", "code"), CASES)
def test_an_answer_of_a_handler_is_an_invalid_output(text: str, code: str) -> None:
    found = outcome(Report(), ('{"ok": ' + text + "}").encode())
    assert isinstance(found, Failed)
    assert (found.type, found.message.startswith("the guest's answer is not JSON")) == ("output_invalid", True)
    with pytest.raises(UnreadableJsonError) as raised:
        read_json(text)
    assert raised.value.code == code


@pytest.mark.parametrize(("text", "code"), CASES)
def test_a_document_and_an_answer_of_a_model_are_refused_for_the_same(text: str, code: str) -> None:
    told = OF_DOCUMENTS.get(code, code)
    assert [problem.code for problem in read_document(text).problems] == [told]
    answer = {problem.code for problem in read_fragment(text).problems}
    assert answer <= {told, "json.invalid"}
    assert answer


@pytest.mark.parametrize("text", [case[0] for case in UNREADABLE.values()], ids=list(UNREADABLE))
def test_a_recorded_file_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=r"Line \d+, column \d+"):
        recordings(tmp_path)


def test_the_table_is_of_texts_that_are_objects_and_hold_every_code_that_a_text_can_have() -> None:
    assert {code for _, code in UNREADABLE.values()} == {
        "json.number",
        "json.duplicate_key",
        "json.surrogate",
        "json.nesting",
        "json.invalid",
    }
    assert len(UNREADABLE) >= 30
    assert json.loads(UNREADABLE["a float beyond all"][0]) == {"d": float("inf")}
