"""`docs/compatibility.md`: by standard, which suite was run, how much passed, and each difference
left with its reason.

Whoever adds a standard adds a section here: a function that works its text out from data that tests
hold.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support import compatible_http, compatible_languages, openapi_tables, suites
from tests.support.markdown import table
from tests.support.tables import PATTERNS

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
_HEAD = """# Compatibility

Made by `GOALWRIGHT_UPDATE_GOLDEN=1 pytest tests/unit/test_compatibility.py` from suites that tests
run; a test holds this page. By standard: which
suite was run, how much of it passed, and each difference that is left, with its reason.
"""
_NAMES = {"draft2020-12": "draft 2020-12", "draft7": "draft 7", "draft4": "draft 4"}


def json_schema() -> str:
    """Say how the JSON Schema Test Suite is passed."""
    judged = {draft: suites.on_host(draft) for draft in suites.DRAFTS}
    passed = {draft: sum(each.verdict is each.wanted for each in tests) for draft, tests in judged.items()}
    figures = [(_NAMES[draft], f"{len(tests):,}", f"{passed[draft]:,}") for draft, tests in judged.items()]
    left = Counter((each["reason"], _NAMES[each["draft"]], each["file"]) for each in suites.differences())
    return f"""## JSON Schema

Dialects by `$schema`: 2020-12 (also where none is named), 2019-09, 7, 6 and 4; any other is refused
when a schema is checked. Checks, the host and
handlers use the same module, `schemas/validation.py`, over the library `jsonschema`. Formats are
asserted in the input of a template or a goal and by the handler
`validate`. References lead within a schema only: nothing is fetched.

The JSON Schema Test Suite with its optional tests (state 44401e0c), on the host and in a handler in
its sandbox, with the same results:

{table(("draft", "tests", "passed"), figures)}

What is left, test by test in `tests/data/json-schema/differences.json`:

{table(("tests", "draft", "file", "reason"), ((n, draft, f"`{file}`", why) for (why, draft, file), n in left.items()))}

Beyond the suite:

* `multipleOf` divides numbers as they are written in decimals; the standard speaks of numbers, most
  implementations divide binary fractions.
* `format: regex`, `pattern` and `patternProperties` are the dialect of patterns below.
* In a plan a schema may not hold `$dynamicRef`, `$recursiveRef`, anchors, or an `$id` or another
  `$schema` within it: such a schema is refused when it is checked.
* A schema that is too much work for a value, or that refers to itself without end, decides nothing
  about it: the value neither fits nor fails to fit, and the step fails with that sentence."""


def patterns() -> str:
    """Say how patterns agree with ECMA-262."""
    counted = Counter(row.verdict for row in PATTERNS)
    about = Counter(row.about for row in PATTERNS if row.verdict == "not supported")
    return f"""## Patterns (ECMA-262)

The dialect is in [patterns](patterns.md). A table of {len(PATTERNS)} rows
(`tests/data/patterns/table.yaml`, verdicts of V8 with the flag `u`) is run by the check, the host
and a handler in its
sandbox, with the same results: {counted["match"]} match, {counted["no match"]} do not,
{counted["not ECMA-262"]} are no patterns and are refused, and {counted["not supported"]} are
refused because
they cannot be had:

{table(("rows", "about"), ((n, what) for what, n in about.items()))}

Without the flag `u`, as JSONata writes its regular expressions, a text is still a row of code
points, `i` compares as it does with `u`, and with `m` a text with
line breaks other than `\\n` is refused."""


SECTIONS: tuple[Callable[[], str], ...] = (
    json_schema,
    patterns,
    compatible_languages.jsonata,
    compatible_languages.conditions,
    compatible_http.http,
    openapi_tables.section,
)
"""The page's parts, in order."""


def page() -> str:
    """Write the page."""
    return "\n".join([_HEAD, *(f"{section()}\n" for section in SECTIONS)])
