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

AFTER = "after ?? comes a reference, a text, a number, true, false, null, [] or {}"

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
    assert isinstance(reference, Reference)
    assert (reference.root, reference.path) == (root, path)


def test_a_step_reference_names_its_step_and_the_path_in_its_output() -> None:
    reference = whole("{{ steps.fetch.output.body[2] }}")
    assert isinstance(reference, Reference)
    assert (reference.step, reference.tail) == ("fetch", ("body", 2))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("{{ }}", "a reference begins with a name, such as input or steps", id="nothing"),
        pytest.param("{{ 1 + 2 }}", "a reference begins with a name, such as input or steps", id="a computation"),
        pytest.param("{{ 'x' }}", "a reference begins with a name, such as input or steps", id="a text alone"),
        pytest.param(
            "{{ input.a + 1 }}", "' + 1' is no path: .name, [0], [-1] or [\"any key\"]", id="a computation behind a path"
        ),
        pytest.param("{{ steps.fetch }}", "a step is read as steps.NAME.output", id="a step without output"),
        pytest.param(
            "{{ steps.fetch.body }}", "after the step's name comes .output, not .body", id="a step without the word output"
        ),
        pytest.param("{{ steps.fetch.status.x }}", "a status is one word", id="a path into a status"),
        pytest.param("{{ steps[0].output }}", "a step is read as steps.NAME.output", id="a step by number"),
        pytest.param("{{ input.0 }}", "'.0' is no path: .name, [0], [-1] or [\"any key\"]", id="a number as a name"),
        pytest.param("{{ input.a", "{{ begins a reference that does not end", id="never closed"),
        pytest.param("{{{ input.a }}}", "{{ begins a reference that does not end", id="three braces"),
        pytest.param(
            '{{ input["\\x"] }}',
            '\'["\\\\x"]\' is no path: .name, [0], [-1] or ["any key"]',
            id="an escape that JSON does not have",
        ),
        pytest.param("{{ secrets }}", "a secret is read as secrets.NAME", id="all secrets"),
        pytest.param("{{ secrets.a.b }}", "a secret is read as secrets.NAME", id="a path into a secret"),
        pytest.param("{{ input.a ?? }}", AFTER, id="nothing to fall back on"),
        pytest.param("{{ input.a ?? -x }}", AFTER, id="a sign before a name"),
        pytest.param('{{ input.a ?? {"x": 1} }}', "{{ begins a reference that does not end", id="an object that is not empty"),
        pytest.param("{{ input.a ?? [1] }}", AFTER, id="a list that is not empty"),
        pytest.param(
            "{{ input.a ?? 1 ?? input.b }}", "' ?? input.b' behind a literal would never be read", id="behind a literal"
        ),
        pytest.param('{{ input.a ?? "\\ud800" }}', "'\"\\\\ud800\"' is no JSON", id="half of a surrogate pair"),
        pytest.param("{{ input.a ?? 1e999 }}", "'1e999' is no JSON", id="a number out of range"),
    ],
)
def test_what_is_no_reference_is_told_with_the_reason(text: str, says: str) -> None:
    assert whole(text) is None
    assert [part.says for _, part in malformed(text)] == [says]


SEEN = {"input": {"a": None, "b": [1, 2, 3], "c": {"d": "x"}, "e": ""}, "steps": {"s": {"output": None}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("{{ input.c.d ?? 1 }}", "x", id="there"),
        pytest.param("{{ input.a ?? 1 }}", 1, id="null"),
        pytest.param("{{ input.z.y ?? 1 }}", 1, id="a path that is not there"),
        pytest.param("{{ item ?? 1 }}", 1, id="a root that is not there"),
        pytest.param("{{ input.e ?? 1 }}", "", id="an empty text is there"),
        pytest.param("{{ input.z ?? input.a ?? input.c }}", {"d": "x"}, id="the first that is there"),
        pytest.param("{{ input.z ?? input.a }}", None, id="null at last"),
        pytest.param("{{ input.z ?? null }}", None, id="a null"),
        pytest.param("{{ steps.s.output ?? steps.s.output ?? false }}", False, id="the output of a step that was skipped"),
        pytest.param("{{ input.z ?? -1.5 }}", -1.5, id="a number"),
        pytest.param("{{ input.z ?? 'a }} b' }}", "a }} b", id="a text with braces"),
        pytest.param('{{ input.z ?? "a \\"b\\"" }}', 'a "b"', id="a text with quotes"),
        pytest.param("{{ input.z ?? [] }}", [], id="an empty list"),
        pytest.param("{{ input.z ?? {} }}", {}, id="an empty object"),
        pytest.param("{{input.z??input.b[-1]}}", 3, id="without spaces"),
        pytest.param("{{ input.z ?? truely ?? 2 }}", 2, id="a name that begins like a literal"),
        pytest.param("<{{ input.z ?? 'none' }}|{{ input.a ?? [] }}>", "<none|[]>", id="within a text"),
        pytest.param("{{ input.b[-3] }}", 1, id="the first from the end"),
        pytest.param("{{ input.b[-4] ?? 0 }}", 0, id="before the first"),
    ],
)
def test_a_choice_gives_the_first_that_is_there_and_not_null(text: str, value: Any) -> None:
    assert resolve(text, SEEN) == value


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        pytest.param("{{ input.b[-4] }}", "[-4]", id="a negative index"),
        pytest.param("{{ input.z ?? input.c.y }}", ".y", id="the last of a choice"),
    ],
)
def test_what_is_not_there_is_told(text: str, missing: str) -> None:
    with pytest.raises(Unresolvable) as caught:
        resolve(text, SEEN)
    assert caught.value.missing == missing


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("{{ input.x ?? input.y }}", 7, id="known from the start"),
        pytest.param("{{ input.y ?? input.x ?? input.z }}", "{{ input.y ?? 7 }}", id="known behind another"),
        pytest.param("{{ input.y ?? input.o }}", "{{ input.y ?? input.o }}", id="what no literal can be"),
        pytest.param("{{ input.y ?? 1 }}", "{{ input.y ?? 1 }}", id="not known"),
        pytest.param("a {{ input.y ?? input.x }} {{ input.x }}", "a {{ input.y ?? 7 }} 7", id="within a text"),
    ],
)
def test_values_put_into_a_choice_leave_a_choice(text: str, result: Any) -> None:
    values: dict[str, Any] = {"x": 7, "o": {"a": 1}}
    assert substitute(text, lambda reference: values.get(str(reference.path[0]))) == result


def test_a_reference_is_redirected_within_a_choice() -> None:
    old = find("{{ steps.a.output.x }}")[0][1]
    text = "{{ steps.a.output.x ?? input.y ?? 'n' }} and {{ steps.a.output.x }}"
    changed = '{{ steps.b.output.x ?? input.y ?? "n" }} and {{ steps.b.output.x }}'
    assert redirected(text, old, ("steps", "b", "output", "x")) == changed


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
        pytest.param("{{ input.none.x }}", ".x", "null", id="a key of null"),
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
