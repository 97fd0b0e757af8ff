import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from catalog.capability import Capability
from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.published import SCHEMA_ID, published_schema
from fragments.reading import read_document, read_text
from tests.support.catalogs import notify, step, transform
from tests.support.telling import hear

CORE = load_catalog().catalog
PLAIN_SCHEMA = published_schema()
KNOWN_SCHEMA = published_schema(CORE, {"desk", "ops"})
PLAIN, KNOWN = Draft202012Validator(PLAIN_SCHEMA), Draft202012Validator(KNOWN_SCHEMA)


@pytest.mark.parametrize("schema", [PLAIN_SCHEMA, KNOWN_SCHEMA], ids=["plain", "with handlers"])
def test_what_is_published_is_a_schema_of_2020_12(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$ref" in json.dumps(schema)
    defined = {f'"#/$defs/{name.replace("/", "~1")}"' for name in schema["$defs"]}
    assert {reference.split("}")[0].split(",")[0] for reference in json.dumps(schema).split('"$ref": ')[1:]} <= defined


@pytest.mark.parametrize(
    ("catalog", "channels"),
    [
        pytest.param(None, (), id="plain"),
        pytest.param(Catalog.of([transform(), transform("1.1.0"), notify()]), {"desk", "ops"}, id="with handlers"),
        pytest.param(Catalog.of([transform(), notify()]), (), id="without channels"),
    ],
)
def test_what_is_published_changes_only_on_purpose(catalog: Catalog | None, channels: set[str]) -> None:
    for key, value in published_schema(catalog, channels).items():
        for name, part in value.items() if key == "$defs" else [(key, value)]:
            hear(f"{name}: {json.dumps(part, ensure_ascii=False)}")


def test_the_id_names_the_version_of_the_language_and_the_vocabulary() -> None:
    assert PLAIN_SCHEMA["$id"] == SCHEMA_ID == "urn:goalwright:language:1"
    assert KNOWN_SCHEMA["$id"].startswith(f"{SCHEMA_ID}:catalog:")
    assert published_schema(CORE, ["ops", "desk"])["$id"] == KNOWN_SCHEMA["$id"]
    assert published_schema(CORE, ["desk"])["$id"] != KNOWN_SCHEMA["$id"]


def template(**more: Any) -> dict[str, Any]:
    return {"name": "t", "steps": [step()], **more}


def fragment(**more: Any) -> dict[str, Any]:
    return {"steps": [step(**more)], "output": 1}


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        pytest.param(template(), True, id="a template"),
        pytest.param(
            template(bounds={"steps": 5, "wall_clock": "10m"}, goals=["x"], output={"a": 1}), True, id="a template with bounds"
        ),
        pytest.param(fragment(), True, id="a fragment"),
        pytest.param(fragment(retry={"max_attempts": 2, "backoff": "none", "base": 0.5, "retry_on": ["x"]}), True, id="retry"),
        pytest.param(fragment(for_each={"items": "{{ input.x }}", "as": "one", "on_failure": "continue"}), True, id="a loop"),
        pytest.param(
            {"steps": [{"name": "l", "for_each": {"items": []}, "steps": [step()]}], "output": 1}, True, id="a loop with a body"
        ),
        pytest.param(
            {"steps": [{"name": "p", "type": "planning", "goal": "x", "allow": {"effects": ["pure"]}}], "output": 1},
            True,
            id="a planning step",
        ),
        pytest.param({}, False, id="nothing"),
        pytest.param(template(steps=[]), False, id="no steps"),
        pytest.param(template(name="A B"), False, id="a name that is none"),
        pytest.param(template(policy={}), False, id="a key that there is not"),
        pytest.param(template(reasoning="x"), False, id="a key of fragments in a template"),
        pytest.param({"steps": [step()]}, False, id="a fragment without output"),
        pytest.param(fragment(type="dance"), False, id="a type that there is not"),
        pytest.param(fragment(timeout="soon"), False, id="a duration that is none"),
        pytest.param(fragment(timeout=-1), False, id="a duration below zero"),
        pytest.param(fragment(timeout="5 m"), False, id="a duration with a space"),
        pytest.param(fragment(retry={"max_attempts": 21}), False, id="too many attempts"),
        pytest.param(fragment(retry={"max_attempts": "2"}), False, id="a number as a text"),
        pytest.param(fragment(idempotent=1), False, id="a boolean as a number"),
        pytest.param(
            fragment(for_each={"items": [], "as_": "x"}), False, id="a key of the models that is none of the language"
        ),
        pytest.param(fragment(depends_on="a"), False, id="a name for a list"),
        pytest.param(fragment(circuit_breaker={}), False, id="a word that the language will have"),
    ],
)
def test_the_schema_and_the_reader_agree(document: dict[str, Any], *, fits: bool) -> None:
    assert PLAIN.is_valid(document) is fits
    assert (read_document(document).document is not None) is fits


@pytest.mark.parametrize("file", sorted(Path("catalog/templates").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_catalogs_own_templates_fit(file: Path) -> None:
    value = read_text(file.read_bytes()).value
    assert [error.message for error in PLAIN.iter_errors(value)] == []
    assert [error.message for error in Draft202012Validator(published_schema(CORE)).iter_errors(value)] == []


def use(handler: str, config: Any = None, given: Any = None) -> dict[str, Any]:
    if given is None and handler.startswith(("transform", "aggregate")):
        given = {"data": 1} if handler.startswith("transform") else {"items": "{{ input.x }}"}
    parts = {"config": config, "input": given}
    made = {"name": "a", "handler": handler, **{key: part for key, part in parts.items() if part is not None}}
    return {"steps": [made], "output": 1}


EXPRESSION = {"expression": "1"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(use("transform", EXPRESSION), id="a handler by its name"),
        pytest.param(use("transform@^1", EXPRESSION), id="by its major version"),
        pytest.param(use("transform@>=1 <2", EXPRESSION), id="by any range"),
        pytest.param(use("validate", {"schema": {}}, {"data": "{{ input.x }}"}), id="a whole value by reference"),
        pytest.param(use("validate", {}, {"data": 1, "schema": "{{ input.x }}"}), id="a reference for an object"),
        pytest.param(
            use("http_request", {"url": "{+u}"}, {"query": {"a": ["{{ input.x }}", 1]}}), id="a reference deep within"
        ),
        pytest.param(
            use("http_request", {"url": "{+u}", "query": {"q": ["a", 1]}}), id="a config that refers to its own parts"
        ),
        pytest.param(use("notify", {"channel": "desk", "template": "x"}), id="a channel that there is"),
        pytest.param({"steps": [{"name": "p", "type": "planning", "goal": "x"}], "output": 1}, id="no handler"),
        pytest.param({"steps": [{"name": "p", "handler": None, "type": "planning", "goal": "x"}], "output": 1}, id="null"),
    ],
)
def test_uses_of_handlers_that_pass_fit_the_schema_with_handlers(document: dict[str, Any]) -> None:
    assert [error.message for error in KNOWN.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("document", "where", "says"),
    [
        pytest.param(use("transfrom", EXPRESSION), "/steps/0/handler", "", id="an unknown handler"),
        pytest.param(use("transformer@^1"), "/steps/0/handler", "", id="a handler whose name begins like another's"),
        pytest.param(use("transform"), "/steps/0", "'config' is a required property", id="no config"),
        pytest.param(use("transform", {}), "/steps/0/config", "'expression' is a required property", id="a key is missing"),
        pytest.param(
            use("transform@^1", {**EXPRESSION, "expresion": 1}),
            "/steps/0/config",
            "Additional properties are not allowed ('expresion' was unexpected)",
            id="a key too many",
        ),
        pytest.param(
            use("transform@1.0.0", {"expression": 3}), "/steps/0/config/expression", "3 is not of type 'string'", id="a type"
        ),
        pytest.param(
            use("aggregate@*", {"strategy": "sum"}),
            "/steps/0/config/strategy",
            "'sum' is not one of ['merge', 'concat', 'count', 'custom']",
            id="a value of an enumeration",
        ),
        pytest.param(
            use("http_request", {"url": "{+u}", "query": {"q": {}}}),
            "/steps/0/config/query/q",
            "",
            id="behind a $ref of config",
        ),
        pytest.param(
            use("notify", {"channel": "dask", "template": "x"}),
            "/steps/0/config/channel",
            "'dask' is not one of ['desk', 'ops']",
            id="a channel that there is not",
        ),
        pytest.param(use("validate", {"schema": {}}), "/steps/0", "'input' is a required property", id="no input"),
        pytest.param(
            use("validate", {"schema": {}}, {}), "/steps/0/input", "'data' is a required property", id="an input is missing"
        ),
        pytest.param(
            use("http_request", {"url": "{+u}"}, {"url_params": 3}),
            "/steps/0/input/url_params",
            "",
            id="an input of a wrong type",
        ),
        pytest.param(
            {"steps": [{"name": "l", "for_each": {"items": []}, "steps": use("transform", {})["steps"]}], "output": 1},
            "/steps/0/steps/0/config",
            "'expression' is a required property",
            id="within a loop",
        ),
        pytest.param(
            {
                "steps": [
                    {
                        "name": "s",
                        "switch": {"cases": [{"when": "true", "handler": "transform", "config": {}, "input": {"data": 1}}]},
                    }
                ],
                "output": 1,
            },
            "/steps/0/switch/cases/0/config",
            "'expression' is a required property",
            id="within a case of a switch",
        ),
        pytest.param(
            {
                "steps": [step(config=EXPRESSION, fallback={"handler": "transform", "config": {}, "input": {"data": 1}})],
                "output": 1,
            },
            "/steps/0/fallback/config",
            "'expression' is a required property",
            id="in a fallback",
        ),
        pytest.param({**use("transform", EXPRESSION), "name": "Not A Name"}, "/name", "", id="a name of a template"),
        pytest.param({"steps": use("transform", EXPRESSION)["steps"]}, "", "'output' is a required property", id="no output"),
    ],
)
def test_a_wrong_document_is_refused_at_its_place(document: dict[str, Any], where: str, says: str) -> None:
    error = best_match(KNOWN.iter_errors(document))
    assert error is not None
    found = [error, *(error.context or ())]
    assert where in ["".join(f"/{part}" for part in one.absolute_path) for one in found], [one.message for one in found]
    assert not says or error.message == says


def other_transform() -> Capability:
    changed = transform("2.1.0").model_dump(by_alias=True, mode="json")
    changed["config_schema"] = {"type": "object", "additionalProperties": False, "properties": {"code": {"type": "string"}}}
    return Capability.model_validate(changed | {"deprecated": "Use transform@^1."})


@pytest.mark.parametrize(
    ("reference", "first", "second"),
    [
        pytest.param("transform", False, True, id="the newest by name"),
        pytest.param("transform@^1", True, False, id="of a major version"),
        pytest.param("transform@^2", False, True, id="of another"),
        pytest.param("transform@1.0.0", True, False, id="exact"),
        pytest.param("transform@2.1.0", False, True, id="exact, newest"),
        pytest.param("transform@<3", True, True, id="another range: any version's"),
    ],
)
def test_of_several_versions_the_config_is_that_of_the_one_that_is_meant(reference: str, *, first: bool, second: bool) -> None:
    schema = Draft202012Validator(published_schema(Catalog.of([transform(), other_transform()])))
    assert schema.is_valid(use(reference, {"expression": "1"}, {"data": 1})) is first
    assert schema.is_valid(use(reference, {"code": "1"}, {"data": 1})) is second


def test_an_editor_is_offered_names_with_their_summary_and_what_is_deprecated() -> None:
    schema = published_schema(Catalog.of([transform(), other_transform()]))
    offered = [one for one in schema["$defs"]["HandlerReference"]["anyOf"] if "const" in one]
    assert [(one["const"], one.get("deprecated", False)) for one in offered] == [
        ("transform@^1", False),
        ("transform@^2", True),
        ("transform", True),
    ]
    assert offered[0]["description"].startswith(transform().summary)
    for holder in ("Step", "Branch", "Case", "Fallback"):
        assert schema["$defs"][holder]["properties"]["handler"]["anyOf"][0] == {"$ref": "#/$defs/HandlerReference"}
