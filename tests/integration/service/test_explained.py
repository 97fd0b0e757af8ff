"""`goalwright explain`, as a person calls it; and the problems that only a whole service shows."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fragments.codes import CODES
from fragments.explanations import explanation, section
from fragments.problems import Problem
from planner.library import load_library
from planner.models.roster import Entry, Roster
from service.cli.main import app
from service.composition import vocabulary
from service.door import Door
from service.goals import Goal
from tests.support.explained import CATALOG, SERVED
from tests.support.handlers import ScriptedHandlers
from tests.support.planners import ScriptedPlanner
from tests.support.services import served, settings_in

TEMPLATE = {
    "name": "sums",
    "steps": [{"name": "one", "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}}],
    "output": "{{ steps.one.output }}",
}
Found = list[tuple[str, str]]


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments])


def of(problems: tuple[Problem, ...]) -> Found:
    return [(problem.code, problem.where) for problem in problems]


def door_in(folder: Path) -> Door:
    return replace(vocabulary(settings_in(folder)).door, asks_a_model=False)


async def unknown_template(folder: Path) -> tuple[Found, Found]:
    async with served(folder, planner=ScriptedPlanner(), handlers=ScriptedHandlers()) as running:
        door = running.services.door
        wrong = await door.submit_template(document=None, name="licence-audit", given={})
        right = await door.submit_template(document=None, name="license-audit", given={"feed": "https://example.org/"})
    return of(wrong.problems), [(code, where) for code, where in of(right.problems) if code == "template.unknown"]


async def missing_folder(folder: Path) -> tuple[Found, Found]:
    wrong, right = load_library(CATALOG, [folder / "none"]), load_library(CATALOG, [folder])
    return of(wrong.flawed[str(folder / "none")]), [where for problems in right.flawed.values() for where in of(problems)]


async def nobody_to_plan(folder: Path) -> tuple[Found, Found]:
    door, goal = door_in(folder), Goal(goal="Knit a scarf")
    listed = Roster(entries=(Entry(glob="any/*"),))
    asking = replace(door, house=replace(door.house, models=listed))
    wrong, right = door.admit_goal(goal), asking.admit_goal(goal.model_copy(update={"model": "any/model"}))
    return of(wrong.report.problems), of(right.report.problems)


async def key_used_again(folder: Path) -> tuple[Found, Found]:
    async with served(folder, planner=ScriptedPlanner(), handlers=ScriptedHandlers()) as running:
        door = running.services.door
        await door.submit_template(document=TEMPLATE, name=None, given={"n": 1}, key="order-17")
        wrong = await door.submit_template(document=TEMPLATE, name=None, given={"n": 2}, key="order-17")
        right = await door.submit_template(document=TEMPLATE, name=None, given={"n": 2}, key="order-18")
    return of(wrong.problems), of(right.problems)


MADE: dict[str, Callable[[Path], Awaitable[tuple[Found, Found]]]] = {
    "template.unknown": unknown_template,
    "template.folder": missing_folder,
    "planner.no_model": nobody_to_plan,
    "request.key_reused": key_used_again,
}


def test_all_that_only_a_service_shows_is_tried() -> None:
    assert set(MADE) == SERVED


@pytest.mark.parametrize("code", sorted(MADE))
async def test_what_is_told_in_words_of_a_service_is_so(tmp_path: Path, code: str) -> None:
    wrong, right = await MADE[code](tmp_path)
    assert (wrong, right) == ([(code, explanation(code).where)], [])


@pytest.mark.parametrize("code", ["handler.unknown", "dialect.binding", "text.encoding"])
def test_a_code_is_explained_as_on_the_page(code: str) -> None:
    told = explain(code)
    assert (told.exit_code, told.stdout) == (0, f"# {code}\n\n{section(code)}")


def test_without_a_code_all_are_listed_with_their_sentences() -> None:
    told = explain()
    assert [line.split(maxsplit=1) for line in told.stdout.splitlines()] == [[code, says] for code, says in CODES.items()]
    assert json.loads(explain("--format", "json").stdout) == [{"code": code, "says": says} for code, says in CODES.items()]


def test_an_explanation_is_json_for_programs() -> None:
    told = json.loads(explain("loop.width", "--format", "json").stdout)
    assert {key: told[key] for key in ("code", "says", "severity", "patch", "where")} == {
        "code": "loop.width",
        "says": CODES["loop.width"],
        "severity": ["error"],
        "patch": False,
        "where": "/steps/0/for_each",
    }
    assert "max_items: 2" in told["wrong"]
    assert "max_items: 3" in told["right"]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        pytest.param("handler.unknwon", "Nearest: handler.unknown", id="misspelt"),
        pytest.param("zzz", "'goalwright explain' lists all.", id="nothing near"),
    ],
)
def test_an_unknown_code_is_refused_with_what_is_near(code: str, advice: str) -> None:
    told = explain(code)
    assert (told.exit_code, told.stdout) == (2, "")
    assert f"No problem has the code '{code}'. {advice}" in " ".join(told.stderr.split())


def test_a_listing_with_an_error_says_where_more_is_told_and_one_with_warnings_alone_does_not(tmp_path: Path) -> None:
    wrong, warned = tmp_path / "wrong.yaml", tmp_path / "warned.yaml"
    wrong.write_text(explanation("handler.unknown").wrong)
    warned.write_text(explanation("graph.unused").wrong)
    runner = CliRunner()
    assert "'goalwright explain handler.unknown' says more" in runner.invoke(app, ["check", str(wrong)]).stderr
    assert "goalwright explain" not in runner.invoke(app, ["check", str(warned)]).stderr
