"""The page about compatibility says what tests find."""

import os

import pytest

from tests.support import compatibility, suites


def test_the_page_says_what_the_suites_say() -> None:
    made = compatibility.page()
    if os.environ.get("GOALWRIGHT_UPDATE_GOLDEN"):
        compatibility.PAGE.write_text(made, encoding="utf-8")
    assert compatibility.PAGE.read_text(encoding="utf-8") == made


@pytest.mark.parametrize("draft", suites.DRAFTS)
def test_the_json_schema_test_suite_is_passed_but_for_the_differences_that_are_listed(draft: str) -> None:
    found = [
        {
            "draft": draft,
            "file": each.file,
            "case": each.case,
            "test": each.test,
            "wanted": each.wanted,
            "verdict": each.verdict,
        }
        for each in suites.on_host(draft)
        if each.verdict is not each.wanted
    ]
    listed = [{k: v for k, v in each.items() if k != "reason"} for each in suites.differences() if each["draft"] == draft]
    assert found == listed
    assert all(each["reason"] for each in suites.differences())
