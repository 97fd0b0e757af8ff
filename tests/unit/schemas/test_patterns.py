import random
import time

import pytest

from schemas.effort import Effort, TooMuchWorkError, bounded
from schemas.patterns import MOST_CHARACTERS, RE2, Match, PatternError, find, pattern_flaw, search
from tests.support.tables import PATTERNS, Row


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("b", "abc", True, id="anywhere"),
        pytest.param("^b", "abc", False, id="from the beginning"),
        pytest.param("^a$", "a\n", False, id="the end is the very end"),
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
        pytest.param(r"^\/a\.b$", "/a.b", True, id="escaped punctuation"),
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
        pytest.param(
            "(", "is no regular expression of ECMA-262: ( is never closed (character 1).", id="a bracket that stays open"
        ),
        pytest.param(
            "(" * 900,
            "is no regular expression of ECMA-262: ( is never closed (character 900)",
            id="many brackets that stay open",
        ),
        pytest.param("[a", "[ is never closed (character 1).", id="a class that stays open"),
        pytest.param("a**", "there is nothing to repeat (character 3).", id="a repetition of nothing"),
        pytest.param(r"\p{L}{1000}", "cannot be evaluated here: pattern too large", id="too large when written out"),
        pytest.param("x" * (MOST_CHARACTERS + 1), "is longer than 1,000 characters.", id="long"),
        pytest.param(
            "\ud800",
            r"The pattern '\ud800' cannot be evaluated here: it holds half of a surrogate pair.",
            id="half a surrogate pair",
        ),
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


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.about}, {row.pattern!a}, {row.text[:9]!a}") for row in PATTERNS])
def test_a_pattern_means_what_the_table_says(row: Row) -> None:
    flaw = pattern_flaw(row.pattern)
    if flaw is None:
        assert search(row.pattern, row.text) is {"match": True, "no match": False}[row.verdict]
    else:
        reason = "not supported" if "cannot be evaluated here" in flaw else "not ECMA-262"
        assert reason == row.verdict


def test_the_table_has_rows_of_every_verdict_and_no_row_twice() -> None:
    assert {row.verdict for row in PATTERNS} == {"match", "no match", "not supported", "not ECMA-262"}
    assert len({(row.pattern, row.text) for row in PATTERNS}) == len(PATTERNS) > 350


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        pytest.param(r"\-\@]{", "", "a-@]{", True, id="without u, punctuation may be escaped, and brackets stand alone"),
        pytest.param(r"[\w-z]", "", "-", True, id="without u, a class may stand beside a dash"),
        pytest.param("abc", "i", "xABCx", True, id="without regard to case"),
        pytest.param("^b$", "m", "a\nb\nc", True, id="lines"),
        pytest.param("^b$", "", "a\nb\nc", False, id="no lines"),
        pytest.param("a.b", "s", "a\nb", True, id="a dot that is any character"),
        pytest.param(r"(?i)^A\z", RE2, "a", True, id="the words of RE2"),
        pytest.param("^.$", RE2, "\u2028", True, id="RE2's dot leaves out line feeds alone"),
    ],
)
def test_flags_change_what_a_pattern_means(pattern: str, flags: str, text: str, *, found: bool) -> None:
    assert search(pattern, text, flags) is found


@pytest.mark.parametrize(
    ("pattern", "flags", "says"),
    [
        pytest.param("a", "g", "the flag 'g' is not supported; flags are i, m, s and u, once each", id="another flag"),
        pytest.param("a", "ii", "the flag 'i' is not supported; flags are i, m, s and u, once each", id="a flag twice"),
        pytest.param(r"\p{L}", "", r"\p is no escape (character 1)", id="properties need u"),
        pytest.param(r"\u{61}", "", r"\u stands before no number of a character (character 1)", id="and numbers in braces"),
        pytest.param("(?=a)", RE2, "look-around is not supported", id="look-around in the words of RE2"),
        pytest.param(r"(a)\1", RE2, "references back are not supported", id="references back in the words of RE2"),
    ],
)
def test_flags_and_what_they_rule_out_are_told(pattern: str, flags: str, says: str) -> None:
    flaw = pattern_flaw(pattern, flags)
    assert flaw is not None
    assert says in flaw


def test_with_lines_a_text_with_other_line_breaks_than_line_feeds_is_refused() -> None:
    with pytest.raises(PatternError, match=r"only \\n may break lines"):
        search("^b$", "a\r\nb\r\n", "m")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("a", "banana", [((1, 2), ()), ((3, 4), ()), ((5, 6), ())], id="all of them"),
        pytest.param("(é)|(😀)", "é😀", [((0, 1), ((0, 1), None)), ((1, 2), (None, (1, 2)))], id="groups, in code points"),
        pytest.param("a*", "ba", [((0, 0), ()), ((1, 2), ()), ((2, 2), ())], id="nothing, too"),
        pytest.param("", "é😀", [((0, 0), ()), ((1, 1), ()), ((2, 2), ())], id="nothing between letters"),
        pytest.param(r"\B", "aéé", [((2, 2), ()), ((3, 3), ())], id="never in the middle of a letter"),
        pytest.param("x", "", [], id="nowhere"),
    ],
)
def test_matches_are_found_with_their_places(pattern: str, text: str, found: list[tuple[object, object]]) -> None:
    expected = [Match(*each) for each in found]  # type: ignore[arg-type]  # spelled out above
    assert find(pattern, text, most=10) == expected
    assert find(pattern, text, most=2) == expected[:2]
    assert find(pattern, text, start=expected[1].span[0] if len(expected) > 1 else 0, most=10) == expected[1:]
