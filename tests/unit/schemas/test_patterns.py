import random
import time

import pytest

from schemas.effort import Effort, TooMuchWorkError, bounded
from schemas.patterns import MOST_CHARACTERS, PatternError, pattern_flaw, search


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("b", "abc", True, id="anywhere"),
        pytest.param("^b", "abc", False, id="from the beginning"),
        pytest.param("^a$", "a\n", False, id="the end is the very end"),
        pytest.param(r"a\Z", "ba", True, id="the end as Python writes it"),
        pytest.param(r"^\d$", "٣", False, id="digits are those of ASCII"),
        pytest.param(r"^\w+$", "é", False, id="words are those of ASCII"),
        pytest.param(r"^\s\s\s$", "\ufeff\u00a0\v", True, id="spaces are those of Unicode"),
        pytest.param(r"^\S$", "\u2028", False, id="a line separator is a space"),
        pytest.param(r"^[\s,]+$", "\u2003,", True, id="spaces in a class"),
        pytest.param(r"[\u0000-\u0008\u000a-\u001f]", "a\x07", True, id="numbered characters"),
        pytest.param(r"^\u{1F600}$", "😀", True, id="a numbered character beyond the first plane"),
        pytest.param(r"^\ud83d\ude00$", "😀", True, id="a character as its surrogate pair"),
        pytest.param(r"^\cA$", "\x01", True, id="a control character"),
        pytest.param(r"^[\b]$", "\x08", True, id="a backspace, in a class"),
        pytest.param(r"\bcat\b", "a cat.", True, id="the edge of a word"),
        pytest.param(r"^\p{Lu}\p{Ll}+$", "Émile", True, id="letters of Unicode"),
        pytest.param(r"^[\p{L}\p{N} ._-]{1,100}$", "Ana Ñ. 7", True, id="a hundred letters of any script"),
        pytest.param(r"^(?i:host|te)$", "HOST", True, id="without regard to case"),
        pytest.param(r"^\/a\.b\-c$", "/a.b-c", True, id="escaped punctuation"),
        pytest.param(r"(?<year>\d{4})", "in 2024", True, id="a named group"),
    ],
)
def test_a_pattern_is_searched_for_as_ecma_262_means_it(pattern: str, text: str, *, found: bool) -> None:
    assert pattern_flaw(pattern) is None
    assert search(pattern, text) is found


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        pytest.param("(?=x)", "The pattern '(?=x)' cannot be evaluated here: look-around is not supported.", id="look ahead"),
        pytest.param("(?<!x)y", "cannot be evaluated here: look-around is not supported.", id="look behind"),
        pytest.param(r"(a)\1", "cannot be evaluated here: references back are not supported.", id="a reference back"),
        pytest.param(r"(?<a>b)\k<a>", "cannot be evaluated here: references back are not supported.", id="a named one"),
        pytest.param("a{1,2000}", "use minLength and maxLength.", id="a long repetition"),
        pytest.param("((a{100}){100}){100}", "use minLength and maxLength.", id="repetitions of repetitions"),
        pytest.param("(", "cannot be evaluated here: missing ): (.", id="a bracket that stays open"),
        pytest.param("(" * 900, "cannot be evaluated here: missing )", id="many brackets that stay open"),
        pytest.param("[a", "cannot be evaluated here: missing ]", id="a class that stays open"),
        pytest.param("a**", "cannot be evaluated here: bad repetition operator: **.", id="a repetition of nothing"),
        pytest.param(r"\p{L}{1000}", "cannot be evaluated here: pattern too large", id="too large when written out"),
        pytest.param("x" * (MOST_CHARACTERS + 1), "is longer than 1,000 characters.", id="long"),
        pytest.param("\ud800", r"The pattern '\ud800' holds half of a surrogate pair.", id="half a surrogate pair"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_a_sentence(pattern: str, says: str) -> None:
    flaw = pattern_flaw(pattern)
    assert flaw is not None
    assert says in flaw
    assert len(flaw) < 300
    with pytest.raises(PatternError, match="pattern"):
        search(pattern, "x")


def test_a_text_that_is_no_unicode_matches_nothing_and_says_so() -> None:
    with pytest.raises(PatternError, match="half of a surrogate pair"):
        search(".", "\ud800")


def test_a_search_that_would_take_minutes_is_refused_before_it_begins() -> None:
    with pytest.raises(PatternError, match="too much work"):
        search("[ab]*a[ab]{990}c", "ab" * 500_000)


SHORT, LONG = (Effort(applications=1, pattern_s=seconds) for seconds in (0.05, 1_000))
COIN = random.Random(1)
HARD = "".join(COIN.choice("ab") for _ in range(50_000))


def test_searches_that_together_take_too_long_are_given_up_and_those_after_the_block_go_on() -> None:
    def many() -> None:
        for _ in range(1_000):
            search("[ab]*a[ab]{990}c", HARD)

    with pytest.raises(TooMuchWorkError, match="too much work"), bounded(SHORT):
        many()
    with pytest.raises(TooMuchWorkError), bounded(SHORT), bounded(LONG):
        many()
    with bounded(SHORT):
        assert search("^a+$", "aaaaaaaaaaaa")


def test_patterns_that_together_take_too_long_to_compile_are_given_up() -> None:
    def many() -> None:
        for i in range(1_000):
            pattern_flaw(r"(\p{L}|\p{N}|[\p{M}\s])" * 20 + str(i))

    with pytest.raises(TooMuchWorkError), bounded(SHORT):
        many()


def test_patterns_that_keep_a_backtracking_engine_busy_for_years_take_no_time() -> None:
    begin = time.thread_time()
    assert not search("^(a+)+$", "a" * 100_000 + "!")
    assert not search("^(a|a)*$", "a" * 100_000 + "!")
    assert time.thread_time() - begin < 5  # of years; a generous guard, not a measure
