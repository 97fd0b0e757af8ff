"""Policy, orders, contracts, answers and verdicts."""

import io
import json
from typing import Any

import pytest

from broker import orders
from broker.answers import outcome
from broker.contracts import Contract
from broker.host.log import cleaned
from broker.orders import Allowance, FrameError, Order, Report
from broker.policy import Policy
from broker.sandbox.verdict import verdict
from broker.shapes import fault, misfit
from catalog.calls import Call, Failed, Ok, Usage
from catalog.capability import Capability, Limits

ORDER = Order(
    component="/x.cwasm",
    imports=("http",),
    hosts=("a.example",),
    channels=(),
    allowance=Allowance(cpu_ms=1, wall_ms=2, memory_bytes=3, output_bytes=4, log_bytes=5, host_calls=6, moved_bytes=7),
    idempotency_key="k",
    output_schema=None,
)


def capability(**changes: Any) -> Capability:
    fields: dict[str, Any] = {
        "name": "probe",
        "version": "1.0.0",
        "summary": "A probe",
        "description": "A probe",
        "config_schema": {"type": "object", "properties": {"floor": {"type": "integer"}, "output_schema": {}}},
        "input_schema": {"type": "object", "required": ["data"]},
        "output_schema": {},
        "errors": (),
        "effect": "pure",
    }
    return Capability(**{**fields, **changes})


def call(**changes: Any) -> Call:
    return Call(**{"handler": "probe@1.0.0", "config": {}, "input": {"data": 1}, **changes})


def test_the_operator_caps_every_limit_and_raises_none() -> None:
    policy = Policy(limits=Limits(cpu_ms=100, wall_ms=200_000, host_calls=0))
    narrowed = policy.narrowed(Limits(cpu_ms=5_000, wall_ms=1_000, host_calls=10))
    assert narrowed == Limits(cpu_ms=100, wall_ms=1_000, host_calls=0)


@pytest.mark.parametrize("pin", ["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:http", ""])
def test_a_private_name_is_pinned_to_an_address_and_port(pin: str) -> None:
    with pytest.raises(ValueError, match="address:port"):
        Policy(private={"db.internal": pin})


def test_a_pool_needs_workers() -> None:
    with pytest.raises(ValueError, match="workers"):
        Policy(workers=0)


def test_a_frame_is_read_as_it_was_written() -> None:
    stream = io.BytesIO(orders.pack(ORDER.to_json(), b"body") + orders.pack({"a": 1}))
    header, body = orders.read(stream) or ({}, b"")
    assert (Order.of(header), body) == (ORDER, b"body")
    assert orders.read(stream) == ({"a": 1}, b"")
    assert orders.read(stream) is None


def test_a_torn_frame_is_the_end_of_the_stream() -> None:
    assert orders.read(io.BytesIO(orders.pack({"a": 1}, b"body")[:-1])) is None


def test_a_frame_that_announces_too_much_is_no_frame() -> None:
    with pytest.raises(FrameError):
        orders.read(io.BytesIO(b"\xff" * 8))


def test_a_report_travels_whole() -> None:
    report = Report(failure="trapped", message="m", wall_ms=1.5, host_calls=2, moved_bytes=3, output_bytes=4, logs=("a",))
    assert Report.of(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"ok": {"a": [1, 2.5, null]}}', Ok(output={"a": [1, 2.5, None]}), id="ok"),
        pytest.param(b'{"ok": null}', Ok(output=None), id="ok with nothing"),
        pytest.param(
            b'{"error": {"type": "not_found", "message": "gone", "retryable": true, "retry_after_s": 3}}',
            Failed(type="not_found", message="gone", retryable=True, retry_after_s=3.0),
            id="error",
        ),
        pytest.param(b'{"error": {}}', Failed(type="handler_error", message=""), id="error that says nothing"),
        pytest.param(
            b'{"error": {"type": "Bad Type", "message": "a\\u001b[1mb", "retryable": "yes", "retry_after_s": -1}}',
            Failed(type="handler_error", message=cleaned("a\x1b[1mb")),
            id="error with parts that do not count",
        ),
        pytest.param(
            b'{"error": {"type": "slow", "retry_after_s": 1e300}}', Failed(type="slow", message=""), id="endless wait"
        ),
        pytest.param(b'{"ok": "\\ud83c\\udf89 1e400"}', Ok(output="🎉 1e400"), id="a pair of halves, and a number in text"),
    ],
)
def test_an_answer_is_read(content: bytes, expected: Ok | Failed) -> None:
    assert outcome(Report(), content) == expected


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"nonsense", b"[]", b"null", b"{}", b'{"error": "text"}', b'{"ok": NaN}', b'{"ok": Infinity}', b'{"ok": 1e999}'),
        *(b'{"ok": -1E+400}', b'{"ok": "\\ud800"}', b'{"ok": {"\\uDFFF": 1}}', b'{"ok": ' + b"[" * 100_000),
        b'{"ok": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: content[:24].decode() or "nothing",
)
def test_an_answer_that_nobody_could_use_is_invalid(content: bytes) -> None:
    made = outcome(Report(), content)
    assert isinstance(made, Failed)
    assert (made.type, made.retryable) == ("output_invalid", False)


def test_what_a_worker_reports_goes_into_the_outcome() -> None:
    report = Report(failure="limit_cpu", message="m", wall_ms=1.5, host_calls=2, moved_bytes=3, output_bytes=4, logs=("a",))
    usage = Usage(wall_ms=1.5, host_calls=2, moved_bytes=3, output_bytes=4)
    assert outcome(report, b"") == Failed(type="limit_cpu", message="m", usage=usage, logs=("a",))


def test_config_and_input_are_held_to_their_schemas() -> None:
    contract = Contract(capability())
    assert contract.refusal(call()) is None
    assert contract.refusal(call(config={"floor": "x"})) == Failed(
        type="config_invalid", message="the config of probe@1.0.0 does not fit: at /floor: 'x' is not of type 'integer'"
    )
    assert contract.refusal(call(input={})) == Failed(
        type="input_invalid", message="the input of probe@1.0.0 does not fit: at the root: 'data' is a required property"
    )


def test_config_may_fix_the_whole_output_or_a_part_of_it() -> None:
    whole = Contract(capability(output_from={"": "/output_schema"}))
    assert whole.output_schema(call()) is None
    assert whole.output_schema(call(config={"output_schema": {"type": "array"}})) == '{"type":"array"}'
    part = Contract(
        capability(
            output_schema={"type": "object", "properties": {"body": {}}}, output_from={"/properties/body": "/output_schema"}
        )
    )
    assert part.output_schema(call()) == '{"properties":{"body":{}},"type":"object"}'
    assert part.output_schema(call(config={"output_schema": False})) == '{"properties":{"body":false},"type":"object"}'
    assert part.output_schema(call()) == '{"properties":{"body":{}},"type":"object"}'


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        pytest.param({"type": "integer"}, None, id="fits"),
        pytest.param({"type": "string"}, "at the root: 5 is not of type 'string'", id="does not fit"),
        pytest.param(
            {"$ref": "http://127.0.0.1:1/schema.json"},
            "its schema cannot be applied: "
            "The schema refers to http://127.0.0.1:1/schema.json, which it does not hold; nothing is fetched.",
            id="remote",
        ),
        pytest.param(
            {"$ref": "#"},
            "its schema cannot be applied: "
            "It is nested too deep to be compared with its schema, or the schema refers to itself without end.",
            id="endless",
        ),
        pytest.param(
            {"$schema": "http://json-schema.org/draft-03/schema#"},
            "its schema cannot be applied: its dialect 'http://json-schema.org/draft-03/schema#' is unknown; "
            "use https://json-schema.org/draft/2020-12/schema (known: 2020-12, 2019-09, draft-07, draft-06, draft-04)",
            id="an unknown dialect",
        ),
        pytest.param(False, "at the root: False schema does not allow 5", id="nothing fits"),
    ],
)
def test_a_value_is_checked_without_fetching_anything(schema: Any, says: str | None) -> None:
    assert fault(5, json.dumps(schema)) == says


def test_only_the_output_inside_an_answer_is_checked() -> None:
    schema = '{"type": "string"}'
    assert misfit(b'{"ok": "a"}', schema) is None
    assert misfit(b'{"error": {}}', schema) is None
    assert misfit(b"nonsense", schema) is None
    assert misfit(b'{"ok": {"a/b": 1}}', '{"additionalProperties": {"type": "null"}}') == "at /a~1b: 1 is not of type 'null'"


TRAP = "error while executing at wasm backtrace:\n    0: 0x1 - m!f\n\nCaused by:\n    wasm trap: {}"


@pytest.mark.parametrize(
    ("text", "tripped", "grown", "expected"),
    [
        pytest.param(TRAP.format("interrupt"), "limit_wall", 0, "limit_wall", id="own state first"),
        pytest.param(TRAP.format("interrupt"), None, 0, "limit_cpu", id="interrupt by text"),
        pytest.param(TRAP.format("call stack exhausted"), None, 0, "limit_stack", id="stack"),
        pytest.param(TRAP.format("wasm `unreachable` instruction executed"), None, 0, "trapped", id="abort"),
        pytest.param(TRAP.format("wasm `unreachable` instruction executed"), None, 90, "limit_memory", id="abort after growth"),
        pytest.param(
            TRAP.format("wasm `unreachable` instruction executed").replace("m!f", "rust_oom"),
            None,
            0,
            "limit_memory",
            id="abort for memory",
        ),
        pytest.param(
            "memory minimum size of 4096 pages exceeds memory limits", None, 0, "limit_memory", id="large from the start"
        ),
        pytest.param("resource limit exceeded: memory count too high at 2", None, 0, "limit_memory", id="two memories"),
        pytest.param(TRAP.format("out of bounds memory access"), None, 90, "trapped", id="out of bounds"),
        pytest.param("", None, 0, "trapped", id="no text"),
    ],
)
def test_a_trap_is_judged_by_what_we_know_and_then_by_its_text(
    text: str, tripped: str | None, grown: int, expected: str
) -> None:
    assert verdict(text, tripped, guest_bytes=grown, memory_bytes=100).type == expected
