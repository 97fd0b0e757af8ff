"""What is bundled of a distribution, and what is not."""

import pytest

from catalog.packages import PackageError, bundled


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["chevron"], ["chevron"], id="one alone"),
        pytest.param(
            ["jsonschema"],
            ["attrs", "jsonschema", "jsonschema-specifications", "referencing"],
            id="with what it requires, but for what has a stand-in",
        ),
    ],
)
def test_a_distribution_is_bundled_with_what_a_guest_needs_of_it(names: list[str], found: list[str]) -> None:
    assert [package.name.lower() for package in bundled(names)] == found


def test_native_code_is_refused_by_name() -> None:
    with pytest.raises(PackageError, match=r"the distribution pydantic.core holds native code"):
        bundled(["pydantic"])


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(PackageError, match="the distribution no-such-thing, required by the capability, is not installed here"):
        bundled(["no-such-thing"])
