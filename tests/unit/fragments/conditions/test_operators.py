"""Tables of CEL: what every operator and function gives for every kind, what paths lead to, what an evaluation can cost."""

import pytest

from fragments.conditions import Condition, Fault, faults, parse
from fragments.conditions.functions import FUNCTIONS, METHODS
from fragments.conditions.kinds import kind_of
from fragments.conditions.reading import references, steps_read
from schemas.conditions.costs import size_of, work
from schemas.values import Json, Schema
from tests.support.telling import hear, of_faults

TYPES: dict[str, Schema] = {
    "nothing": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "text": {"type": "string"},
    "list": {"type": "array", "items": {"type": "integer"}},
    "object": {"type": "object", "additionalProperties": {"type": "integer"}},
    "maybe": {"type": ["integer", "null"]},
    "mixed": {"type": ["integer", "string"]},
    "any": {},
}
KINDS = {f"input.{name}": name for name in TYPES} | {
    "2u": "uint",
    "2.5": "double",
    'b"x"': "bytes",
    "type(1)": "type",
    'timestamp("2026-01-31T08:00:00Z")': "time",
    'duration("1h")': "span",
}
SCOPE: dict[str, Schema] = {"input": {"type": "object", "required": list(TYPES), "properties": TYPES}}
SHORT = {"condition.type": "!", "condition.constant": "=", "condition.unknown_function": "f", "condition.pattern": "p"}


def outcome(text: str) -> str:
    """Say in a few letters what a condition comes to: what it gives where that is no boolean, and its faults."""
    found = list(faults(text, scope_types=SCOPE.get))
    gives = [fault.says.partition(" gives ")[2].partition(",")[0] for fault in found if " gives " in fault.says]
    gives += [
        f"maybe {fault.says.partition(' may give ')[2].partition(',')[0]}" for fault in found if " may give " in fault.says
    ]
    marks = [_mark(fault) for fault in found if fault.code != "condition.not_boolean"]
    return " ".join([*gives, *marks]) or "ok"


def _mark(fault: Fault) -> str:
    return f"{SHORT.get(fault.code, fault.code)}{'?' if fault.severity == 'warning' else ''}"


def table(rows: dict[str, dict[str, str]]) -> None:
    """Hear rows in which columns with the same outcome stand together."""
    for row, cells in rows.items():
        by: dict[str, list[str]] = {}
        for column, cell in cells.items():
            by.setdefault(cell, []).append(column)
        hear(f"{row}: " + "; ".join(f"{cell} [{' '.join(columns)}]" for cell, columns in by.items()))


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "in"])
def test_an_operator_gives_for_every_pair_of_kinds_what_the_table_says(operator: str) -> None:
    table({KINDS[one]: {KINDS[other]: outcome(f"{one} {operator} {other}") for other in KINDS} for one in KINDS})


def test_an_index_a_choice_and_what_stands_before_one_value_give_what_the_table_says() -> None:
    table({KINDS[one]: {KINDS[other]: outcome(f"{one}[{other}]") for other in KINDS} for one in KINDS})
    table({f"? {KINDS[one]}": {KINDS[other]: outcome(f"input.bool ? {one} : {other}") for other in KINDS} for one in KINDS})
    forms = {"!": "!{}", "-": "-{}", "?:": "{} ? 1 : 2", "all": "{}.all(x, true)", "map": "{}.map(x, x)[0]", "list": "[{}][0]"}
    forms |= {"filter": "{}.filter(x, true)", "exists": "{}.exists(x, x == 1)", "object": "{{{}: 1}}", "field": "{}.a"}
    forms |= {"has": "has({}.a)", "exists_one": "{}.exists_one(x, x > 1)", "map with a test": "{}.map(x, x > 1, x)"}
    table({name: {KINDS[one]: outcome(form.format(one)) for one in KINDS} for name, form in forms.items()})


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_gives_for_every_kind_what_the_table_says(function: str) -> None:
    second = ', "a"' if function == "matches" else ""
    table({function: {KINDS[one]: outcome(f"{function}({one}{second})") for one in KINDS}})
    of_faults(faults(f"{function}() == 1 || {function}(1, 2, 3) == 1", scope_types=SCOPE.get))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_method_gives_for_every_kind_what_the_table_says(method: str) -> None:
    for given in ("", '"a"', "1"):
        table({f"{method}({given})": {KINDS[one]: outcome(f"{one}.{method}({given})") for one in KINDS}})
    of_faults(faults(f"input.text.{method}(1, 2, 3) == 1", scope_types=SCOPE.get))


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({}, id="anything"),
        pytest.param({"const": 3}, id="a constant"),
        pytest.param({"const": [1, "x"]}, id="a constant list"),
        pytest.param({"const": []}, id="an empty constant list"),
        pytest.param({"const": {"a": 1}}, id="a constant object"),
        pytest.param({"enum": ["a", "b"]}, id="an enumeration"),
        pytest.param({"enum": [1, None]}, id="an enumeration with null"),
        pytest.param({"enum": [1.5, 2.0, 2**70, True]}, id="an enumeration of numbers"),
        pytest.param({"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "integer"}}}]}, id="or null"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "array"}]}, id="cases"),
        pytest.param({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}, id="one of two"),
        pytest.param({"allOf": [{"type": ["integer", "string"]}, {"type": ["string", "null"]}]}, id="all of two"),
        pytest.param({"not": {"type": "string"}, "type": "integer"}, id="not"),
        pytest.param(
            {"type": ["object", "null"], "required": ["a"], "properties": {"a": {"type": "string"}}}, id="may be null"
        ),
        pytest.param({"type": "null"}, id="null"),
        pytest.param({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}, id="with a"),
        pytest.param({"type": "object", "properties": {"a": {"type": "integer"}}}, id="perhaps with a"),
        pytest.param({"type": "object", "additionalProperties": False, "properties": {"b": {}}}, id="never with a"),
        pytest.param({"type": "array", "items": {"type": "integer"}}, id="a list"),
        pytest.param(
            {"type": "array", "items": {"type": "object", "required": ["a"], "properties": {"a": {}}}}, id="of objects"
        ),
        pytest.param({"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1}, id="of one"),
        pytest.param({"type": "array", "minItems": 2, "items": True}, id="two of anything"),
        pytest.param({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, id="and texts"),
        pytest.param({"type": "array", "items": {"type": ["integer", "null"]}}, id="a list of what may be null"),
    ],
)
def test_what_can_be_read_of_a_value_follows_from_its_schema(schema: Schema) -> None:
    texts = [
        *("x", "x.a", "x['a']", "x[0]", "x[1] == 1", "x.a == 1", "x.a.b", "x > 1", "x == 'a'", "x == null", "!(x != 1)"),
        *("has(x.a) && x.a == 1", "!has(x.a) || x.a == 1", "'a' in x && x.a == 1", "has(x.a) ? x.a == 1 : true"),
        *("x != null && x.a == 1", "x == null || x.a == 1", "x == null ? true : x.a == 1", "null == x || x > 1"),
        *("size(x) > 0 && x[0] == 1", "x.size() >= 1 && x[0] == 1", "1 < size(x) && x[1] == 1", "x != [] && x[0] == 1"),
        *("size(x) == 2 && x[1] == 1", "size(x) != 0 && x[0] == 1", "0 == size(x) || x[0] == 1", "x == [] || x[0] == 1"),
        *("x.all(i, i == 1)", "x.exists(i, i.a == 1)", "x.filter(i, i != null).all(i, i > 1)", "x.map(i, i)[0] == 1"),
        *("!(!has(x.a) || x.a == 2)", "!(x == null || x.a == 2)", "!(has(x.a) && x.a == 1)", "!has(x.a) && x.a == 1"),
        *(
            "x + x == x",
            "(x + x).all(i, i > 1)",
            "(x + ['a']).all(i, i > 1)",
            "[x, x].all(i, i == 1)",
            "{'k': x}.k == 1",
            "(true ? x : 1) == 1",
            "x in [1, 2]",
            "x in x",
        ),
    ]
    for text in texts:
        found = of_faults(faults(text, scope_types={"x": schema}.get, names=("x",)))
        hear(f"{text}: {len(found)}")


VALUE: Json = {"l": [{"t": "a" * 64, "n": 1}, {"t": "", "n": 2}], "s": "x" * 320, "p": ["^a{10}", "b"], "n": 3}


@pytest.mark.parametrize(
    "text",
    [
        *("true", "'" + "a" * 64 + "' == ''", "input.n == 1", "input.s == input.s", "input.s < 'a'", "input.l == input.l"),
        *("input.s + input.s == ''", "input.l + input.l == []", "input.s.contains('ab')", "input.s.contains(input.s)"),
        *("input.s.startsWith('a')", "input.s.matches('a+')", "input.s.matches('a{100}')", "input.s.matches(input.s)"),
        *("input.s.matches('a' + 'b')", "'a'.matches(input.p[0])", "input.p.exists(p, input.s.matches(p))"),
        *("['a', 'b{9}'].exists(p, input.s.matches(p))", "[1, 'b{9}'].exists(p, 'a'.matches(p))", "'a'.matches(input)"),
        *("input.l.all(x, x.n == 1)", "input.l.all(x, x.t == '')", "input.l.all(x, input.l.all(y, x == y))"),
        *(
            "input.l.map(x, x.t) == []",
            "input.l.map(x, x.n > 1, x) == []",
            "input.l.map(x, x.t != '', x.n) == []",
            "input.l.filter(x, x.n > 1) == []",
        ),
        *("input.l.filter(x, true).all(x, x.t != '')", "input.l.map(x, x).all(x, x.n == 1)", "input.l[0].t == ''"),
        *("input.l.all(x, [1].all(x, x == 1) && x.n == 1)", "(input.n > 1 ? input.s : 'a') == ''", "[input.s, 1] == []"),
        *("{'a': input.s} == {}", "[[1, 2], [3]].all(x, x.all(y, y > 0))", "size(input.l) > 0", "string(input.n) == ''"),
        *(
            "bytes(input.s) == b''",
            "input.n in [1, 2, 3]",
            "!(input.n > 1) && -input.n < 0",
            "has(input.n)",
            "input['s'] == ''",
        ),
        *("dyn(input.l) == []", "input.l.exists_one(x, x.n == 1)", "[input.l].map(a, a + a).all(a, a != [])", "input != {}"),
    ],
)
def test_the_work_of_a_condition_is_bounded_by_the_figure_of_the_table(text: str) -> None:
    parsed = parse(text)
    assert isinstance(parsed, Condition)
    read: list[str] = []

    def resolve(root: str, path: tuple[str | int, ...]) -> Json:
        read.append(".".join(map(str, (root, *path))))
        value = {"input": VALUE}[root]
        for key in path:
            value = value[key]
        return value

    hear(f"{text[:60]}: {work(parsed.tree, resolve):g} units, reads {', '.join(read) or 'nothing'}")
    hear(f"references {', '.join(reference.text for reference in references(text))}; steps {', '.join(steps_read(text))}")


@pytest.mark.parametrize(
    ("value", "kind", "size"),
    [
        pytest.param(None, "null", 1, id="null"),
        pytest.param(True, "bool", 1, id="true"),
        pytest.param(1, "int", 1, id="an integer"),
        pytest.param(1.0, "int", 1, id="a whole float"),
        pytest.param(2**63 - 1, "int", 1, id="the largest of 64 bits"),
        pytest.param(2**63, "double", 1, id="one beyond"),
        pytest.param(-(2**63), "int", 1, id="the smallest of 64 bits"),
        pytest.param(-(2**63) - 1, "double", 1, id="one below"),
        pytest.param(1.5, "double", 1, id="a fraction"),
        pytest.param("x" * 32, "string", 2, id="a text"),
        pytest.param([1, [2]], "list", 4, id="a list"),
        pytest.param((1,), "list", 2, id="a tuple"),
        pytest.param({"a" * 32: {"b" * 16: 1}}, "map", 4.5, id="an object"),
    ],
)
def test_a_json_value_has_a_kind_and_a_size(value: Json, kind: str, size: float) -> None:
    assert (kind_of(value), size_of(value)) == (kind, size)
