"""The authored templates against the real catalog: they pass, they are chosen for the right goals, they do their job."""

import json
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonata import Jsonata

from catalog.hosts import hosts_by_key
from catalog.loader import load_catalog
from fragments.checks import check
from fragments.documents import Allow
from fragments.frames import Frame
from fragments.reading import read_fragment
from planner.library import ALIKE, Choice, Library, NoFit, choose, load_library
from planner.prompt import prompt_files
from planner.verdicts import own_frame
from schemas.values import Json

CATALOG = load_catalog().catalog
LIBRARY = load_library(CATALOG)
INVENTORY = {"inventory": {"url": "http://inventory.demo/v1/distributions", "paging": "Link header, rel=next"}}
URLS = {"urls": ["https://a.example.org", "https://b.example.org"]}
FEED = {"feed_url": "https://quakes.example.org/all_day.geojson"}
LIST = {"url": "https://api.example.org/users", "schema": {"type": "object", "required": ["id"]}}
FRAME = Frame(input_hosts={"inventory": frozenset({"inventory.demo"})}, channels=frozenset({"desk"}))


def chosen(goal: str, values: dict[str, Json], frame: Frame = FRAME, library: Library = LIBRARY) -> Choice | NoFit:
    return choose(library, goal, values, frame, CATALOG)


def test_every_template_of_the_catalog_passes_its_checks_without_a_warning() -> None:
    assert LIBRARY.flawed == {}
    assert [t.name for t in LIBRARY.templates] == ["feed-digest", "http-health", "license-audit", "schema-audit"]
    assert [check(t, CATALOG, own_frame(t, CATALOG)).problems for t in LIBRARY.templates] == [(), (), (), ()]


@pytest.mark.parametrize(
    ("goal", "values", "name"),
    [
        pytest.param(
            "Audit the Python packages installed here: find those without licence metadata, count the rest by licence family, "
            "and send the digest to the desk",
            INVENTORY,
            "license-audit",
            id="licences, at length",
        ),
        pytest.param("Which dependencies lack a license?", INVENTORY, "license-audit", id="licences, as a question"),
        pytest.param("License audit", INVENTORY, "license-audit", id="licences, in two words"),
        pytest.param("Tell me which of these sites are down", URLS, "http-health", id="sites down"),
        pytest.param("Check whether these URLs are up", URLS, "http-health", id="sites up"),
        pytest.param("Are my endpoints healthy?", URLS, "http-health", id="health"),
        pytest.param(
            "Digest the quake feed and notify the desk about quakes above 5", FEED | {"floor": 5}, "feed-digest", id="quakes"
        ),
        pytest.param("Summarize strong earthquakes from the feed for the desk", FEED, "feed-digest", id="quakes, American"),
        pytest.param("Which quakes above magnitude 4.5 happened?", FEED, "feed-digest", id="quakes, by the default"),
        pytest.param("Validate the records at this URL against the schema", LIST, "schema-audit", id="records"),
        pytest.param("Which items of the dataset are invalid?", LIST, "schema-audit", id="invalid items"),
    ],
)
def test_a_goal_that_a_template_answers_finds_it(goal: str, values: dict[str, Json], name: str) -> None:
    choice = chosen(goal, values)
    assert isinstance(choice, Choice), choice
    assert (choice.template.name, choice.report.ok, choice.likeness >= ALIKE) == (name, True, True)


@pytest.mark.parametrize(
    "goal",
    [
        "Delete all packages that have no licence",
        "Install these Python packages",
        "Shut down these websites",
        "Send a message to the desk",
        "Send the desk a digest of today's news feed",
        "Count the words in this text",
        "Count open issues per label in this repository",
        "Fetch the exchange rates and convert 100 EUR to USD",
        "Check the weather in Chile",
        "Book a flight to Paris",
        "Summarise this document",
        "Translate the list of URLs",
        "Write a poem about earthquakes",
        "Report which customers are overdue",
        "???",
    ],
)
def test_a_goal_that_no_template_answers_finds_none(goal: str) -> None:
    found = chosen(goal, {**INVENTORY, **URLS, **FEED, **LIST})
    assert isinstance(found, NoFit)
    assert found.reason.endswith(f"of 100 alike; {ALIKE:.0f} are needed.")


@pytest.mark.parametrize(
    ("goal", "values", "frame", "reason"),
    [
        pytest.param(
            "Audit the licences of our packages",
            {},
            FRAME,
            "The template license-audit is alike, but its input does not fit: input: 'inventory' is a required property.",
            id="input missing",
        ),
        pytest.param(
            "Check which of these sites are down",
            {"urls": "https://a.example.org"},
            FRAME,
            "The template http-health is alike, but its input does not fit: "
            "input.urls: 'https://a.example.org' is not of type 'array'.",
            id="input of another type",
        ),
        pytest.param(
            "Digest the quakes above 6 in the feed for the desk",
            FEED,
            FRAME,
            "The template feed-digest is alike, but the goal names 6, which would have no effect: give it as input.",
            id="a figure that would be ignored",
        ),
        pytest.param(
            "License audit",
            INVENTORY,
            Frame(channels=frozenset()),
            "The template license-audit is alike, but it sends to the channel desk, and the channels here are: none. "
            "Name one of them in the goal.",
            id="no channel",
        ),
        pytest.param(
            "License audit",
            INVENTORY,
            Frame(channels=frozenset({"day", "night"})),
            "The template license-audit is alike, but it sends to the channel desk, and the channels here are: day, night. "
            "Name one of them in the goal.",
            id="channel unclear",
        ),
        pytest.param(
            "License audit",
            INVENTORY,
            Frame(channels=frozenset({"desk"}), allows=(Allow(handlers=("transform",)),)),
            "The template license-audit is alike, but it may not run here: "
            'Step "packages" uses http_request, which is not allowed here.',
            id="handler not allowed",
        ),
        pytest.param(
            "License audit",
            INVENTORY,
            Frame(channels=frozenset({"desk"}), must_produce={"type": "object", "required": ["cost"]}),
            'The template license-audit is alike, but it may not run here: The output has no "cost".',
            id="another output wanted",
        ),
    ],
)
def test_a_template_that_is_alike_and_does_not_fit_says_why(
    goal: str, values: dict[str, Json], frame: Frame, reason: str
) -> None:
    assert chosen(goal, values, frame) == NoFit(reason=reason)


def test_equally_good_templates_are_refused() -> None:
    twins = Library(templates=(LIBRARY.templates[1], LIBRARY.templates[1].model_copy(update={"name": "twin"})))
    found = chosen("Check these websites and report which are down", URLS, library=twins)
    assert found == NoFit(reason="The templates http-health and twin fit equally well; say more exactly what is wanted.")


def test_without_templates_nothing_fits() -> None:
    assert chosen("License audit", INVENTORY, library=Library()) == NoFit(reason="There are no templates.")


@pytest.mark.parametrize(
    ("goal", "channels", "channel"),
    [
        pytest.param("License audit", {"desk", "night"}, "desk", id="the template's own"),
        pytest.param("License audit, digest to Night", {"desk", "night"}, "night", id="the one that the goal names"),
        pytest.param("License audit", {"legal"}, "legal", id="the only one"),
    ],
)
def test_the_channel_of_a_template_is_a_default(goal: str, channels: set[str], channel: str) -> None:
    choice = chosen(goal, INVENTORY, Frame(channels=frozenset(channels)))
    assert isinstance(choice, Choice), choice
    assert choice.report.authority is not None
    assert choice.report.authority.channels == (channel,)


def test_a_missing_input_value_takes_its_default_and_a_given_one_stays_a_reference() -> None:
    by_default = chosen("Digest of strong quakes in the feed", FEED)
    given = chosen("Digest of strong quakes in the feed", FEED | {"floor": 6})
    assert isinstance(by_default, Choice)
    assert isinstance(given, Choice)
    assert by_default.fragment.steps[1].input["floor_mag"] == 4.5
    assert given.fragment.steps[1].input["floor_mag"] == "{{ input.floor }}"
    assert str(by_default.fragment.output["summary"]).endswith("reach magnitude 4.5.")


def test_operators_add_and_replace_templates_and_hear_of_flawed_ones(tmp_path: Path) -> None:
    own = yaml.safe_load((Path("catalog/templates/http-health.yaml")).read_text("utf-8"))
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(own | {"version": "2.0.0"}), "utf-8")
    (tmp_path / "b.yaml").write_text(
        "name: broken\nsteps: [{name: a, handler: nothing}, {name: a, handler: nothing}]\n", "utf-8"
    )
    (tmp_path / "c.yaml").write_text("steps: [", "utf-8")
    (tmp_path / "ignored.txt").write_text("steps: [", "utf-8")
    library = load_library(CATALOG, [tmp_path, tmp_path / "none"])
    assert {t.name: t.version for t in library.templates} == {
        "feed-digest": "1.0.0",
        "http-health": "2.0.0",
        "license-audit": "1.0.0",
        "schema-audit": "1.0.0",
    }
    codes = {Path(path).name: sorted({problem.code for problem in problems}) for path, problems in library.flawed.items()}
    assert codes == {
        "b.yaml": ["handler.unknown", "names.duplicate"],
        "c.yaml": ["yaml.syntax"],
        "none": ["template.folder"],
    }


def test_the_worked_examples_of_the_prompt_pass_their_checks_without_a_warning() -> None:
    found = {}
    for example in prompt_files().examples:
        fragment = read_fragment(example.plan).document
        assert fragment is not None
        given = json.loads(example.input)
        frame = Frame(input=given, input_hosts=hosts_by_key(given), channels=frozenset({"library"}))
        found[example.title] = check(fragment, CATALOG, frame).problems  # type: ignore[arg-type] # a fragment, as asserted below
    assert found == {"read a paged list, reshape it once, tell people": (), "call once per item, failures being answers": ()}


def config_of(template: str, step: str) -> dict[str, Any]:
    found = next(t for t in LIBRARY.templates if t.name == template)
    return next(s.config for s in found.steps if s.name == step)


def evaluated(template: str, step: str, data: Json, **variables: Json) -> Json:
    compiled = Jsonata(config_of(template, step)["expression"])
    compiled.set_output_convert_nulls(False)
    return json.loads(json.dumps(compiled.evaluate(data, variables), default=lambda _: None))


def package(name: str, **fields: Json) -> dict[str, Json]:
    return {"name": name, "version": "1", "license_expression": None, "license": None, "classifiers": []} | fields


def test_the_license_audit_tells_families_and_packages_without_any_statement() -> None:
    packages = [
        package("spdx", license_expression="MIT", license="ignored"),
        package("words", license="Apache Software License 2.0"),
        package("classified", classifiers=["Topic :: X", "License :: OSI Approved :: BSD License"]),
        package(
            "whole_text",
            license="Redistribution and use in source and binary forms " * 9,
            classifiers=["License :: OSI Approved :: MIT License"],
        ),
        package("lesser", license="GNU Lesser General Public License v3"),
        package("odd", license="Beerware"),
        package("unknown", license="UNKNOWN"),
        package("empty", license="  ", version=None),
        {"name": "bare"},
    ]
    assert evaluated("license-audit", "audit", packages) == {
        "total": 9,
        "missing_count": 3,
        "missing": [{"name": "bare", "version": ""}, {"name": "empty", "version": ""}, {"name": "unknown", "version": "1"}],
        "families": [
            {"family": "MIT", "count": 2},
            {"family": "Apache", "count": 1},
            {"family": "BSD", "count": 1},
            {"family": "LGPL", "count": 1},
            {"family": "other", "count": 1},
        ],
    }


@pytest.mark.parametrize("count", [0, 1])
def test_the_license_audit_answers_with_lists_for_no_package_and_for_one(count: int) -> None:
    answer = evaluated("license-audit", "audit", [package("a", license="MIT")][:count])
    assert answer == {"total": count, "missing": [], "missing_count": 0, "families": [{"family": "MIT", "count": 1}][:count]}


def test_the_license_audit_accounts_for_every_package_installed_here() -> None:
    packages = [
        package(
            d.metadata["Name"],
            version=d.version,
            license_expression=d.metadata.json.get("license_expression"),
            license=d.metadata.json.get("license"),
            classifiers=d.metadata.get_all("Classifier") or [],
        )
        for d in distributions()
    ]
    answer = evaluated("license-audit", "audit", packages)
    assert sum(row["count"] for row in answer["families"]) + answer["missing_count"] == answer["total"] == len(packages)
    assert next(row["count"] for row in answer["families"] if row["family"] == "MIT") > 10


def test_the_health_check_pairs_urls_with_what_came_of_them() -> None:
    checks = [{"status": 200, "error": None}, {"status": None, "error": {"type": "dns_failed", "message": "no such host"}}]
    assert evaluated("http-health", "report", {}, urls=["a", "b"], checks=checks) == {
        "checked": 2,
        "up": ["a"],
        "down": [{"url": "b", "status": None, "reason": "no such host"}],
    }


@pytest.mark.parametrize(
    ("magnitudes", "strong"),
    [
        pytest.param([5, None, 7, 1], [7, 5], id="strongest first"),
        pytest.param([4.5], [4.5], id="one, at the floor"),
        pytest.param([], [], id="none"),
    ],
)
def test_the_feed_digest_keeps_strong_quakes(magnitudes: list[float | None], strong: list[float]) -> None:
    feed = {"features": [{"properties": {"mag": mag, "place": None, "time": 0}} for mag in magnitudes]}
    assert evaluated("feed-digest", "strong", feed, floor_mag=4.5) == {
        "read": len(magnitudes),
        "count": len(strong),
        "quakes": [{"mag": mag, "place": "somewhere", "at": "1970-01-01T00:00:00.000Z"} for mag in strong],
    }


def test_the_schema_audit_puts_every_fault_in_one_line() -> None:
    invalid = [{"index": 3, "value": {}, "errors": [{"path": "/a", "message": "m"}, {"path": "", "message": "n"}]}]
    assert evaluated("schema-audit", "report", {"invalid": invalid}) == [{"index": 3, "faults": ["/a: m", "the item: n"]}]
    assert evaluated("schema-audit", "report", {"invalid": []}) == []
