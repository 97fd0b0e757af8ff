from dataclasses import replace
from typing import Any

import pytest

from catalog.capability import Effect
from fragments.bounds import Left
from fragments.checks import check
from fragments.documents import Allow, Fragment, Template
from fragments.frames import Frame
from fragments.problems import Problem, Severity
from fragments.proofs import Bound, Manifest, Report
from tests.support.catalogs import CATALOG, FRAME, loop, planning, reading, step, told
from tests.support.telling import of_report

GET = {"handler": "http_request", "config": {"url": "https://feeds.example/q"}}
OUT = {"x": 1}


def checked(steps: list[dict[str, Any]], output: Any = OUT, frame: Frame = FRAME) -> Report:
    return of_report(check(Fragment.model_validate({"steps": steps, "output": output}), CATALOG, frame))


def errors_of(steps: list[dict[str, Any]], output: Any = None, frame: Frame = FRAME) -> list[tuple[str, str]]:
    """Give codes and pointers of the errors; unless told otherwise, every step's output is used."""
    used = reading(*(one["name"] for one in steps)) if output is None else output
    return told(tuple(p for p in checked(steps, used, frame).problems if p.severity is Severity.ERROR))


def the_problem(steps: list[dict[str, Any]], output: Any = None, frame: Frame = FRAME) -> Problem:
    used = reading(*(one["name"] for one in steps)) if output is None else output
    (problem,) = checked(steps, used, frame).problems
    return problem


def nested(depth: int) -> dict[str, Any]:
    body = step("leaf")
    for i in range(depth, 0, -1):
        body = loop(f"loop_{i}", body, items=[1], **{"as": f"item_{i}", "index": f"index_{i}"})
    return body


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([{"name": "a"}], [("shape.combination", "/steps/0")], id="neither handler nor steps"),
        pytest.param(
            [
                {
                    "name": "a",
                    "handler": "transform",
                    "config": {"expression": "$"},
                    "input": {"data": 1},
                    "for_each": {"items": [1]},
                    "steps": [step("b")],
                }
            ],
            [
                ("shape.combination", "/steps/0/handler"),
                ("shape.combination", "/steps/0/config"),
                ("shape.combination", "/steps/0/input"),
            ],
            id="both handler and steps",
        ),
        pytest.param(
            [{"name": "a", "steps": [step("b")]}], [("shape.combination", "/steps/0/steps")], id="steps without a loop"
        ),
        pytest.param([loop("a") | {"steps": []}], [("shape.combination", "/steps/0/steps")], id="an empty body"),
        pytest.param([loop("a") | {"retry": {}}], [("shape.combination", "/steps/0/retry")], id="retry around a body"),
        pytest.param([loop("a") | {"timeout": "5s"}], [("shape.combination", "/steps/0/timeout")], id="timeout around a body"),
        pytest.param(
            [step("a", for_each={"items": [1], "output": 1})],
            [("shape.combination", "/steps/0/for_each")],
            id="an item's output without a body",
        ),
        pytest.param([step("a", goal="x")], [("shape.combination", "/steps/0/goal")], id="a goal on a standard step"),
        pytest.param(
            [step("a", must_produce={})], [("shape.combination", "/steps/0/must_produce")], id="a contract on a standard step"
        ),
        pytest.param([step("a", bounds={})], [("shape.combination", "/steps/0/bounds")], id="bounds on a standard step"),
        pytest.param([step("a", allow={})], [("shape.combination", "/steps/0/allow")], id="allow on a standard step"),
        pytest.param([{"name": "a", "type": "planning"}], [("shape.combination", "/steps/0")], id="planning without a goal"),
        pytest.param([planning(goal=" ")], [("shape.combination", "/steps/0")], id="planning with an empty goal"),
        pytest.param(
            [planning(handler="transform")],
            [
                ("shape.combination", "/steps/0/handler"),
                ("config.missing", "/steps/0/config"),
                ("input.missing", "/steps/0/input"),
            ],
            id="planning with a handler",
        ),
        pytest.param([planning(retry={})], [("shape.combination", "/steps/0/retry")], id="planning with retry"),
        pytest.param([planning(timeout=5)], [("shape.combination", "/steps/0/timeout")], id="planning with a timeout"),
        pytest.param([planning(for_each={"items": [1]})], [("shape.combination", "/steps/0/for_each")], id="planning per item"),
        pytest.param(
            [planning(goal="Sum {{ input.feed }}")], [("reference.place", "/steps/0/goal")], id="a reference in a goal"
        ),
    ],
)
def test_keys_stand_together_as_the_language_wants(steps: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert errors_of(steps) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step("a"), step("a")], [("names.duplicate", "/steps/1/name")], id="a name twice"),
        pytest.param(
            [step("a"), loop("b", step("a"))], [("names.shadowed", "/steps/1/steps/0/name")], id="a name around a loop"
        ),
        pytest.param([loop("b", step("b"))], [("names.shadowed", "/steps/0/steps/0/name")], id="the loop's own name"),
        pytest.param([loop("a", step("x")), loop("b", step("x"))], [], id="a name in two loops side by side"),
        pytest.param(
            [step("a", for_each={"items": [1], "as": "input"})], [("names.reserved", "/steps/0/for_each/as")], id="a root"
        ),
        pytest.param(
            [step("a", for_each={"items": [1], "as": "secrets"})],
            [("names.reserved", "/steps/0/for_each/as")],
            id="a later root",
        ),
        pytest.param(
            [step("a", for_each={"items": [1], "as": "i", "index": "i"})],
            [("names.duplicate", "/steps/0/for_each/index")],
            id="item and index",
        ),
        pytest.param(
            [loop("a", loop("b", step("x")))],
            [("names.shadowed", "/steps/0/steps/0/for_each/as"), ("names.shadowed", "/steps/0/steps/0/for_each/index")],
            id="nested loops that bind the same names",
        ),
    ],
)
def test_names_are_unique_and_hide_nothing(steps: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert errors_of(steps) == expected


@pytest.mark.parametrize(
    ("handler", "code", "says", "hint"),
    [
        pytest.param(
            "transfrom",
            "handler.unknown",
            'Step "a" uses the handler "transfrom", which there is not.',
            "Nearest: transform.",
            id="misspelt",
        ),
        pytest.param(
            "zzz",
            "handler.unknown",
            'Step "a" uses the handler "zzz", which there is not.',
            "There is: http_request, notify, total, transform.",
            id="unknown",
        ),
        pytest.param(
            "transform@^3",
            "handler.version",
            'Step "a": no version of transform is in the range ^3.',
            "There is: transform@1.0.0, transform@1.2.0, transform@2.0.0.",
            id="no such version",
        ),
        pytest.param(
            "transform@soon",
            "handler.syntax",
            'Step "a": "transform@soon" is no handler: after @ comes a version or a range.',
            "Write name, name@1.2.3 or name@^1.",
            id="no version at all",
        ),
    ],
)
def test_handlers_exist_in_a_version_that_is_wanted(handler: str, code: str, says: str, hint: str) -> None:
    problem = the_problem([{"name": "a", "handler": handler}])
    assert (problem.code, problem.where, problem.says, problem.hint) == (code, "/steps/0/handler", says, hint)


def test_the_newest_version_in_the_range_is_what_runs() -> None:
    report = checked([step("a", handler="transform@^1", config={"expression": "$"}, input={"data": 1})], reading("a"))
    assert report.authority is not None
    assert report.authority.handlers == ("transform@1.2.0",)


@pytest.mark.parametrize(
    ("allows", "expected"),
    [
        pytest.param((), [], id="no list"),
        pytest.param((Allow(handlers=("trans*",)),), [], id="a glob"),
        pytest.param((Allow(handlers=("transform@2.*",)),), [], id="an exact id by a glob"),
        pytest.param((Allow(handlers=("notify",)),), [("handler.not_allowed", "/steps/0/handler")], id="another"),
        pytest.param(
            (Allow(handlers=("*",)), Allow(handlers=())),
            [("handler.not_allowed", "/steps/0/handler")],
            id="one of two lists is empty",
        ),
        pytest.param((Allow(effects=(Effect.READ,)),), [("authority.effect", "/steps/0/handler")], id="another effect"),
    ],
)
def test_every_frame_around_allows_the_handler(allows: tuple[Allow, ...], expected: list[tuple[str, str]]) -> None:
    assert errors_of([step("a")], frame=replace(FRAME, allows=allows)) == expected


def test_the_effect_follows_from_the_config() -> None:
    frame = replace(FRAME, allows=(Allow.model_validate({"effects": ["read"]}),))
    post = {"name": "b", **GET, "config": GET["config"] | {"method": "POST"}}  # type: ignore[operator] # both are objects
    assert errors_of([{"name": "a", **GET}, post], frame=frame) == [("authority.effect", "/steps/1/handler")]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, [("config.missing", "/steps/0/config")], id="a missing key"),
        pytest.param(
            {"url": "https://feeds.example", "metod": "GET"},
            [("config.unknown_key", "/steps/0/config/metod")],
            id="an unknown key",
        ),
        pytest.param({"url": 3}, [("config.type", "/steps/0/config/url")], id="a wrong type"),
        pytest.param(
            {"url": "https://feeds.example", "method": "GRAB"},
            [("config.value", "/steps/0/config/method")],
            id="a value that is none of those",
        ),
        pytest.param(
            {"url": "https://feeds.example", "timeout_ms": 0},
            [("config.value", "/steps/0/config/timeout_ms")],
            id="a value out of range",
        ),
        pytest.param(
            {"method": "x", "a": 1, "b": 2, "expected": [1, "2"]},
            [
                ("config.value", "/steps/0/config/method"),
                ("config.type", "/steps/0/config/expected/1"),
                ("config.missing", "/steps/0/config"),
                ("config.unknown_key", "/steps/0/config/a"),
                ("config.unknown_key", "/steps/0/config/b"),
            ],
            id="everything at once",
        ),
        pytest.param(
            {"url": "https://feeds.example/{{ input.feed }}"}, [("config.reference", "/steps/0/config/url")], id="a reference"
        ),
        pytest.param(
            {"url": "https://feeds.example/{name"}, [("config.uri_template", "/steps/0/config/url")], id="an open brace"
        ),
        pytest.param({"url": "https://feeds.example/{a b}"}, [("config.uri_template", "/steps/0/config/url")], id="no name"),
        pytest.param(
            {"url": "https://feeds.example/{id}"},
            [("config.uri_template", "/steps/0/config/url")],
            id="a variable not provided",
        ),
        pytest.param({"url": "https://feeds.example/{?q}"}, [], id="a query variable not provided"),
        pytest.param(
            {"url": "https://feeds.example", "response_schema": {"type": "objct"}},
            [("config.schema", "/steps/0/config/response_schema")],
            id="a schema that is none",
        ),
        pytest.param(
            {"url": "https://feeds.example", "response_schema": {"$ref": "https://x/y"}},
            [("config.schema", "/steps/0/config/response_schema")],
            id="a remote reference",
        ),
        pytest.param(
            {"url": "https://feeds.example", "response_schema": {"$ref": "#/$defs/a"}},
            [("config.schema", "/steps/0/config/response_schema")],
            id="a dangling reference",
        ),
        pytest.param(
            {"url": "https://feeds.example", "response_schema": {"$ref": "#"}},
            [("config.schema", "/steps/0/config/response_schema")],
            id="a circle",
        ),
        pytest.param(
            {"url": "https://feeds.example", "response_schema": {"properties": {"next": {"$ref": "#"}}}},
            [],
            id="a recursive schema",
        ),
    ],
)
def test_config_satisfies_the_handlers_schema(config: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert sorted(errors_of([{"name": "a", "handler": "http_request", "config": config}])) == sorted(expected)


@pytest.mark.parametrize(
    ("expression", "given", "expected"),
    [
        pytest.param("a[b > $floor]", {"data": 1, "floor": 2}, [], id="an input as a variable"),
        pytest.param(
            "($x := 1; $map(a, function($v, $i) { $v + $x + $i }))", {"data": 1}, [], id="variables bound in the expression"
        ),
        pytest.param("a@$b.c#$i.{'x': $b, 'y': $i}", {"data": 1}, [], id="variables bound by focus and index"),
        pytest.param("$sum($$.a) & $string($)", {"data": 1}, [], id="what the language binds"),
        pytest.param(
            "a[b > $flor]",
            {"data": 1, "floor": 2},
            [("config.variable", "/steps/0/config/expression")],
            id="an unbound variable",
        ),
        pytest.param("a[b = '$flor' and c = \"$x\"]", {"data": 1}, [], id="what a text says is no variable"),
        pytest.param(
            "a['x' = `it's`][b = $flor]",
            {"data": 1},
            [("config.variable", "/steps/0/config/expression")],
            id="names in backticks",
        ),
        pytest.param(
            "$match(a, /'/) & $flor & 'b'",
            {"data": 1},
            [("config.variable", "/steps/0/config/expression")],
            id="a quote in a pattern",
        ),
        pytest.param(
            "a /* it's */ & $flor & 'b'",
            {"data": 1},
            [("config.variable", "/steps/0/config/expression")],
            id="a quote in a comment",
        ),
        pytest.param(
            "a & 'b", {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="a text that does not end"
        ),
        pytest.param(
            "a's & $flor & b's",
            {"data": 1},
            [("config.variable", "/steps/0/config/expression")],
            id="quotes within names",
        ),
        pytest.param(
            "$match(a, /(/)", {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="a pattern that is none"
        ),
        pytest.param("$sun(a)", {"data": 1}, [("config.variable", "/steps/0/config/expression")], id="an unknown function"),
        pytest.param("a[", {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="a syntax error"),
        pytest.param("", {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="nothing"),
        pytest.param(
            "(" * 5_000 + "1" + ")" * 5_000,
            {"data": 1},
            [("config.expression", "/steps/0/config/expression")],
            id="nested too deep",
        ),
        pytest.param("'((((' & '" + "[" * 100 + "'", {"data": 1}, [], id="brackets in texts"),
        pytest.param("a" * 10_001, {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="too long"),
        pytest.param(
            "-" * 9_000 + "1", {"data": 1}, [("config.expression", "/steps/0/config/expression")], id="deep without brackets"
        ),
        pytest.param(
            "{{ steps.a.output }}", {"data": 1}, [("config.reference", "/steps/0/config/expression")], id="a reference"
        ),
    ],
)
def test_jsonata_parses_and_its_variables_are_bound(
    expression: str, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert errors_of([{"name": "a", "handler": "transform", "config": {"expression": expression}, "input": given}]) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param(
            "{{count}} of {{#list}}{{name}}{{/list}}{{^list}}none{{/list}} {{{ count }}} {{! a note }}",
            [],
            id="names of the input",
        ),
        pytest.param("{{list.first}}{{.}}", [], id="a path and the item itself"),
        pytest.param("{{cuont}}", [("config.template", "/steps/0/config/template")], id="a name that is not there"),
        pytest.param("{{ input.count }}", [("config.template", "/steps/0/config/template")], id="a reference"),
        pytest.param("{{#list}}", [("config.template", "/steps/0/config/template")], id="an open section"),
        pytest.param("{{/list}}", [("config.template", "/steps/0/config/template")], id="a section never opened"),
        pytest.param("{{count", [("config.template", "/steps/0/config/template")], id="an open tag"),
        pytest.param("{{}}", [("config.template", "/steps/0/config/template")], id="an empty tag"),
        pytest.param("{{> part}}", [("config.template", "/steps/0/config/template")], id="a partial"),
        pytest.param("x" * 20_001, [("config.template", "/steps/0/config/template")], id="too long"),
    ],
)
def test_mustache_is_balanced_and_names_the_input(template: str, expected: list[tuple[str, str]]) -> None:
    given = {"count": 1, "list": []}
    assert (
        errors_of([{"name": "a", "handler": "notify", "config": {"channel": "desk", "template": template}, "input": given}])
        == expected
    )


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        pytest.param("https://feeds.example/{id}/{+rest}", {"id": 1, "rest": "{{ input.feed }}"}, [], id="given"),
        pytest.param("https://feeds.example/{id}", "{{ input }}", [], id="a reference that may give it"),
        pytest.param(
            "https://feeds.example/{id:3}/{list*}",
            {"id": 1, "lst": 2},
            [("config.uri_template", "/steps/0/config/url")],
            id="one of two",
        ),
    ],
)
def test_the_variables_of_a_url_are_provided(url: str, params: Any, expected: list[tuple[str, str]]) -> None:
    assert (
        errors_of([{"name": "a", "handler": "http_request", "config": {"url": url}, "input": {"url_params": params}}])
        == expected
    )


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            [step("a", depends_on=["gone"])], [("graph.unknown_dependency", "/steps/0/depends_on/0")], id="an unknown step"
        ),
        pytest.param([step("a", depends_on=["a"])], [("graph.self_dependency", "/steps/0/depends_on/0")], id="the step itself"),
        pytest.param(
            [step("a"), loop("b", step("c", depends_on=["a"]))],
            [("graph.unknown_dependency", "/steps/1/steps/0/depends_on/0")],
            id="a step around the loop",
        ),
        pytest.param(
            [step("a", depends_on=["b"]), step("b", depends_on=["a"])], [("graph.cycle", "/steps/0")], id="a declared circle"
        ),
        pytest.param(
            [step("a", input={"data": "{{ steps.b.output }}"}), step("b", depends_on=["a"])],
            [("graph.cycle", "/steps/0")],
            id="a circle that a reference closes",
        ),
        pytest.param(
            [loop("a", step("x", input={"data": "{{ steps.b.output }}"})), step("b", input={"data": "{{ steps.a.output }}"})],
            [("graph.cycle", "/steps/0")],
            id="a circle through a loop's body",
        ),
        pytest.param(
            [loop("a", step("x", depends_on=["y"]), step("y", depends_on=["x"]))],
            [("graph.cycle", "/steps/0/steps/0")],
            id="a circle within a body",
        ),
        pytest.param([nested(3)], [], id="three loops"),
        pytest.param([nested(4)], [("loop.nesting", "/steps/0/steps/0/steps/0/steps/0/for_each")], id="four loops"),
        pytest.param(
            [step("a", for_each={"items": "{{ input.floor }}"})],
            [("loop.items", "/steps/0/for_each/items")],
            id="a loop over a number",
        ),
        pytest.param(
            [step("a", for_each={"items": "{{ input.names }}x"})],
            [("loop.items", "/steps/0/for_each/items")],
            id="a loop over a text",
        ),
        pytest.param(
            [step("a", for_each={"items": {"a": 1}})], [("loop.items", "/steps/0/for_each/items")], id="a loop over an object"
        ),
        pytest.param(
            [step("a", for_each={"items": [1, 2, 3], "max_items": 2})],
            [("loop.width", "/steps/0/for_each")],
            id="more items than allowed",
        ),
        pytest.param(
            [step("a", for_each={"items": "{{ input.names }}", "max_items": 2})],
            [("loop.width", "/steps/0/for_each")],
            id="more known items than allowed",
        ),
        pytest.param([loop("a", step("x"), step("y"))], [("loop.output", "/steps/0/for_each")], id="two last steps"),
        pytest.param([loop("a", step("x"), step("y"), output=None)], [], id="two last steps and an output of null"),
    ],
)
def test_the_graph_is_well_formed(steps: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert errors_of(steps) == expected


def test_a_circle_is_spelled_out() -> None:
    steps = [step("a", depends_on=["c"]), step("b", depends_on=["a"]), step("c", depends_on=["b"])]
    problem = the_problem(steps)
    assert problem.says == "Steps wait for each other: a waits for c waits for b waits for a."


@pytest.mark.parametrize(
    ("steps", "output", "expected"),
    [
        pytest.param([step("a"), step("b")], reading("b"), [("graph.unused", "/steps/0")], id="nobody reads it"),
        pytest.param([step("a"), step("b", depends_on=["a"])], reading("b"), [], id="another waits for it"),
        pytest.param([step("a"), step("b", input={"data": "{{ steps.a.output }}"})], reading("b"), [], id="another reads it"),
        pytest.param([{"name": "a", **GET}], OUT, [("graph.unused", "/steps/0")], id="it only reads the world"),
        pytest.param(
            [{"name": "a", "handler": "notify", "config": {"channel": "desk", "template": "x"}}],
            OUT,
            [],
            id="it changes the world",
        ),
        pytest.param([planning()], OUT, [], id="its plan may change the world"),
        pytest.param(
            [planning(allow={"effects": ["pure", "read"]})],
            OUT,
            [("graph.unused", "/steps/0")],
            id="its plan may change nothing",
        ),
        pytest.param(
            [loop("a", {"name": "x", "handler": "notify", "config": {"channel": "desk", "template": "x"}})],
            OUT,
            [],
            id="its body changes the world",
        ),
        pytest.param([loop("a", step("x"), step("y", depends_on=["x"]))], reading("a"), [], id="the result of a body"),
        pytest.param(
            [loop("a", step("x"), step("y"), output="{{ steps.x.output }}")],
            reading("a"),
            [("graph.unused", "/steps/0/steps/1")],
            id="not the result of a body",
        ),
    ],
)
def test_work_for_nobody_is_a_warning(steps: list[dict[str, Any]], output: Any, expected: list[tuple[str, str]]) -> None:
    assert told(checked(steps, output)) == expected
    assert checked(steps, output).ok


TYPED = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["n"],
                "properties": {"n": {"type": "number"}},
                "additionalProperties": False,
            },
        },
        "more": {"type": "string"},
    },
    "additionalProperties": False,
}
FETCH: dict[str, Any] = {
    "name": "fetch",
    "handler": "http_request",
    "config": {"url": "https://feeds.example/q", "response_schema": TYPED},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("{{ input.feed }}", [], id="an input"),
        pytest.param("{{ task.id }} {{ task.namespace }}", [], id="the task"),
        pytest.param("{{ steps.fetch.output.body.items[0].n }}", [], id="a step along its response schema"),
        pytest.param("{{ steps.fetch.output.headers.etag }}", [], id="a key of a map"),
        pytest.param("{{ input.fed }}", [("reference.path", "/steps/1/input/data")], id="an input that is not there"),
        pytest.param("{{ input.names[3] }}", [("reference.path", "/steps/1/input/data")], id="an index that is not there"),
        pytest.param("{{ task.owner }}", [("reference.path", "/steps/1/input/data")], id="no property of the task"),
        pytest.param(
            "{{ steps.fetch.output.bdy }}", [("reference.path", "/steps/1/input/data")], id="no property of an output"
        ),
        pytest.param(
            "{{ steps.fetch.output.body.items[0].m }}",
            [("reference.path", "/steps/1/input/data")],
            id="no property deep in an output",
        ),
        pytest.param(
            "{{ steps.fetch.output.status.code }}", [("reference.path", "/steps/1/input/data")], id="a property of a number"
        ),
        pytest.param(
            "{{ steps.fetch.output.body[0] }}", [("reference.path", "/steps/1/input/data")], id="an index of an object"
        ),
        pytest.param("{{ steps.fetchh.output }}", [("reference.unknown_step", "/steps/1/input/data")], id="an unknown step"),
        pytest.param("{{ steps.user.output }}", [("reference.itself", "/steps/1/input/data")], id="the step itself"),
        pytest.param("{{ fetch.output }}", [("reference.unknown_root", "/steps/1/input/data")], id="a step without steps."),
        pytest.param("{{ item }}", [("reference.unknown_root", "/steps/1/input/data")], id="a loop name outside of the loop"),
        pytest.param("{{ 1 + 1 }}", [("reference.syntax", "/steps/1/input/data")], id="a computation"),
        pytest.param("{{ steps.fetch.status }}", [], id="a status"),
        pytest.param("{{ secrets.key }}", [("authority.secret", "/steps/1/input/data")], id="a secret"),
        pytest.param("{{ failure.type }}", [("reference.unknown_root", "/steps/1/input/data")], id="a failure"),
    ],
)
def test_references_lead_somewhere(value: str, expected: list[tuple[str, str]]) -> None:
    user = step("user", input={"data": value})
    assert errors_of([FETCH, user], reading("fetch", "user")) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            [step("x", input={"data": ["{{ item }}", "{{ index }}", "{{ steps.fetch.output }}", "{{ input.feed }}"]})],
            [],
            id="names around the loop and its own",
        ),
        pytest.param(
            [step("x", input={"data": "{{ steps.each.output }}"})],
            [("reference.itself", "/steps/1/steps/0/input/data")],
            id="the loop itself",
        ),
        pytest.param(
            [step("x", input={"data": "{{ item.q }}"})],
            [("reference.path", "/steps/1/steps/0/input/data")],
            id="a property of a text",
        ),
        pytest.param(
            [step("x", input={"data": "{{ index.q }}"})],
            [("reference.path", "/steps/1/steps/0/input/data")],
            id="a property of the index",
        ),
    ],
)
def test_a_loops_body_is_open_to_what_is_around_it(body: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert errors_of([FETCH, loop("each", *body)]) == expected


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param("{{ steps.each.output.outputs[2].sum }}", [], id="an item's output"),
        pytest.param("{{ steps.each.output.item_count }} {{ steps.each.output.failures }}", [], id="the counts"),
        pytest.param("{{ steps.each.output.sum }}", [("reference.path", "/output/x")], id="an item's output without its place"),
        pytest.param("{{ steps.each.output.outputs[3] }}", [("reference.path", "/output/x")], id="more items than there are"),
        pytest.param("{{ steps.inner.output }}", [("reference.unknown_step", "/output/x")], id="a step of the body"),
    ],
)
def test_a_loops_output_holds_that_of_its_items(read: str, expected: list[tuple[str, str]]) -> None:
    body = {"name": "inner", "handler": "total", "input": {"numbers": [1]}}
    assert errors_of([loop("each", body)], {"x": read}) == expected


def test_a_step_within_a_loop_is_pointed_at_by_the_hint() -> None:
    problem = the_problem([loop("each")], {"x": "{{ steps.inner.output }}", **reading("each")})
    assert problem.hint == '"inner" stands within a loop: read the loop\'s output, steps.LOOP.output.outputs.'


@pytest.mark.parametrize(
    ("read", "code"),
    [
        pytest.param("{{ steps.fetch.output.body.more }}", "reference.optional", id="a property that is not required"),
        pytest.param("{{ steps.fetch.output.items }}", "reference.optional", id="a property that is there with paging only"),
        pytest.param("{{ steps.free.output.body.anything[0].goes }}", "reference.untyped", id="a path into what has no schema"),
    ],
)
def test_a_path_that_need_not_be_there_is_a_warning(read: str, code: str) -> None:
    report = checked([FETCH, {"name": "free", **GET}], {"x": read, **reading("fetch", "free")})
    assert [(p.code, p.severity) for p in report.problems] == [(code, Severity.WARNING)]


def test_one_warning_is_given_for_each_value_without_a_schema_and_for_each_path_that_need_not_be_there() -> None:
    free, fetched = "steps.free.output", "steps.fetch.output"
    reads = [f"{free}.body.a", f"{free}.body.b", f"{fetched}.body.more", f"{fetched}.items", f"{fetched}.body.more"]
    report = checked([FETCH, {"name": "free", **GET}], {"x": [f"{{{{ {read} }}}}" for read in reads]})
    assert told(report) == [
        ("reference.untyped", "/output/x/0"),
        ("reference.optional", "/output/x/2"),
        ("reference.optional", "/output/x/3"),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"numbers": [1, 2.5]}, [], id="literals that fit"),
        pytest.param({"numbers": "{{ steps.fetch.output.body.items }}"}, [], id="a list whose items may be none"),
        pytest.param({"numbers": ["{{ input.floor }}", "{{ steps.fetch.output.status }}"]}, [], id="numbers within a list"),
        pytest.param({"numbers": [], "label": "at {{ input.floor }}"}, [], id="interpolation gives a text"),
        pytest.param({}, [("input.missing", "/steps/1/input")], id="a missing key"),
        pytest.param({"numbers": [1], "lable": "x"}, [("input.unknown_key", "/steps/1/input/lable")], id="an unknown key"),
        pytest.param(
            {"numbers": "{{ input.names }}", "lable": "x"},
            [("input.unknown_key", "/steps/1/input/lable"), ("input.mismatch", "/steps/1/input/numbers")][::-1],
            id="both",
        ),
        pytest.param({"numbers": ["x"]}, [("input.mismatch", "/steps/1/input/numbers/0")], id="a literal of another type"),
        pytest.param(
            {"numbers": "{{ steps.fetch.output.status }}"},
            [("input.mismatch", "/steps/1/input/numbers")],
            id="a number for a list",
        ),
        pytest.param(
            {"numbers": ["{{ input.feed }}"]}, [("input.mismatch", "/steps/1/input/numbers/0")], id="a text within a list"
        ),
        pytest.param(
            {"numbers": [1], "label": "{{ steps.fetch.output.status }}"},
            [("input.mismatch", "/steps/1/input/label")],
            id="a number for a text",
        ),
        pytest.param(
            {"numbers": [1], "label": "{{ input.feed }}"},
            [("input.mismatch", "/steps/1/input/label")],
            id="a known text that is too long",
        ),
        pytest.param(
            {"numbers": [1], "nested": {"deep": "{{ input.feed }}"}},
            [("input.mismatch", "/steps/1/input/nested/deep")],
            id="deep inside",
        ),
        pytest.param(
            {"numbers": [1], "nested": {"dep": "{{ input.feed }}"}},
            [("input.missing", "/steps/1/input/nested")],
            id="a missing key deep inside",
        ),
    ],
)
def test_what_flows_in_fits(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert errors_of([FETCH, {"name": "sum", "handler": "total", "input": given}]) == expected


def test_an_input_that_fits_only_where_it_is_empty_is_a_warning() -> None:
    given = {"numbers": "{{ steps.fetch.output.body.items }}"}
    report = checked([FETCH, {"name": "sum", "handler": "total", "input": given}], reading("sum"))
    assert [(p.code, p.where, p.severity) for p in report.problems] == [
        ("input.unlikely", "/steps/1/input/numbers", Severity.WARNING)
    ]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param({"sum": "{{ steps.sum.output.sum }}", "names": "{{ input.names }}"}, [], id="met"),
        pytest.param({"names": []}, [("output.missing", "/output")], id="a missing key"),
        pytest.param(
            {"sum": "{{ steps.sum.output.sum }}", "nmes": []}, [("output.unknown_key", "/output/nmes")], id="an unknown key"
        ),
        pytest.param({"sum": "{{ input.feed }}"}, [("output.mismatch", "/output/sum")], id="a text for a number"),
        pytest.param({"sum": 1, "names": [1]}, [("output.mismatch", "/output/names/0")], id="a literal of another type"),
        pytest.param("{{ steps.sum.output }}", [("output.mismatch", "/output")], id="a whole reference that cannot fit"),
        pytest.param("{{ steps.free.output.body }}", [("output.unproved", "/output")], id="not known before it runs"),
    ],
)
def test_the_output_is_what_the_frame_asks_for(output: Any, expected: list[tuple[str, str]]) -> None:
    wanted = {
        "type": "object",
        "required": ["sum"],
        "additionalProperties": False,
        "properties": {"sum": {"type": "number"}, "names": {"type": "array", "items": {"type": "string"}}},
    }
    steps = [{"name": "sum", "handler": "total", "input": {"numbers": [1]}}, {"name": "free", **GET}]
    report = checked(steps, output, replace(FRAME, must_produce=wanted))
    assert [pair for pair in told(report) if pair[0].startswith("output.")] == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"type": "number"}, [], id="proved"),
        pytest.param({"type": "number", "minimum": 0}, [("/output/sum", Severity.ERROR)], id="a limit that no schema promises"),
        pytest.param({"type": "integer"}, [("/output/sum", Severity.ERROR)], id="a narrower type"),
        pytest.param(
            {"type": "number", "multipleOf": 2}, [("/output/sum", Severity.ERROR)], id="what the same word would prove"
        ),
        pytest.param({"if": {"minimum": 3}, "then": {"maximum": 9}}, [("/output/sum", Severity.WARNING)], id="never compared"),
    ],
)
def test_what_must_be_produced_is_proved_or_refused_part_by_part(wanted: Any, expected: list[tuple[str, Severity]]) -> None:
    steps = [{"name": "sum", "handler": "total", "input": {"numbers": [1]}}]
    asked = {"type": "object", "required": ["sum"], "properties": {"sum": wanted, "count": {"type": "integer"}}}
    report = checked(
        steps,
        {"sum": "{{ steps.sum.output.sum }}", "count": "{{ steps.sum.output.count }}"},
        replace(FRAME, must_produce=asked),
    )
    assert [(p.where, p.severity) for p in report.problems if p.code == "output.unproved"] == expected
    assert report.ok is not any(severity is Severity.ERROR for _, severity in expected)


def test_the_schemas_of_a_document_are_schemas() -> None:
    template = Template.model_validate(
        {"name": "t", "input_schema": {"type": "objct"}, "steps": [planning(must_produce={"properties": {"a": {"type": 3}}})]}
    )
    assert told(check(template, CATALOG, FRAME)) == [
        ("schema.invalid", "/input_schema/type"),
        ("schema.invalid", "/steps/0/must_produce/properties/a/type"),
    ]


def test_a_template_reads_only_what_its_input_schema_declares() -> None:
    schema = {"properties": {"feed": {"type": "string"}, "floor": {"default": 4.5}}, "required": ["feed"]}
    template = Template.model_validate(
        {
            "name": "t",
            "input_schema": schema,
            "steps": [step("a", input={"data": ["{{ input.feed }}", "{{ input.floor }}", "{{ input.flor }}"]})],
            "output": reading("a"),
        }
    )
    problems = of_report(check(template, CATALOG, Frame())).problems
    assert [(p.code, p.where, p.hint) for p in problems] == [("reference.path", "/steps/0/input/data/2", "Nearest: floor.")]


@pytest.mark.parametrize(
    ("left", "steps", "expected"),
    [
        pytest.param(Left(steps=3), [step("a"), step("b"), step("c")], [], id="as many steps as are left"),
        pytest.param(
            Left(steps=2), [step("a"), step("b"), step("c")], [("bounds.steps", "/steps")], id="more steps than are left"
        ),
        pytest.param(Left(steps=4), [step("a", for_each={"items": [1, 2, 3]})], [], id="a loop with its items"),
        pytest.param(
            Left(steps=3),
            [step("a", for_each={"items": [1, 2, 3]})],
            [("bounds.steps", "/steps")],
            id="a loop with its items, one too many",
        ),
        pytest.param(Left(steps=7), [loop("a", step("x"), step("y", depends_on=["x"]))], [], id="a body for every known item"),
        pytest.param(
            Left(steps=6),
            [loop("a", step("x"), step("y", depends_on=["x"]))],
            [("bounds.steps", "/steps")],
            id="a body for every known item, one too many",
        ),
        pytest.param(
            Left(steps=100),
            [FETCH, step("a", for_each={"items": "{{ steps.fetch.output.body.items }}"})],
            [("bounds.steps", "/steps")],
            id="a loop of unknown width",
        ),
        pytest.param(
            Left(steps=13),
            [FETCH, step("a", for_each={"items": "{{ steps.fetch.output.body.items }}", "max_items": 11})],
            [],
            id="a loop of limited width",
        ),
        pytest.param(
            Left(cost_usd=0.03),
            [{"name": "a", "handler": "total", "input": {"numbers": [1]}}],
            [],
            id="a price for every attempt",
        ),
        pytest.param(
            Left(cost_usd=0.02),
            [{"name": "a", "handler": "total", "input": {"numbers": [1]}}],
            [("bounds.cost", "/steps")],
            id="a price for every attempt, too dear",
        ),
        pytest.param(
            Left(cost_usd=0.02),
            [{"name": "a", "handler": "total", "input": {"numbers": [1]}, "retry": {"max_attempts": 2}}],
            [],
            id="fewer attempts",
        ),
        pytest.param(Left(steps=2), [planning()], [], id="a plan that takes what is left"),
        pytest.param(Left(steps=1), [planning()], [("bounds.steps", "/steps")], id="a plan for which nothing is left"),
        pytest.param(Left(model_calls=0), [planning()], [("bounds.model_calls", "/steps")], id="a plan without a model call"),
        pytest.param(Left(depth=0), [planning()], [("bounds.depth", "/steps/0")], id="a plan too deep"),
        pytest.param(Left(steps=21), [planning(bounds={"steps": 20})], [], id="a plan with its bounds"),
        pytest.param(
            Left(steps=20),
            [planning(bounds={"steps": 20})],
            [("bounds.steps", "/steps")],
            id="a plan with its bounds, one too many",
        ),
        pytest.param(
            Left(),
            [planning(bounds={"model_calls": 6}), planning("b", bounds={"model_calls": 6})],
            [("bounds.model_calls", "/steps")],
            id="two plans that ask too often together",
        ),
        pytest.param(
            Left(),
            [planning(bounds={"steps": 999, "phases": 9, "model_calls": 99, "cost_usd": 9, "wall_clock": "2h"})],
            [
                ("bounds.steps", "/steps"),
                ("bounds.model_calls", "/steps"),
                ("bounds.cost", "/steps"),
                ("bounds.steps", "/steps/0/bounds/steps"),
                ("bounds.phases", "/steps/0/bounds/phases"),
                ("bounds.model_calls", "/steps/0/bounds/model_calls"),
                ("bounds.cost", "/steps/0/bounds/cost_usd"),
                ("bounds.wall_clock", "/steps/0/bounds/wall_clock"),
            ],
            id="a plan that asks for more than there is",
        ),
    ],
)
def test_the_worst_case_is_within_what_is_left(
    left: Left, steps: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert errors_of(steps, frame=replace(FRAME, left=left)) == expected


def test_a_templates_own_bounds_narrow_what_is_left() -> None:
    template = Template.model_validate(
        {"name": "t", "bounds": {"steps": 1}, "steps": [step("a"), step("b")], "output": reading("a", "b")}
    )
    (problem,) = of_report(check(template, CATALOG, FRAME)).problems
    assert (problem.code, problem.says) == ("bounds.steps", "At worst 2 steps run; 1 are left.")


@pytest.mark.parametrize(
    ("config", "given", "frame", "expected"),
    [
        pytest.param({"url": "https://feeds.example/q"}, {}, FRAME, [], id="any host where nothing narrows"),
        pytest.param(
            {"url": "https://a.example/q"}, {}, replace(FRAME, operator_hosts=("*.example",)), [], id="within the operator's"
        ),
        pytest.param(
            {"url": "https://A.example:8443/q"},
            {},
            replace(FRAME, operator_hosts=("a.example",)),
            [("authority.host", "/steps/0/config/url")],
            id="another port",
        ),
        pytest.param(
            {"url": "https://good.example@evil.test/"},
            {},
            replace(FRAME, operator_hosts=("*.example",)),
            [("authority.host", "/steps/0/config/url")],
            id="a host behind a user name",
        ),
        pytest.param(
            {"url": "https://evil.test{?q}"},
            {},
            replace(FRAME, operator_hosts=("*.example",)),
            [("authority.host", "/steps/0/config/url")],
            id="a host before a query",
        ),
        pytest.param(
            {"url": "https://evil.test/{id}"},
            {"url_params": {"id": 1}},
            replace(FRAME, allows=(Allow(hosts=("*.example",)),)),
            [("authority.host", "/steps/0/config/url")],
            id="not on the list of the frame",
        ),
        pytest.param(
            {"url": "https://{h}/x"},
            {"url_params": {"h": "evil.test"}},
            replace(FRAME, operator_hosts=()),
            [("authority.no_host", "/steps/0/config/url")],
            id="a host known only when it runs",
        ),
        pytest.param(
            {"url": "{+u}"},
            {"url_params": {"u": "{{ input.feed }}"}},
            replace(FRAME, input_hosts={}),
            [("authority.no_host", "/steps/0/config/url")],
            id="no host at all",
        ),
    ],
)
def test_hosts_are_those_allowed(
    config: dict[str, Any], given: dict[str, Any], frame: Frame, expected: list[tuple[str, str]]
) -> None:
    report = checked([{"name": "a", "handler": "http_request", "config": config, "input": given}], reading("a"), frame)
    assert told(report) == expected


@pytest.mark.parametrize(
    ("channel", "allows", "expected"),
    [
        pytest.param("desk", (), [], id="a channel that there is"),
        pytest.param(
            "dsk", (), [("authority.channel", "/steps/0/config/channel", "Nearest: desk.")], id="a channel that there is not"
        ),
        pytest.param(
            "desk",
            (Allow(channels=("o*",)),),
            [("authority.channel", "/steps/0/config/channel", "Allowed: ops.")],
            id="a channel that is not allowed",
        ),
    ],
)
def test_channels_exist_and_are_allowed(channel: str, allows: tuple[Allow, ...], expected: list[tuple[str, str, str]]) -> None:
    report = checked(
        [{"name": "a", "handler": "notify", "config": {"channel": channel, "template": "x"}}],
        OUT,
        replace(FRAME, allows=allows),
    )
    assert [(p.code, p.where, p.hint) for p in report.problems] == expected


def test_an_allow_list_that_names_nothing_is_a_warning() -> None:
    allow = {"handlers": ["trans*", "total@1.*", "totl"], "channels": ["desk", "nowhere"]}
    report = checked([planning(allow=allow)])
    assert [(p.code, p.where, p.severity) for p in report.problems] == [
        ("authority.nothing", "/steps/0/allow/handlers/2", Severity.WARNING),
        ("authority.nothing", "/steps/0/allow/channels/1", Severity.WARNING),
    ]


def test_what_passes_carries_its_bound_and_its_authority() -> None:
    steps = [
        FETCH,
        {
            "name": "tell",
            "handler": "notify",
            "config": {"channel": "desk", "template": "{{n}}"},
            "input": {"n": "{{ steps.fetch.output.status }}"},
        },
        loop("each", {"name": "sum", "handler": "total", "input": {"numbers": [1]}, "retry": {"max_attempts": 2}}),
        step("mail", handler="notify", config={"channel": "ops", "template": "x"}, for_each={"items": [1, 2]}),
        planning(bounds={"steps": 5, "model_calls": 2, "cost_usd": 0.25, "depth": 1}),
    ]
    report = checked(steps, reading("fetch", "each", "plan"))
    assert report.problems == ()
    assert report.bound == Bound(
        steps=5 + 3 + 2 + 5,
        handler_calls=3 + 3 + 3 * 2 + 2 * 3 + 5 * 20,
        model_calls=2,
        cost_usd=0.06 + 0.25,
        depth=2,
        wall_clock_s=1800.0,
    )
    assert report.authority == Manifest(
        # of those that only compute, the plan within may use any
        handlers=(
            "http_request@1.0.0",
            "notify@1.0.0",
            "total@1.0.0",
            "transform@1.0.0",
            "transform@1.2.0",
            "transform@2.0.0",
        ),
        hosts=("feeds.example",),
        channels=("desk", "ops"),
        writes=("mail/*", "tell"),
        plans_within=("plan",),
        effects=("pure", "read", "write"),
    )


def test_what_does_not_pass_carries_no_proof() -> None:
    report = checked([step("a", handler="gone")], OUT)
    assert (report.bound, report.authority, report.digest) == (None, None, None)


def test_every_problem_is_told_at_once() -> None:
    steps = [
        {"name": "a", "handler": "transfrom", "depends_on": ["b"]},
        step("b", input={"data": "{{ steps.gone.output }}"}, depends_on=["a"]),
        step("b", config={"expresion": "x"}),
        step("c", for_each={"items": "{{ input.feed }}"}),
    ]
    assert {code for code, _ in errors_of(steps, OUT, replace(FRAME, left=Left(steps=2)))} == {
        "names.duplicate",
        "handler.unknown",
        "config.unknown_key",
        "graph.cycle",
        "reference.unknown_step",
        "loop.items",
        "bounds.steps",
    }


def test_of_very_many_problems_the_first_are_told_and_an_error_behind_many_warnings_is_still_an_error() -> None:
    free = [{"name": f"free_{i}", **GET} for i in range(600)]
    output: dict[str, Any] = {f"x{i}": f"{{{{ steps.free_{i}.output.body.a }}}}" for i in range(600)}
    frame = replace(FRAME, left=Left(steps=1_000))
    assert told(checked(free, output, frame))[-1] == ("document.problems", "")
    assert checked(free, output, frame).ok
    assert errors_of(free, output | {"wrong": "{{ input.gone }}"}, frame) == [("reference.path", "/output/wrong")]
    assert len(errors_of([step(f"a_{i}", handler="gone") for i in range(900)], OUT, frame)) == 501


def chain(names: list[str], items: dict[str, Any]) -> list[dict[str, Any]]:
    return [step(name, for_each={"items": items[name], "max_items": 1}, input={"data": "{{ item }}"}) for name in names]


@pytest.mark.parametrize("backwards", [pytest.param(False, id="in order"), pytest.param(True, id="the last written first")])
def test_a_chain_of_thousands_of_loops_is_worked_out_without_recursion(*, backwards: bool) -> None:
    names = [f"loop_{i}" for i in range(2_000)]
    items = {name: [1] if i == 0 else f"{{{{ steps.loop_{i - 1}.output.outputs }}}}" for i, name in enumerate(names)}
    steps = chain(names[::-1] if backwards else names, items)
    assert errors_of(steps, reading("loop_1999"), replace(FRAME, left=Left(steps=10_000))) == []


def test_loops_in_a_circle_are_a_circle_and_nothing_worse() -> None:
    names = [f"loop_{i}" for i in range(2_000)]
    items = {name: f"{{{{ steps.loop_{(i - 1) % 2_000}.output.outputs }}}}" for i, name in enumerate(names)}
    assert errors_of(chain(names, items), OUT, replace(FRAME, left=Left(steps=10_000))) == [("graph.cycle", "/steps/0")]


def test_outputs_that_double_every_time_end_as_unknown() -> None:
    steps = [loop("loop_0", step("in_0"), items=[1], output=1)]
    for i in range(1, 60):
        before = f"{{{{ steps.loop_{i - 1}.output }}}}"
        steps.append(loop(f"loop_{i}", step(f"in_{i}"), items=[1], output={"a": before, "b": before}))
    assert errors_of(steps, reading("loop_59"), replace(FRAME, left=Left(steps=10_000))) == []


def test_expressions_that_are_too_long_together_are_refused_before_they_are_parsed() -> None:
    steps = [step(f"a_{i}", config={"expression": "a" * 9_000}) for i in range(7)]
    assert errors_of(steps) == [("config.expression", "/steps/6/config/expression")]


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        pytest.param(
            [step("a", input={"data": {"{{ input.feed }}": 1}})], "/steps/0/input/data/{{ input.feed }}", id="in a key"
        ),
        pytest.param([planning("a", allow={"hosts": ["{{ input.feed }}"]})], "/steps/0/allow/hosts/0", id="in an allow list"),
    ],
)
def test_references_stand_only_where_they_are_looked_up(steps: list[dict[str, Any]], where: str) -> None:
    assert errors_of(steps) == [("reference.place", where)]


def test_the_index_of_an_inner_loop_that_nobody_reads_can_be_renamed_safely() -> None:
    inner = loop("inner_loop", step("x", input={"data": "{{ one }}"}), **{"as": "one"})
    problem = the_problem([loop("outer", inner)])
    assert (problem.code, problem.patch) == (
        "names.shadowed",
        ({"op": "add", "path": "/steps/0/steps/0/for_each/index", "value": "inner_index"},),
    )
    inner["steps"][0]["input"]["data"] = "{{ one }} {{ index }}"
    assert the_problem([loop("outer", inner)]).patch is None
