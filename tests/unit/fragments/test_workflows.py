from dataclasses import replace
from typing import Any

import pytest

from catalog.capability import Effect
from fragments.bounds import Left
from fragments.checks import check
from fragments.checks.children import interface_of
from fragments.documents import Allow, Template
from fragments.proofs import Bound, Manifest
from tests.support.catalogs import FRAME, step, told
from tests.support.constructs import CHOOSING, body, found, interface, report_on
from tests.support.telling import of_report

REACH = Manifest(
    handlers=("http_request@1.0.0",), hosts=("far.example",), channels=("desk",), secrets=("key",), writes=("post",)
)
FAR = interface("far", authority=REACH, effects=frozenset({Effect.READ, Effect.WRITE}))
THERE = {
    "default/child": (interface(), interface(version="1.1.0"), interface(version="2.0.0", input_schema={"type": "object"})),
    "ops/child": (interface(namespace="ops", output_schema={"type": "object"}),),
    "default/far": (FAR,),
}


def run(workflow: str = "child", *, name: str = "run", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "workflow", "workflow": workflow, "input": {"a": 1}, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(run(), [], id="the newest"),
        pytest.param(run("child@^1"), [], id="a range"),
        pytest.param(run("ops/child"), [], id="another namespace"),
        pytest.param(run("default/child@1.1.0"), [], id="an exact version"),
        pytest.param(run("chld"), [("workflow.unknown", "/steps/0/workflow")], id="misspelt"),
        pytest.param(run("lab/child"), [("workflow.unknown", "/steps/0/workflow")], id="no such namespace"),
        pytest.param(run("child@^3"), [("workflow.version", "/steps/0/workflow")], id="no such version"),
        pytest.param(run("child@soon"), [("workflow.syntax", "/steps/0/workflow")], id="no version at all"),
        pytest.param(run("child@^1", input={}), [("input.missing", "/steps/0/input")], id="an input left out"),
        pytest.param(
            run("child@^1", input={"a": "x"}), [("input.mismatch", "/steps/0/input/a")], id="an input of another type"
        ),
        pytest.param(
            run("child@^1", input={"a": "{{ input.feed }}"}),
            [("input.mismatch", "/steps/0/input/a")],
            id="a reference of another type",
        ),
        pytest.param(
            run("child@^1", input={"a": 1, "c": 1}),
            [("input.unknown_key", "/steps/0/input/c")],
            id="an input that there is not",
        ),
        pytest.param(
            {"name": "run", "type": "workflow"},
            [("shape.combination", "/steps/0")],
            id="no name",
        ),
        pytest.param(step("run", workflow="child"), [("shape.combination", "/steps/0/workflow")], id="on another type of step"),
        pytest.param(
            run(config={}, retry={}),
            [("shape.combination", "/steps/0/config"), ("shape.combination", "/steps/0/retry")],
            id="keys of a handler",
        ),
    ],
)
def test_a_workflow_is_known_and_gets_what_it_takes(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found([given], workflows=THERE) == expected


def test_what_a_workflow_gives_is_typed() -> None:
    told_sum = {
        "name": "sum",
        "handler": "total",
        "input": {"numbers": ["{{ steps.run.output.sum }}"], "label": "{{ steps.run.output.sum }}"},
    }
    assert found([run(), told_sum], workflows=THERE) == [("input.mismatch", "/steps/1/input/label")]


def test_a_misspelt_workflow_is_mended_with_its_range() -> None:
    (problem,) = report_on([run("chld@^1")], workflows=THERE).problems
    assert problem.patch is not None
    assert problem.patch[1] == {"op": "replace", "path": "/steps/0/workflow", "value": "child@^1"}


def test_a_name_without_a_namespace_is_looked_for_in_ones_own_first() -> None:
    template = Template.model_validate(
        {"name": "outer", "namespace": "ops", "steps": [run()], "output": "{{ steps.run.output.sum }}"}
    )
    assert told(check(template, CHOOSING, replace(FRAME, workflows=THERE))) == [("reference.untyped", "/output")]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        pytest.param(
            {"default/outer": (interface("outer"),)}, 'Step "run" runs this very workflow: it would never end.', id="itself"
        ),
        pytest.param(
            {
                "default/outer": (interface("outer", calls=("default/a",)),),
                "default/a": (interface("a", calls=("default/b",)),),
                "default/b": (interface("b", calls=("default/outer",)),),
            },
            'Step "run" runs this very workflow, over default/a: it would never end.',
            id="over two others",
        ),
    ],
)
def test_a_workflow_that_would_run_itself_is_refused(there: dict[str, Any], says: str) -> None:
    named = "outer" if len(there) == 1 else "a"
    template = Template.model_validate({"name": "outer", "steps": [run(named)], "output": "{{ steps.run.output }}"})
    (problem,) = of_report(check(template, CHOOSING, replace(FRAME, workflows=there))).problems
    assert (problem.code, problem.where, problem.says) == ("workflow.cycle", "/steps/0/workflow", says)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param({"secrets": frozenset({"key"})}, [], id="everything is there"),
        pytest.param({}, ["authority.secret"], id="a secret that is not granted"),
        pytest.param(
            {"secrets": frozenset({"key"}), "allows": (Allow(handlers=("total",)),)}, ["handler.not_allowed"], id="a handler"
        ),
        pytest.param(
            {"secrets": frozenset({"key"}), "allows": (Allow(effects=(Effect.READ,)),)}, ["authority.effect"], id="an effect"
        ),
        pytest.param({"secrets": frozenset({"key"}), "allows": (Allow(hosts=("near.*",)),)}, ["authority.host"], id="a host"),
        pytest.param({"secrets": frozenset({"key"}), "operator_hosts": ()}, ["authority.host"], id="a host of the operator's"),
        pytest.param({"secrets": frozenset({"key"}), "allows": (Allow(channels=()),)}, ["authority.channel"], id="a channel"),
        pytest.param(
            {"secrets": frozenset({"key"}), "channels": frozenset({"ops"})},
            ["authority.channel"],
            id="a channel of the operator's",
        ),
        pytest.param(
            {"secrets": frozenset({"key"}), "allows": (Allow(secrets=("other",)),)}, ["authority.secret"], id="a secret"
        ),
        pytest.param({"secrets": frozenset({"key"}), "left": Left(depth=0)}, ["bounds.depth"], id="planning within planning"),
        pytest.param({"secrets": frozenset({"key"}), "left": Left(steps=3)}, ["bounds.steps"], id="steps"),
        pytest.param({"secrets": frozenset({"key"}), "left": Left(cost_usd=0.4)}, ["bounds.cost"], id="money"),
        pytest.param({"secrets": frozenset({"key"}), "left": Left(model_calls=0)}, ["bounds.model_calls"], id="model calls"),
    ],
)
def test_a_child_may_not_do_what_its_caller_may_not(frame: dict[str, Any], expected: list[str]) -> None:
    codes = [code for code, _ in found([run("far")], workflows=THERE, **frame) if code != "authority.nothing"]
    assert codes == expected


def test_the_bound_and_the_authority_of_a_child_are_its_callers() -> None:
    report = report_on([step("a"), run("far", depends_on=["a"])], workflows=THERE, secrets=frozenset({"key"}))
    assert report.bound == Bound(steps=2 + 3, handler_calls=3 + 9, model_calls=1, cost_usd=0.5, depth=1, wall_clock_s=73.3)
    assert report.authority == Manifest(
        handlers=("http_request@1.0.0", "transform@1.0.0"),
        hosts=("far.example",),
        channels=("desk",),
        secrets=("key",),
        writes=("run/post",),
        effects=("pure",),
    )


def test_the_digest_names_the_child() -> None:
    changed = THERE | {"default/far": (replace(FAR, digest="changed"),)}
    digests = {report_on([run("far")], workflows=there, secrets=frozenset({"key"})).digest for there in (THERE, changed)}
    assert len(digests) == 2
    assert None not in digests


def test_a_template_is_to_others_what_was_proved_of_it() -> None:
    template = Template.model_validate(
        {
            "name": "outer",
            "namespace": "lab",
            "version": "1.2.3",
            "input_schema": {"type": "object", "properties": {"x": {"type": "number"}}},
            "steps": [{"name": "sum", **body(input={"numbers": ["{{ input.x }}"]})}, run("ops/child")],
            "output": {"sum": "{{ steps.sum.output.sum }}"},
        }
    )
    frame = replace(FRAME, input=None, workflows=THERE)
    report = of_report(check(template, CHOOSING, frame))
    seen = interface_of(template, CHOOSING, frame)
    assert seen is not None
    assert (seen.id, seen.version, seen.input_schema) == ("lab/outer", "1.2.3", template.input_schema)
    assert (seen.bound, seen.authority, seen.calls, seen.effects) == (
        report.bound,
        report.authority,
        ("ops/child",),
        frozenset({Effect.PURE}),
    )
    assert seen.output_schema == {
        "type": "object",
        "properties": {"sum": {"type": "number"}},
        "required": ["sum"],
        "additionalProperties": False,
    }
    assert interface_of(template.model_copy(update={"output": "{{ steps.gone.output }}"}), CHOOSING, frame) is None
