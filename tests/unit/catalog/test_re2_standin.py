"""The guest's stand-in for google-re2 finds what RE2 finds, and refuses what RE2 refuses."""

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest
import re2

from catalog.build import GUEST

TEXTS = ("", "a", "abc", "aaa", "é", "a\n", "a\nb", "A1 b2", "x]y", "a-b", "\t", "2026-01-31", "a.b", "[:", "ß", "foo_bar", "٣")


def standin() -> ModuleType:
    spec = spec_from_file_location("re2_standin", GUEST / "standins" / "re2.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(module: ModuleType, pattern: str) -> object:
    try:
        return [text for text in TEXTS if module.search(pattern, text)]
    except module.error:
        return "refused"


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(pattern, id=pattern or "nothing")
        for pattern in (
            *(
                "",
                "a",
                "^a",
                "a$",
                "^a$",
                "a\\z",
                "\\Aa",
                "a+",
                "a{2,3}",
                "(a|b)c?",
                "[a-c]+",
                "[^a]",
                "\\d+",
                "\\w",
                "\\s",
                "\\D",
            ),
            *(
                "(?i)ABC",
                "(?m)^b$",
                "(?s)a.b",
                "a.b",
                "[[:digit:]]+",
                "[[:alpha:]_]+",
                "x[]]y",
                "[]x]",
                "[^]]y",
                "\\.",
                "a\\-b",
            ),
            *(
                "(?:ab)+",
                "(?P<y>\\d{4})-(?P<m>\\d\\d)",
                "\\bfoo",
                "bar\\b",
                "[\\w.]+",
                "[$]",
                "\\$",
                "a*?",
                "\\x41",
                "\\t",
                "a|b|",
            ),
            *("(?=a)", "(?<=a)b", "(a)\\1", "(", "a{1001}", "[", "*a", "a**", "(?P=y)", "(?>a)", "a++", "\\q"),
        )
    ],
)
def test_the_standin_finds_what_re2_finds(pattern: str) -> None:
    assert found(standin(), pattern) == found(re2, pattern)


@pytest.mark.parametrize("pattern", ["\\pL", "\\p{Greek}", "\\C", "[[:^alpha:]]", "\\Qa.b\\E"])
def test_what_the_standin_cannot_say_is_refused(pattern: str) -> None:
    assert found(standin(), pattern) == "refused"
