from typing import Any

import pytest

from fragments.references import (
    Malformed,
    Reference,
    Unresolvable,
    find,
    malformed,
    parse,
    redirected,
    resolve,
    substitute,
    whole,
)

LOOKUP: dict[str, Any] = {
    "input": {"feed": "https://x", "odd key": 1, "none": None},
    "task": {"id": "t1", "namespace": "demo"},
    "steps": {"fetch": {"output": {"body": {"items": [{"n": 1}, {"n": 2}], "a-b": True}}}},
    "item": {"q": "x"},
}


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        pytest.param("{{ input }}", "input", (), id="a bare root"),
        pytest.param("{{input.feed}}", "input", ("feed",), id="without spaces"),
        pytest.param(
            "{{ steps.fetch.output.body.items[0].n }}", "steps", ("fetch", "output", "body", "items", 0, "n"), id="a path"
        ),
        pytest.param('{{ input["odd key"] }}', "input", ("odd key",), id="a quoted key"),
        pytest.param("{{ input['odd key'] }}", "input", ("odd key",), id="a key in single quotes"),
        pytest.param('{{ input["a}}b\\"c"].d }}', "input", ('a}}b"c', "d"), id="braces and escapes in a quoted key"),
        pytest.param("{{ item.a-b }}", "item", ("a-b",), id="a hyphen"),
    ],
)
def test_a_whole_reference_is_a_root_and_a_path(text: str, root: str, path: tuple[str | int, ...]) -> None:
    reference = whole(text)
    assert reference is not None
    assert (reference.root, reference.path) == (root, path)


def test_a_step_reference_names_its_step_and_the_path_in_its_output() -> None:
    reference = whole("{{ steps.fetch.output.body[2] }}")
    assert reference is not None
    assert (reference.step, reference.tail) == ("fetch", ("body", 2))


@pytest.mark.parametrize(
    ("text", "later"),
    [
        pytest.param("{{ }}", None, id="nothing"),
        pytest.param("{{ 1 + 2 }}", None, id="a computation"),
        pytest.param("{{ input.a + 1 }}", None, id="a computation behind a path"),
        pytest.param("{{ steps.fetch }}", None, id="a step without output"),
        pytest.param("{{ steps.fetch.body }}", None, id="a step without the word output"),
        pytest.param("{{ steps[0].output }}", None, id="a step by number"),
        pytest.param("{{ input.0 }}", None, id="a number as a name"),
        pytest.param("{{ input.a", None, id="never closed"),
        pytest.param("{{{ input.a }}}", None, id="three braces"),
        pytest.param('{{ input["\\x"] }}', None, id="an escape that JSON does not have"),
        pytest.param("{{ steps.fetch.output.a ?? 1 }}", "defaults with ??", id="a default"),
        pytest.param("{{ input.a[-1] }}", "negative indexes", id="a negative index"),
        pytest.param("{{ steps.fetch.status }}", "steps.NAME.status", id="a status"),
        pytest.param("{{ secrets.token }}", "secrets", id="a secret"),
    ],
)
def test_what_is_no_reference_is_told_and_named_where_the_language_will_have_it(text: str, later: str | None) -> None:
    assert whole(text) is None
    assert [part.later for _, part in malformed(text)] == [later]


def test_a_text_is_split_into_literal_parts_and_references() -> None:
    assert parse("a {{ input.x }}, b{{ item }}!") == (
        "a ",
        Reference("input", ("x",), "input.x"),
        ", b",
        Reference("item", (), "item"),
        "!",
    )


def test_references_are_found_with_the_pointer_to_their_text() -> None:
    value = {"a": ["x", "{{ input.feed }} and {{ item }}"], "b/c": {"d": "{{ task.id }}"}}
    assert [(at, reference.text) for at, reference in find(value, "/steps/0/input")] == [
        ("/steps/0/input/a/1", "input.feed"),
        ("/steps/0/input/a/1", "item"),
        ("/steps/0/input/b~1c/d", "task.id"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("{{ steps.fetch.output.body.items }}", [{"n": 1}, {"n": 2}], id="a whole reference keeps a list"),
        pytest.param("{{ steps.fetch.output.body.a-b }}", True, id="a whole reference keeps a boolean"),
        pytest.param("{{ input.none }}", None, id="a whole reference keeps null"),
        pytest.param("<{{ input.none }}>", "<>", id="null is interpolated as nothing"),
        pytest.param("{{ input.feed }}/{{ item.q }}", "https://x/x", id="texts are interpolated as they are"),
        pytest.param(
            "n={{ steps.fetch.output.body.items[1] }}", 'n={"n":2}', id="other values are interpolated as compact JSON"
        ),
        pytest.param({"a": [1, "{{ item.q }}"]}, {"a": [1, "x"]}, id="references deep inside"),
        pytest.param("plain }} text {", "plain }} text {", id="texts without references stay"),
    ],
)
def test_resolving_puts_values_in_place_of_references(value: Any, expected: Any) -> None:
    assert resolve(value, LOOKUP) == expected


def test_values_that_were_looked_up_are_never_scanned_again() -> None:
    assert resolve("{{ input.x }}", {"input": {"x": "{{ input.y }}", "y": 1}}) == "{{ input.y }}"


@pytest.mark.parametrize(
    ("text", "missing", "there"),
    [
        pytest.param("{{ input.fed }}", ".fed", "an object with feed, odd key, none", id="a key"),
        pytest.param("{{ steps.fetch.output.body.items[2] }}", "[2]", "a list of 2", id="an index"),
        pytest.param("{{ input.feed.x }}", ".x", "a text", id="a key of a text"),
        pytest.param("{{ other.x }}", "other", "input, item, steps, task", id="a root"),
        pytest.param("{{ steps.gone.output }}", ".gone", "an object with fetch", id="a step"),
        pytest.param('x {{ input["odd key"].y }}', ".y", "a number", id="within a text"),
    ],
)
def test_a_missing_path_is_told_with_what_is_there(text: str, missing: str, there: str) -> None:
    with pytest.raises(Unresolvable) as raised:
        resolve(text, LOOKUP)
    assert (raised.value.missing, raised.value.there) == (missing, there)


def test_resolving_what_is_no_reference_is_refused() -> None:
    with pytest.raises(Unresolvable, match="no such reference"):
        resolve("{{ 1 + 1 }}", LOOKUP)


def test_substituting_replaces_some_references_and_keeps_others_as_written() -> None:
    def replace(reference: Reference) -> Any:
        return {"floor": 4.5, "list": [1, 2]}.get(str(reference.path[-1])) if reference.root == "input" else None

    value = {
        "a": "{{ input.floor }}",
        "b": "{{input.feed}}",
        "c": "over {{ input.floor }} of {{ item.x }}",
        "d": "{{ input.list }}",
    }
    expected = {"a": 4.5, "b": "{{input.feed}}", "c": "over 4.5 of {{ item.x }}", "d": [1, 2]}
    assert substitute(value, replace) == expected


def test_substituting_a_value_that_would_be_read_as_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="would be read as a reference"):
        substitute("{{ input.x }}", lambda _: ["{{ secrets }}"])


def test_redirecting_changes_one_reference_in_its_text() -> None:
    text = "{{ steps.a.output.x }} of {{ steps.b.output }} {{"
    first = parse(text)[0]
    assert isinstance(first, Reference)
    assert redirected(text, first, ("steps", "c", "output", "odd key", 0)) == (
        '{{ steps.c.output["odd key"][0] }} of {{ steps.b.output }} {{'
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{" * 100_000, id="openings"),
        pytest.param('{{"\\"' * 50_000, id="openings and escaped quotes"),
        pytest.param("{{" + "a." * 100_000 + "}}", id="a path that ends in a dot"),
        pytest.param("{{ input" + "[0]" * 100_000 + " }}", id="a path of a hundred thousand steps"),
        pytest.param("{{ '" + "}}" * 100_000, id="an open quote"),
    ],
)
def test_hostile_texts_are_parsed_in_one_pass(text: str) -> None:
    assert all(isinstance(part, (str, Reference, Malformed)) for part in parse(text))
