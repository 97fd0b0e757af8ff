"""Numbers of expressions: exact, or refused."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonata.jexception import JException

from schemas.expressions import numbers

WHOLE = st.integers(-(10**40), 10**40)
NUMBERS = WHOLE | st.floats(allow_nan=False, allow_infinity=False, width=64).map(numbers.plain)
OPERATIONS = [
    (numbers.added, operator.add),
    (numbers.subtracted, operator.sub),
    (numbers.multiplied, operator.mul),
    (numbers.divided, operator.truediv),
]


@pytest.mark.parametrize(("computed", "exactly"), OPERATIONS)
@given(left=NUMBERS, right=NUMBERS)
def test_a_result_of_large_whole_numbers_is_exact_or_refused(
    computed: Callable[[float, float], float], exactly: Callable[[Fraction, Fraction], Fraction], left: float, right: float
) -> None:
    if computed is numbers.divided and right == 0:
        return
    large = any(isinstance(number, int) and abs(number) > numbers.WHOLE for number in (left, right))
    try:
        made = computed(left, right)
    except JException as error:
        refused = str(error.error)
        assert refused in ("number_inexact", "D1001")
        return
    if large or (isinstance(left, int) and isinstance(right, int) and computed is not numbers.divided):
        assert Fraction(made) == exactly(Fraction(left), Fraction(right))
    else:
        assert made == exactly(float(left), float(right))  # type: ignore[arg-type]  # as floating-point numbers do


@given(left=WHOLE, right=WHOLE.filter(bool))
def test_a_remainder_has_the_sign_of_what_is_divided(left: int, right: int) -> None:
    rest = numbers.remainder(left, right)
    assert isinstance(rest, int)
    assert (left - rest) % right == 0
    assert abs(rest) < abs(right)
    assert rest == 0 or (rest > 0) == (left > 0)


@given(number=WHOLE)
def test_whole_numbers_are_written_and_read_in_full(number: int) -> None:
    assert numbers.text(number) == str(number)
    assert numbers.read(str(number)) == number


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_text_reads_back_to_fifteen_digits(number: float) -> None:
    again = numbers.read(numbers.text(number))
    assert again is not None
    assert math.isclose(again, number, rel_tol=1e-14, abs_tol=0.0)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (-1e-7, "-1e-7"),
        (1 / 3, "0.333333333333333"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (2.0**53, "9007199254740992"),
        (123456789012345680.0, "123456789012345680"),
        (100.0, "100"),
    ],
)
def test_texts_are_those_of_javascript(number: float, text: str) -> None:
    assert numbers.text(number) == text


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", ".5", "5.", "1_0", "\u0661", "inf", "nan", "1e400", "0x", "0b2", "--1", "1" * 302]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    assert numbers.read(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("-0", 0),
        ("1e3", 1000),
        ("1.50", 1.5),
        ("00", 0),
        ("9007199254740993.0", 9007199254740993),
    ],
)
def test_forms_of_the_language_are_read(text: str, number: float) -> None:
    assert numbers.read(text) == number
