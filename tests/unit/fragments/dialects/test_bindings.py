import json
from typing import Any

import pytest

from fragments.dialects import Bindings, Conversion, convert, read_bindings
from fragments.problems import Problem
from tests.support.telling import of_conversion, of_problems

GIVEN: dict[str, Any] = {"threshold": 75, "rules": {"low": [1, 2]}, "url": "https://a.example"}
SOURCE = {"handler": {"callable": "A::B", "initialization": GIVEN}}


def of(binding: dict[str, Any], *, step: dict[str, Any] = SOURCE, **more: Any) -> Conversion:
    bindings = Bindings.model_validate({"callables": {"A::B": {"handler": "run@^1", **binding}}, **more})
    text = json.dumps({"steps": [{"name": "a", "retry": {"max_attempts": 1}, **step}]})
    return of_conversion(convert(text, bindings=bindings))


def body(conversion: Conversion) -> dict[str, Any]:
    assert conversion.template is not None
    return {key: value for key, value in conversion.template["steps"][0].items() if key in {"handler", "config", "input"}}


ALL = {"leaves_out": ["threshold", "rules", "url"]}


def config(value: Any) -> dict[str, Any]:
    return {"config": {"v": value}}


def data(value: Any) -> dict[str, Any]:
    return {"input": {"v": value}}


@pytest.mark.parametrize(
    ("binding", "made"),
    [
        pytest.param({}, {"config": GIVEN}, id="what no binding takes goes to config"),
        pytest.param(ALL, {}, id="what is not needed is left out"),
        pytest.param(ALL | config(1) | data("{{ input.c }}"), config(1) | data("{{ input.c }}"), id="literals and references"),
        pytest.param(ALL | data("{{ given.threshold }}"), data(75), id="a number keeps its type"),
        pytest.param(ALL | config("x > {{ given.threshold }}"), config("x > 75"), id="within a text"),
        pytest.param(ALL | config("{{ given.rules.low[1] }}"), config(2), id="along a path"),
        pytest.param(ALL | config(["{{ given.rules }}"]), config([{"low": [1, 2]}]), id="an object in a list"),
        pytest.param(ALL | config("r={{ given.rules }}"), config('r={"low":[1,2]}'), id="an object within a text"),
        pytest.param(config("{{ given }}"), config(GIVEN), id="everything"),
        pytest.param(ALL | config("{{ given.none ?? 3 }}"), config(3), id="a default that is a literal"),
        pytest.param(ALL | config("{{ given.threshold ?? 3 }}"), config(75), id="a default that is not needed"),
        pytest.param(ALL | data("{{ given.none ?? input.x ?? 3 }}"), data("{{ input.x ?? 3 }}"), id="a default at run time"),
        pytest.param(
            ALL | data("{{ given.url }}/{{ input.x }}"), data("https://a.example/{{ input.x }}"), id="beside a reference"
        ),
    ],
)
def test_what_a_step_gives_goes_where_the_binding_says(binding: dict[str, Any], made: dict[str, Any]) -> None:
    conversion = of(binding)
    assert (body(conversion), conversion.problems) == ({"handler": "run@^1"} | made, ())


@pytest.mark.parametrize(
    ("binding", "where", "hint"),
    [
        pytest.param(
            ALL | {"config": {"v": "{{ given.treshold }}"}},
            "/steps/0/handler/callable",
            "Nearest: threshold, rules.",
            id="not given",
        ),
        pytest.param(
            {"config": {"url": "https://b.example"}},
            "/steps/0/handler/initialization/url",
            "Take it by {{ given.url }}, or list it in leaves_out.",
            id="given and fixed",
        ),
    ],
)
def test_a_binding_that_does_not_fit_what_is_given_is_a_problem(binding: dict[str, Any], where: str, hint: str) -> None:
    problems = of(binding).problems
    assert [(p.code, p.where, p.hint) for p in problems] == [("dialect.binding", where, hint)]


def test_all_callables_that_are_not_bound_are_told_at_once_with_near_names() -> None:
    text = json.dumps({"steps": [{"name": f"s{i}", "handler": {"callable": f"A::B{i}"}} for i in range(3)]})
    conversion = convert(text, bindings=Bindings.model_validate({"callables": {"A::B1": {"handler": "run"}}}))
    assert [(p.code, p.where, p.hint) for p in of_problems(conversion.problems)] == [
        (
            "dialect.unbound",
            f"/steps/{i}/handler/callable",
            f'Bind it in the mapping file: callables: {{"A::B{i}": {{handler: a_b{i}}}}}. Nearest: A::B1.',
        )
        for i in (0, 2)
    ]


def test_what_does_not_occur_is_a_warning_about_the_mapping_file() -> None:
    conversion = of(ALL, workflows={"w": "x"}, max_items={"t": 3}, step={"handler": {"callable": "A::C"}})
    unused = [p for p in conversion.problems if p.code == "dialect.binding_unused"]
    assert [(p.says, p.severity.value, p.line) for p in unused] == [
        (f"The mapping file says what {name!r} is, which does not occur.", "warning", None)
        for name in ("A::B", "workflow w", "max_items t")
    ]


def test_of_many_problems_of_a_code_the_first_hundred_are_told() -> None:
    text = json.dumps({"steps": [{"name": f"s{i}", "handler": {"callable": f"A{i}"}} for i in range(1_000)]})
    problems = convert(text).problems
    of_problems(problems[-2:])
    codes = [problem.code for problem in problems]
    assert (codes.count("dialect.unbound"), codes.count("document.problems"), len(codes)) == (100, 1, 101)


def test_a_mapping_file_is_read() -> None:
    bindings, problems = read_bindings("callables: {a: {handler: run, config: {x: 1}}}\nworkflows: {b: c}\nmax_items: {d: 5}")
    assert problems == ()
    assert bindings == Bindings.model_validate(
        {"callables": {"a": {"handler": "run", "config": {"x": 1}}}, "workflows": {"b": "c"}, "max_items": {"d": 5}}
    )


@pytest.mark.parametrize(
    ("text", "code", "where", "line"),
    [
        pytest.param("callables:\n  a: {config: {}}", "dialect.bindings", "/callables/a/handler", 2, id="no handler"),
        pytest.param("callables:\n  a:\n    handlr: x", "dialect.bindings", "/callables/a/handler", 3, id="a misspelt key"),
        pytest.param("bindings: {}", "dialect.bindings", "/bindings", 1, id="an unknown key"),
        pytest.param("max_items:\n  a: 0", "dialect.bindings", "/max_items/a", 2, id="a limit of nothing"),
        pytest.param("- a", "dialect.bindings", "", 1, id="a list"),
        pytest.param("callables: &a {}", "yaml.unsupported", "", 1, id="an anchor"),
    ],
)
def test_a_mapping_file_that_is_none_is_refused_with_its_own_lines(text: str, code: str, where: str, line: int) -> None:
    bindings, problems = read_bindings(text)
    assert bindings is None
    assert (of_problems(problems)[0].code, problems[0].where, problems[0].line) == (code, where, line)
    assert isinstance(problems[0], Problem)
