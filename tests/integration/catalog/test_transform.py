"""JSONata in the sandbox: values as plain JSON, failures as sentences."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.catalog.conftest import Sandbox

ORDERS = {"orders": [{"id": "a", "total": 3}, {"id": "b", "total": None}, {"id": "c"}]}
TOO_DEEP = "the expression or its data is nested too deeply, or a function calls itself without end"
FACTORIAL = "($f := function($n) {{ $n <= 1 ? 1 : $n * $f($n - 1) }}; $f({n}))"


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("expression", "given", "value"),
    [
        pytest.param("$", {"data": [1]}, [1], id="the context is the data"),
        pytest.param("$", {"data": [[1, 2]]}, [[1, 2]], id="a list in a list stays one"),
        pytest.param("$", {"data": []}, [], id="an empty list"),
        pytest.param("$", {"data": None}, None, id="null"),
        pytest.param("missing", {"data": {}}, None, id="nothing is null"),
        pytest.param("orders.total", {"data": ORDERS}, [3, None], id="null is a value, absence is not"),
        pytest.param("orders[id = 'a'].total", {"data": ORDERS}, 3, id="one value is not a list"),
        pytest.param("orders[id = 'a'].total[]", {"data": ORDERS}, [3], id="unless the path says so"),
        pytest.param("[orders[id = 'z']]", {"data": ORDERS}, [], id="built lists are lists"),
        pytest.param("$sum([orders[id = 'z'].total])", {"data": ORDERS}, 0, id="the sum of nothing, as a list"),
        pytest.param(
            "(orders.{'id': id, 'total': total})[1]", {"data": ORDERS}, {"id": "b", "total": None}, id="null in an object"
        ),
        pytest.param("(orders.{'total': total})[2]", {"data": ORDERS}, {}, id="nothing in an object is left out"),
        pytest.param("$floor + 1", {"data": 0, "floor": 4.5}, 5.5, id="an input is a variable"),
        pytest.param("$rows.x", {"data": 0, "rows": [{"x": 1}, {"x": 2}]}, [1, 2], id="a variable may be a list"),
        pytest.param("$now", {"data": 0, "now": "2026"}, "2026", id="an input may have a function's name"),
        pytest.param("($now := 3; $now)", {"data": 0}, 3, id="so may a variable"),
        pytest.param("[2.0, 1.5, 1e3, 6/2]", {"data": 0}, [2, 1.5, 1000, 3], id="whole numbers are integers"),
        pytest.param("[1..3]", {"data": 0}, [1, 2, 3], id="a range"),
        pytest.param("{'f': $sum, 'n': 1}", {"data": 0}, {"n": 1}, id="a function in an object is left out"),
        pytest.param("$match('aXb', /x/i)", {"data": 0}, {"match": "X", "index": 1, "groups": []}, id="a regular expression"),
        pytest.param("$toMillis('2026')", {"data": 0}, 1767225600000, id="a year"),
        pytest.param("$toMillis('21/11/2026', '[D]/[M]/[Y]')", {"data": 0}, 1795219200000, id="a date by a picture"),
        pytest.param(
            "$fromMillis(1795219200000, '[FNn] [D1o] [MNn] [Y], [h#1]:[m01] [P]', '-0500')",
            {"data": 0},
            "Friday 20th November 2026, 7:00 pm",
            id="a date in words and a zone",
        ),
        pytest.param("$formatNumber(1234.5, '#,##0.00')", {"data": 0}, "1,234.50", id="a number by a picture"),
        pytest.param("$formatInteger(1999, 'I')", {"data": 0}, "MCMXCIX", id="a Roman number"),
        pytest.param("$encodeUrlComponent('a b/ä')", {"data": 0}, "a%20b%2F%C3%A4", id="a text for a URL"),
        pytest.param("$base64decode($base64encode('hä'))", {"data": 0}, "hä", id="base64"),
        pytest.param("$string(0.1 + 0.2)", {"data": 0}, "0.3", id="a number as text"),
        pytest.param("$reverse($sort([3, 1, 2]))", {"data": 0}, [3, 2, 1], id="sorting"),
        pytest.param(
            "$ ~> |orders|{'seen': true}, ['total']|",
            {"data": {"orders": [{"total": 1}]}},
            {"orders": [{"seen": True}]},
            id="an update",
        ),
        pytest.param(FACTORIAL.format(n=20), {"data": 0}, 2432902008176640000, id="a function that calls itself"),
        pytest.param(
            "($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, $a + $n) }; $f(2000, 0))", {"data": 0}, 2001000, id="a loop"
        ),
        pytest.param("$", {"data": deep(150)}, deep(150), id="data that is nested deeply"),
    ],
)
def test_an_expression_has_this_value(sandbox: "Sandbox", expression: str, given: dict[str, Any], value: Any) -> None:
    answered = sandbox.run("transform", {"expression": expression}, given)

    assert answered == {"ok": value}
    assert repr(answered["ok"]) == repr(value)  # 2 and 2.0 are equal, and not the same JSON


@pytest.mark.parametrize(
    ("expression", "given", "type_", "message"),
    [
        pytest.param(
            "'a",
            {"data": 0},
            "expression_invalid",
            "S0101: String literal must be terminated by a matching quote near `'a`",
            id="a text without end",
        ),
        pytest.param("a..b", {"data": 0}, "expression_invalid", "S0201: Syntax error: .. near `a..b`", id="no JSONata"),
        pytest.param("(" * 4000 + "1", {"data": 0}, "expression_invalid", "the expression is nested too deeply", id="brackets"),
        pytest.param(
            "1" + "+1" * 4900, {"data": 0}, "expression_invalid", "the expression is nested too deeply", id="a long sum"
        ),
        pytest.param(
            "$now()",
            {"data": 0},
            "expression_unsupported",
            "$now cannot be used: there is no clock; take the time from an input",
            id="the time",
        ),
        pytest.param(
            "$millis()",
            {"data": 0},
            "expression_unsupported",
            "$millis cannot be used: there is no clock; take the time from an input",
            id="the milliseconds",
        ),
        pytest.param(
            "$map([1], $random)",
            {"data": 0},
            "expression_unsupported",
            "$random cannot be used: there is no randomness",
            id="chance",
        ),
        pytest.param(
            "$shuffle([1])",
            {"data": 0},
            "expression_unsupported",
            "$shuffle cannot be used: there is no randomness",
            id="shuffling",
        ),
        pytest.param(
            "$eval('1')",
            {"data": 0},
            "expression_unsupported",
            "$eval cannot be used: data never becomes code",
            id="data as code",
        ),
        pytest.param(
            "$toMillis('12:30', '[H01]:[m01]')",
            {"data": 0},
            "expression_unsupported",
            "$toMillis needs a picture with a whole date: there is no clock to take today from",
            id="today",
        ),
        pytest.param(
            "$nope(1)",
            {"data": 0},
            "expression_failed",
            "T1006: Attempted to invoke a non-function near `$nope(1)`",
            id="an unknown function",
        ),
        pytest.param(
            "count($)",
            {"data": 0},
            "expression_failed",
            "functions are called with a $ in front: $count(...)",
            id="a function without $",
        ),
        pytest.param(
            "$count($)",
            {"data": 0, "count": 1},
            "expression_failed",
            "T1006: Attempted to invoke a non-function; inputs named as functions hide these: count",
            id="an input that hides a function",
        ),
        pytest.param(
            "1 / 0",
            {"data": 0},
            "expression_failed",
            "D1001: Number out of range: division by zero near `1 / 0`",
            id="a division by zero",
        ),
        pytest.param(
            "text",
            {"data": {"text": "\ud800"}},
            "expression_failed",
            "a text holds half of a surrogate pair at character 1, which JSON in UTF-8 cannot write",
            id="half a character",
        ),
        pytest.param(
            "$power(10, 400)",
            {"data": 0},
            "expression_failed",
            "D3061: The power function has resulted in a value that cannot be represented as a JSON number: "
            "base=10, exponent=400 near `$power(10,`",
            id="a number too large",
        ),
        pytest.param(
            "$error('stop')", {"data": 0}, "expression_failed", "D3137: stop near `$error('stop')`", id="an error of its own"
        ),
        pytest.param(
            "$sort(['b', 1])",
            {"data": 0},
            "expression_failed",
            "D3070: The single argument form of the sort function can only be applied to an array of strings or an "
            "array of numbers. Use the second argument to specify a comparison function near `$sort(['b', 1])`",
            id="what has no order",
        ),
        pytest.param(
            "$sum",
            {"data": 0},
            "expression_failed",
            "the value holds a function or a regular expression, which JSON cannot write; call it or leave it out",
            id="a function",
        ),
        pytest.param(FACTORIAL.format(n=5000), {"data": 0}, "expression_failed", TOO_DEEP, id="a recursion without end"),
        pytest.param(
            "($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, {'a': $a}) }; $f(2000, 1))",
            {"data": 0},
            "expression_failed",
            TOO_DEEP,
            id="a value nested too deeply",
        ),
    ],
)
def test_what_goes_wrong_is_said(sandbox: "Sandbox", expression: str, given: dict[str, Any], type_: str, message: str) -> None:
    answered = sandbox.run("transform", {"expression": expression}, given)

    assert answered == {"error": {"type": type_, "message": message, "retryable": False, "retry_after_s": None}}


def test_the_same_call_gives_the_same_answer_each_time(sandbox: "Sandbox") -> None:
    given = {"data": {"b": 1, "a": [3, 1], "c": {"y": 1, "x": 2}}}

    answers = [
        sandbox.run("transform", {"expression": "$merge([$, {'k': $keys($), 's': $string($)}])"}, given) for _ in range(10)
    ]

    assert all(answered == answers[0] for answered in answers)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param(
            {"type": "array", "items": {"properties": {"mag": {"type": "string"}}}},
            "the expression's value does not fit the schema: at /1/mag: 6.1 is not of type 'string'",
            id="names the path",
        ),
        pytest.param(
            {"anyOf": [{"type": "string"}, {"items": {"properties": {"mag": {"type": "integer"}}}}]},
            "the expression's value does not fit the schema: at /1/mag: 6.1 is not of type 'integer'",
            id="names the branch that came nearest",
        ),
        pytest.param(
            {"type": "strin"},
            "the schema is not valid at /type: 'strin' is not valid under any of the given schemas",
            id="no schema",
        ),
        pytest.param(
            {"$ref": "https://example.org/schema"},
            "whether the value fits is undecided: "
            "the schema refers to https://example.org/schema, which it does not hold; nothing is fetched",
            id="a remote reference",
        ),
    ],
)
def test_a_value_of_another_shape_is_refused(sandbox: "Sandbox", schema: dict[str, Any], message: str) -> None:
    answered = sandbox.run("transform", {"expression": "$", "output_schema": schema}, {"data": [{}, {"mag": 6.1}]})

    expected = "output_mismatch" if "value does not fit" in message else "schema_invalid"
    assert (answered["error"]["type"], answered["error"]["message"]) == (expected, message)
