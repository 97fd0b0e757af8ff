from collections.abc import Iterator, Mapping
from enum import StrEnum

import pytest

from fragments.conditions import ConditionError, Kind, holds
from schemas.conditions.costs import size_of, work
from schemas.conditions.evaluation import MOST_WORK
from schemas.conditions.library import MOST_ITERATIONS
from schemas.conditions.parsing import Condition, parse
from schemas.conditions.patterns import states, weight
from schemas.values import Json
from tests.support.telling import hear


class Lazily(Mapping[str, Json]):
    """A mapping that works values out when they are asked for, and remembers which were."""

    def __init__(self, values: dict[str, Json]) -> None:
        self.values_ = values
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> Json:
        self.asked.append(key)
        return self.values_[key]

    def __contains__(self, key: object) -> bool:
        return key in self.values_

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        pytest.param(
            "input.n >", Kind.SYNTAX, "The condition is not CEL at character 10: mismatched input the end.", id="syntax"
        ),
        pytest.param("nobody > 3", Kind.MISSING, 'There is no "nobody" to read.', id="a root"),
        pytest.param("input.x > 3", Kind.MISSING, 'input has no "x".', id="a field"),
        pytest.param("input.list[0].x > 3", Kind.MISSING, 'input.list[0] has no "x".', id="a field of an item"),
        pytest.param("input.list.all(i, i.x > 3)", Kind.MISSING, 'An object has no "x".', id="a field within a macro"),
        pytest.param("steps.a.output.n > 3", Kind.TYPE, "steps.a.output is null, of which nothing can be read.", id="null"),
        pytest.param("input.n.x > 3", Kind.TYPE, "input.n is a number, of which nothing can be read.", id="a number's field"),
        pytest.param("input.list.all(i, i.n.x > 3)", Kind.TYPE, "A field is read of something that is no object.", id="within"),
        pytest.param('input.n > "3"', Kind.TYPE, "> cannot work on int and string.", id="an operator"),
        pytest.param("size(input.n) > 3", Kind.TYPE, "size() cannot work on int.", id="a function"),
        pytest.param("input.s.foo(1) > 3", Kind.TYPE, "foo() cannot work on string and int.", id="a method"),
        pytest.param("!input.n", Kind.TYPE, "! meets a type that it cannot work on.", id="negation"),
        pytest.param(
            "input.n ? true : false",
            Kind.TYPE,
            "What stands before ? is neither true nor false, or a macro's test is not.",
            id="a choice",
        ),
        pytest.param(
            "input.n.all(i, true)",
            Kind.TYPE,
            "A macro goes through something that is neither a list nor an object.",
            id="a macro",
        ),
        pytest.param("input.s[0] == 'a'", Kind.TYPE, "The condition fails: Invalid container type: 'string'.", id="an index"),
        pytest.param("input.n / 0 > 3", Kind.VALUE, "The condition fails: divide by zero.", id="division"),
        pytest.param("input.list[7] == 3", Kind.VALUE, "The condition fails: Index error: index=7 size=1.", id="too short"),
        pytest.param("input.n", Kind.NOT_BOOLEAN, "The condition gives a number, and not true or false.", id="a number"),
        pytest.param("steps.a", Kind.NOT_BOOLEAN, "The condition gives an object, and not true or false.", id="an object"),
        pytest.param(
            "input.half == 'x'",
            Kind.VALUE,
            "A text that the condition reads holds half of a surrogate pair at character 2.",
            id="half",
        ),
    ],
)
def test_a_condition_without_an_answer_says_why(text: str, kind: Kind, says: str) -> None:
    lookup = {"input": {"n": 4, "s": "abc", "list": [{"n": 1}], "half": "a\ud800"}, "steps": {"a": {"output": None}}}
    with pytest.raises(ConditionError) as caught:
        holds(text, lookup)
    assert (caught.value.kind, caught.value.says, str(caught.value)) == (kind, says, says)


def test_only_what_is_read_is_looked_up() -> None:
    steps = Lazily({"a": {"output": {"n": 1, "other": object()}}, "b": {"output": object()}})
    lookup = Lazily({"input": object(), "steps": steps, "task": object()})
    assert holds("steps.a.output.n == 1", lookup)
    assert (lookup.asked, steps.asked) == (["steps"], ["a"])


class Status(StrEnum):
    COMPLETE = "complete"


def test_a_status_may_be_the_member_of_an_enumeration() -> None:
    lookup = {"steps": {"a": {"output": None, "status": Status.COMPLETE}}}
    assert holds('steps.a.status == "complete" && steps.a.status.startsWith("c") && size(steps.a) == 2', lookup)


def test_a_whole_root_may_be_a_mapping_that_looks_up_lazily() -> None:
    assert holds("size(input) == 2 && input.a == [1, 2]", {"input": Lazily({"a": (1, 2), "b": None})})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("input.l.all(a, input.l.all(b, input.l.all(c, true)))", id="three lists within each other"),
        pytest.param("input.l.map(a, input.l.map(b, input.l.map(c, 1))) != []", id="lists of lists of lists"),
        pytest.param("input.l.exists(a, input.l.exists(b, a + b == -1))", id="pairs"),
        pytest.param("input.l.all(a, input.text.contains(string(a)) || true)", id="a long text searched again and again"),
        pytest.param("input.l.all(a, a in input.l || a in input.l)", id="a list searched for each of its items"),
        pytest.param("input.text.contains(input.text + 'b')", id="a long text in a long text"),
        pytest.param("input.text.matches('((((a?){5}){5}){5}){8}b')", id="a pattern of 1,000 states"),
        pytest.param("input.text.matches(input.text)", id="a pattern that is read"),
        pytest.param("input.l.all(a, !'a'.matches('\\\\pL{30}b'))", id="a pattern that is dear to compile, again and again"),
        pytest.param("input.patterns.exists(p, 'a'.matches(p))", id="a list of patterns that are dear to compile"),
        pytest.param("input.l.exists(a, 'a'.matches('x' + string(a)))", id="patterns that are put together"),
        pytest.param("['{1000}'].map(a, '.' + a).exists(p, 'a'.matches(p))", id="patterns that were put together"),
        pytest.param("input.l.filter(a, true) != []", id="a long list gathered, which the library does in its square"),
        pytest.param("[input.text].map(a, a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a).all(a, a != '')", id="a growing text"),
        pytest.param("[input.l].map(a, a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a).all(a, a != [])", id="a growing list"),
        pytest.param("input.l.map(a, input.l + input.l) != []", id="many lists"),
        pytest.param("input.l.map(a, input.text + input.text) != []", id="many texts"),
    ],
)
def test_no_condition_can_take_long_or_eat_memory(text: str) -> None:
    lookup = {"input": {"l": list(range(5_000)), "text": "a" * 1_000_000, "patterns": ["\\pL{100}b"] * 5}}
    with pytest.raises(ConditionError) as caught:
        holds(text, lookup)
    assert caught.value.kind is Kind.TOO_LARGE
    hear(caught.value.says)


def test_the_exponential_macros_of_the_language_definition_stop() -> None:
    """cel-spec, Language Definition: Performance: n macros within each other take the n-th power of the list's length."""
    text = "[0,1,2,3,4,5,6,7,8,9,{0}].all(a, [0,1,2,3,4,5,6,7,8,9,{0}].all(b, [0,1,2,3,4,5,6,7,8,9,{0}].all(c, a+b+c >= 0)))"
    items = ",".join(["1"] * 15)
    with pytest.raises(ConditionError) as caught:
        holds(text.replace("{0}", items), {})
    assert (caught.value.kind, caught.value.says) == (
        Kind.TOO_LARGE,
        f"The macros of the condition go through more than {MOST_ITERATIONS:,} items in all.",
    )


def test_the_iterations_of_nested_macros_are_counted_together() -> None:
    within = {"input": {"a": [0] * 99, "b": [0] * 100}}
    beyond = {"input": {"a": [0] * 100, "b": [0] * 100}}
    text = "input.a.all(x, input.b.all(y, x == y))"
    assert holds(text, within)
    with pytest.raises(ConditionError, match="9,999"):
        holds(text, beyond)


def test_the_budget_is_that_of_one_evaluation() -> None:
    lookup = {"input": {"l": [1] * MOST_ITERATIONS}}
    assert all(holds("input.l.all(x, x == 1)", lookup) for _ in range(3))


DEEP: Json = 1
for _ in range(129):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([[i] for i in range(150_000)], id="many"),
        pytest.param(DEEP, id="deep"),
    ],
)
def test_more_than_a_condition_may_read_is_refused(value: Json) -> None:
    with pytest.raises(ConditionError) as caught:
        holds("input.l != []", {"input": {"l": value}})
    assert caught.value.kind is Kind.TOO_LARGE
    hear(caught.value.says)
    assert holds("input.n == 1", {"input": {"l": value, "n": 1}})


def test_ordinary_work_on_much_data_is_done() -> None:
    people = [{"name": f"name {i}", "tags": ["a", "b"], "text": "x" * 100} for i in range(2_000)]
    lookup = {"input": {"people": people, "patterns": ["^name 1", "99$"], "text": "lorem ipsum " * 100_000}}
    assert holds("input.people.exists(p, p.name == 'name 1999' && p.tags.exists(t, t == 'b'))", lookup)
    assert holds("input.people.filter(p, p.name.endsWith('99')).size() == 20", lookup)
    assert holds("input.people.all(p, p.text.matches('^x+[xy]{9}$'))", lookup)
    assert holds("input.people.exists(p, input.patterns.all(t, p.name.matches(t)))", lookup)
    assert holds("input.people.filter(p, p.tags.filter(t, t == 'b').size() == 1).size() == 2000", lookup)
    assert holds("input.text.contains('ipsum') && input.text.matches('(?i)IPSUM') && input.text != ''", lookup)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("abc", 3, id="letters"),
        pytest.param("[a-z]+\\d", 3, id="a class is one; so is an escape"),
        pytest.param("a{10}b{2,5}", 15, id="repetitions are multiplied one by one"),
        pytest.param("((a?){5}){5}", 50, id="nested repetitions multiply"),
        pytest.param("(a|b){1000}{1000}", 3_000_000, id="what RE2 refuses is large"),
        pytest.param("", 1, id="nothing"),
        pytest.param("])[(", 3, id="what is no pattern"),
    ],
)
def test_the_automaton_of_a_pattern_is_measured(pattern: str, expected: int) -> None:
    assert states(pattern) == expected


def test_what_is_dear_to_compile_weighs_more() -> None:
    assert [weight(text) for text in ("abc", "a{10}", ".", "[^a]", r"\pL", r"(\p{Greek}|x){10}", "é")] == [
        3,
        10,
        20,
        20,
        5_000,
        50_020,
        20,
    ]


def test_the_cost_of_going_through_a_list_grows_with_the_list_and_of_pairs_with_its_square() -> None:
    def needed(text: str, size: int) -> float:
        parsed = parse(text)
        assert isinstance(parsed, Condition)
        value = [{"tags": ["a"] * 3}] * size
        return work(parsed.tree, lambda _root, _path: value)

    once, pairs = "input.l.all(x, x.tags.all(t, t == 'a'))", "input.l.all(x, input.l.all(y, x == y))"
    assert needed(once, 1_000) == pytest.approx(10 * needed(once, 100), rel=0.05)
    assert needed(pairs, 1_000) == pytest.approx(100 * needed(pairs, 100), rel=0.05)
    assert needed(once, 5_000) < MOST_WORK < needed(pairs, 5_000)


def test_values_are_measured_by_their_items_and_texts() -> None:
    assert size_of({"a" * 32: ["x" * 64, 1, None]}) == 1 + 1 + 1 + 3 + 2


def test_a_condition_does_not_depend_on_the_clock() -> None:
    text = 'timestamp("2026-01-31T08:00:00Z") < timestamp("2026-02-01T00:00:00Z") && timestamp(input.t).getFullYear() == 2026'
    lookup = {"input": {"t": "2026-06-30T12:00:00+02:00"}}
    assert holds(text, lookup)
    for now in ("now()", 'timestamp("now")', 'timestamp("12:00")'):
        with pytest.raises(ConditionError):
            holds(f"{now} > timestamp(0)", {})
