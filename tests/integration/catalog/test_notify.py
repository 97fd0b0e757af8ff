"""Messages as they leave the sandbox."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Recorder, Sandbox


def delivered(message: dict[str, Any]) -> dict[str, Any]:
    return {"ok": {"channel": message["channel"], "delivered": True, "status": 202}}


def sent(sandbox: "Sandbox", host: "Recorder", template: str, given: dict[str, Any]) -> str:
    host.notify = delivered
    assert sandbox.run("notify", {"channel": "desk", "template": template}, given, host) == {
        "ok": {"channel": "desk", "delivered": True, "status": 202}
    }
    text: str = host.asked[-1]["text"]
    return text


def test_a_message_carries_subject_text_data_and_a_key(sandbox: "Sandbox", host: "Recorder") -> None:
    host.notify = delivered
    config = {"channel": "desk", "subject": "{{n}} found:\n {{name}}", "template": "See {{name}}."}

    answered = sandbox.run("notify", config, {"n": 2, "name": "<ann> & co"}, host, attempt=3)

    assert answered == {"ok": {"channel": "desk", "delivered": True, "status": 202}}
    assert host.asked == [
        {
            "channel": "desk",
            "subject": "2 found: <ann> & co",
            "text": "See <ann> & co.",
            "data": {"n": 2, "name": "<ann> & co"},
            "idempotency_key": "task/step",
        }
    ]


@pytest.mark.parametrize(
    ("template", "given", "text"),
    [
        pytest.param("{{a}} {{{a}}} {{&a}}", {"a": '<"&'}, '<"& <"& <"&', id="nothing is escaped"),
        pytest.param("{{a.b.0.c}}", {"a": {"b": [{"c": 1}]}}, "1", id="a path"),
        pytest.param("{{#rows}}{{n}};{{/rows}}", {"rows": [{"n": 1}, {"n": 0}, {}]}, "1;0;;", id="a list"),
        pytest.param(
            "{{#rows}}{{.}};{{/rows}}",
            {"rows": [0, "", False, "x", None, 1.0]},
            "0;;false;x;1;",
            id="plain items, null left out",
        ),
        pytest.param("{{#a}}{{b}}{{/a}}{{^a}}none{{/a}}!", {"a": []}, "none!", id="an empty list"),
        pytest.param("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {"a": False}, "no", id="false"),
        pytest.param("{{#a}}yes{{/a}}{{^a}}no{{/a}}", {"a": True}, "yes", id="true"),
        pytest.param("{{#a}}{{b}}{{/a}}", {"a": {"b": "in"}, "b": "out"}, "in", id="an object is a scope"),
        pytest.param("{{#a}}{{b}}{{/a}}", {"a": {"c": 1}, "b": "out"}, "out", id="the scope around it is seen"),
        pytest.param(
            "{{t}} {{f}} {{n}} {{x}} {{i}} {{d}}",
            {"t": True, "f": False, "n": None, "i": 2.0, "d": 2.5},
            "true false   2 2.5",
            id="as JSON writes",
        ),
        pytest.param(
            "{{o}} {{l}}", {"o": {"a": [1.0, None]}, "l": ["ä"]}, '{"a":[1,null]} ["ä"]', id="objects and lists as JSON"
        ),
        pytest.param("[{{a.upper}}{{a.__class__}}{{l.count}}]", {"a": "x", "l": [1]}, "[]", id="no attributes of the language"),
        pytest.param("[{{#a.upper}}x{{/a.upper}}]", {"a": "x"}, "[]", id="no functions"),
        pytest.param("{{! no }}a\n{{=<% %>=}}<% a %>", {"a": 1}, "a\n1", id="comments and delimiters"),
        pytest.param("{{a}}", {"a": "x\ud800y"}, "x\ud800y", id="half a character"),
    ],
)
def test_a_template_is_filled(sandbox: "Sandbox", host: "Recorder", template: str, given: dict[str, Any], text: str) -> None:
    assert sent(sandbox, host, template, given) == text


@pytest.mark.parametrize(
    ("template", "type_"),
    [
        pytest.param("{{> header}}", "template_invalid", id="a partial"),
        pytest.param("{{#a}}", "template_invalid", id="a section without end"),
        pytest.param("{{a", "template_invalid", id="a tag without end"),
        pytest.param("{{#a}}{{/b}}", "template_invalid", id="another end"),
        pytest.param(" {{a}} ", "message_empty", id="nothing to say"),
    ],
)
def test_a_message_that_cannot_be_is_not_sent(sandbox: "Sandbox", host: "Recorder", template: str, type_: str) -> None:
    answered = sandbox.run("notify", {"channel": "desk", "template": template}, {}, host)

    assert (answered["error"]["type"], host.asked) == (type_, [])


def test_what_the_host_says_is_passed_on(sandbox: "Sandbox", host: "Recorder") -> None:
    host.notify = lambda _: {"error": {"type": "delivery_failed", "message": "the desk answered 500", "retryable": True}}

    answered = sandbox.run("notify", {"channel": "desk", "template": "x"}, {}, host)

    expected = {"type": "delivery_failed", "message": "the desk answered 500", "retryable": True, "retry_after_s": None}
    assert answered == {"error": expected}
