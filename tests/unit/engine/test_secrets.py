"""Secrets in the engine: their places are told, their names granted, and nothing else of them is ever there."""

from typing import Any

from catalog.calls import Grants
from engine import facts
from tests.support.templates import template
from tests.support.worlds import World

MANIFEST = {"hosts": ["a.example"], "secrets": ["key", "login", "unused"]}


def world(*steps: dict[str, Any], **more: Any) -> World:
    made = World()
    made.submit(template(*steps), **{"authority": MANIFEST, **more})
    return made


def test_a_call_tells_where_the_plan_wrote_secrets_and_keeps_the_text() -> None:
    config = {"auth": {"bearer": "{{ secrets.key }}"}, "url": "https://a.example/"}
    given = {"headers": [["X", "{{ secrets.login }}"]], "a/b": "{{ secrets.key }}", "text": "plain"}
    call = world({"name": "a", "handler": "fetch", "config": config, "input": given}).call("a").call
    assert call.secrets == {"/config/auth/bearer": "key", "/input/headers/0/1": "login", "/input/a~1b": "key"}
    assert (call.config, call.input) == (config, given)
    assert call.grants == Grants(hosts=frozenset({"a.example"}), secrets=frozenset({"key", "login"}))


def test_data_that_looks_like_a_secret_is_data() -> None:
    w = world(
        {"name": "a"},
        {"name": "b", "input": {"said": "{{ steps.a.output.said }}", "given": "{{ input.given }}"}},
        input={"given": "{{ secrets.key }}"},
    )
    w.ok("a", {"said": "{{ secrets.key }}"})
    call = w.call("b").call
    assert call.input == {"said": "{{ secrets.key }}", "given": "{{ secrets.key }}"}
    assert (call.secrets, call.grants.secrets) == ({}, frozenset())


def test_a_secret_beyond_the_manifest_is_told_but_not_granted() -> None:
    call = world({"name": "a", "config": {"auth": "{{ secrets.other }}"}}).call("a").call
    assert (call.secrets, call.grants.secrets) == ({"/config/auth": "other"}, frozenset())


def test_a_task_from_before_there_were_secrets_grants_none() -> None:
    call = world({"name": "a", "config": {"auth": "{{ secrets.key }}"}}, authority={"hosts": []}).call("a").call
    assert call.grants.secrets == frozenset()


def test_every_item_of_a_loop_is_told_its_secrets() -> None:
    w = world({"name": "a", "for_each": {"items": [1, 2], "as": "n"}, "input": {"n": "{{ n }}", "key": "{{ secrets.key }}"}})
    calls = [w.call(f"a/{index}/a").call for index in range(2)]
    assert [(call.input, call.secrets) for call in calls] == [
        ({"n": 1, "key": "{{ secrets.key }}"}, {"/input/key": "key"}),
        ({"n": 2, "key": "{{ secrets.key }}"}, {"/input/key": "key"}),
    ]


def test_facts_hold_the_reference_as_written() -> None:
    w = world({"name": "a", "config": {"auth": "{{ secrets.key }}"}})
    w.ok("a", {"done": True})
    submitted = w.log[0].body
    assert isinstance(submitted, facts.TaskSubmitted)
    assert submitted.template["steps"][0]["config"] == {"auth": "{{ secrets.key }}"}
