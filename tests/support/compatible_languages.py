"""The parts of `docs/compatibility.md` about JSONata and CEL."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support import cel, languages
from tests.support.markdown import table

_KINDS = {
    "refused": "refused when it is checked, or when it runs: no clock, no chance, no text run as code",
    "other_value": "another value",
    "other_code": "fails, as the suite wants, without the suite's code",
    "too_deep": "needs a deeper stack than a sandbox has",
    "too_much": "is not run: made to take long, or not to end",
}


def _read(name: str) -> Any:
    return json.loads((languages.DATA / name).read_text())


def jsonata() -> str:
    """Say how the suite and the probes of JSONata come out."""
    suite, left = len(_read("suite.json")["cases"]), _read("unsupported.json")
    passed = suite - sum(map(len, left.values()))
    values = Counter(left["other_value"].values())
    probes, unlike = _read("probes.json"), _read("probes_unlike.json")
    alike = len(probes["rows"]) - sum(map(len, unlike.values()))
    return f"""## JSONata

Expressions run in the sandbox by `jsonata-python`, held to the language by `goalwright` where it
leaves it. The reference implementation's own suite (jsonata-js, state 6c7e95f) has {suite:,} cases,
of which {passed:,} come out as it says, in the sandbox and outside it. The others, case by case in
`tests/data/jsonata/unsupported.json`:

{table(("cases", "what"), ((len(left[kind]), words) for kind, words in _KINDS.items()))}

The other values:

{table(("cases", "reason"), ((n, why) for why, n in values.items()))}

The reference implementation ({probes["reference"]}) was asked {len(probes["rows"]):,} times what its
functions and operators give for null, nothing, wrong types, one, none and many
(`tests/data/jsonata/probes.json`). {alike:,} answers are the same. The others:

{table(("probes", "reason"), _counted(unlike))}

By intention otherwise:

* Whole numbers are exact at any size up to 300 digits: as text, as keys, compared, sorted, grouped,
  computed with. The reference has floating-point numbers only. A result that no number holds
  exactly fails with `number_inexact` and its place (`tests/data/jsonata/numbers.json`).
* Fractions have 15 significant digits as text, as in the reference.
* Division by zero fails; the reference gives Infinity or NaN, which JSON cannot write.
* A function in a result fails, or is left out of an object; the reference writes its inner parts.
* Regular expressions are those of [patterns](patterns.md), without the flag `u`."""


def conditions() -> str:
    """Say how the conformance suite of CEL comes out."""
    total, unlike = sum(1 for _ in cel.cases()), cel.unlike()
    passed = total - sum(map(len, unlike.values()))
    return f"""## CEL

Conditions are evaluated by cel-cpp, Google's own implementation, wherever they stand: handlers ask
the host. Of the conformance suite (cel-spec, state 508bd98) 14 files are run, {total:,} cases, of
which {passed:,} come out as the suite says, for conditions of steps and through a handler in its
sandbox alike. The others, case by case in `tests/data/cel/unlike.json`:

{table(("cases", "reason"), _counted(unlike))}

Not run:

{table(("files", "reason"), ((files, why) for why, files in cel.OTHER_FILES.items()))}

Beyond the suite:

* Whole numbers of JSON are exact within 64 bits, signed or unsigned. Reading a larger one is an
  error that names its place.
* A comparison of a whole number with a fractional one from 2^53 on, which only `double(...)` and
  arithmetic can make, takes both for fractional ones.
* `int(" 1 ")` is 1, and an operand of `&&` or `||` that does not decide is not typed at run time;
  the checks find it."""


def _counted(named: Mapping[str, list[str]]) -> Iterable[tuple[int, str]]:
    return ((len(names), why) for why, names in named.items())
