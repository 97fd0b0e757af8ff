"""Explanations of codes: why a problem matters, what causes it, how it is mended. One file of `explained` for each code."""

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from json import dumps

from pydantic import Field
from yaml import safe_load

from catalog.capability import Document
from fragments.bounds import Bounds
from fragments.codes import CODES
from fragments.constructs import Construct
from fragments.documents import Allow
from fragments.problems import Severity
from schemas.values import Json

_FOLDER = files("fragments") / "explained"


class Kind(StrEnum):
    """What the two examples of an explanation are, and so who judges them."""

    DOCUMENT = "document"  # texts that `goalwright check` reads
    ANSWER = "answer"  # what a model answers
    SOURCE = "source"  # texts of another dialect, for `goalwright convert`
    MAPPING = "mapping"  # mapping files of `goalwright convert`
    SUBMISSION = "submission"  # templates that `goalwright run` is given
    WORDS = "words"  # sentences about what has no place on a page


class Child(Document):
    """A workflow that there is beside the example. It runs no steps that matter here."""

    name: str
    namespace: str = "default"
    version: str = "1.0.0"
    input_schema: dict[str, Json] = Field(default={"type": "object"})
    calls: tuple[str, ...] = ()


class Around(Document):
    """What stands around an example: what the operator has, what a planning step asks for, what a task was given.

    `left` is what is left of the bounds, and for a submission what the operator allows. `mapping` is the text of a mapping
    file.
    """

    input_schema: dict[str, Json] | None = None
    given: dict[str, Json] | None = None
    channels: tuple[str, ...] = ()
    operator_hosts: tuple[str, ...] = ("*",)
    secrets: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    allow: Allow | None = None
    must_produce: dict[str, Json] | None = None
    left: Bounds | None = None
    workflows: tuple[Child, ...] = ()
    runs: tuple[Construct, ...] | None = None
    dialect: str | None = None
    mapping: str | None = None


class Explanation(Document):
    """What one file says of its code.

    `severity` has that of the example first; a second one where it may be the other. `patch`: the example's problem carries a
    patch that `check --mend` applies. `where` is the pointer to which it points.
    """

    why: str = Field(min_length=20)
    mend: str = Field(min_length=10)
    kind: Kind = Kind.DOCUMENT
    severity: tuple[Severity, ...] = Field(default=(Severity.ERROR,), min_length=1, max_length=2)
    patch: bool = False
    where: str = ""
    around: Around = Around()
    wrong: str
    right: str


def explained() -> frozenset[str]:
    """Name the codes that have a file."""
    return frozenset(file.name.removesuffix(_ENDING) for file in _FOLDER.iterdir() if file.name.endswith(_ENDING))


def explanation(code: str) -> Explanation:
    """Read the explanation of a code of the table."""
    return Explanation.model_validate(safe_load((_FOLDER / f"{code}{_ENDING}").read_text(encoding="utf-8")))


def to_json(code: str) -> dict[str, Json]:
    """Write what is known of a code, for programs."""
    told = explanation(code)
    around = told.around.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {"code": code, "says": CODES[code], **told.model_dump(mode="json", exclude={"around"}), "around": around}


def section(code: str) -> str:
    """Explain one code in Markdown: what it says, why it matters, an example of what causes it, the same mended."""
    told = explanation(code)
    kind = " or ".join(told.severity) + ("; the example has a patch" if told.patch else "")
    parts = [f"**{CODES[code]}** ({kind})", told.why.strip(), *_example(told), f"**Mended.** {told.mend.strip()}"]
    return "\n\n".join([*parts, _text(told, told.right)]) + "\n"


def page() -> str:
    """Explain every code in Markdown, grouped by what stands before the dot."""
    parts = [_HEADING]
    for family, codes in _families().items():
        parts.append(f"## {family}: {_FAMILIES[family]}\n")
        parts.append("".join(f"* [`{code}`](#{code}): {CODES[code]}\n" for code in codes))
        parts.extend(f'### <a id="{code}"></a>`{code}`\n\n{section(code)}' for code in codes)
    return "\n".join(parts)


def _example(told: Explanation) -> Iterator[str]:
    at = f", with the problem at `{told.where}`" if told.where else ""
    yield f"**Example**{_JUDGES[told.kind]}{at}:"
    around = told.around.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"mapping"})
    if around:
        yield "\n".join(f"* {_AROUND[key]}: {_short(value)}" for key, value in around.items())
    if told.around.mapping is not None:
        yield f"with the mapping file\n\n{_fenced(told.around.mapping)}\n\nand the source"
    yield _text(told, told.wrong)


def _text(told: Explanation, text: str) -> str:
    return text.strip() if told.kind is Kind.WORDS else _fenced(text)


def _fenced(text: str) -> str:
    return f"```{'json' if text.startswith('{') else 'yaml'}\n{text.rstrip()}\n```"


def _short(value: Json) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(f"`{part}`" for part in value) or "none"
    return f"`{dumps(value, ensure_ascii=False)}`"


def _families() -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for code in CODES:
        families.setdefault(code.partition(".")[0], []).append(code)
    return families


_ENDING = ".yaml"
_HEADING = """# Problems

<!-- from fragments/codes.py and fragments/explained; tests/unit/fragments/test_explanations.py holds them together -->

Every finding of a check has a code that stays as it is. Each is explained here, with an example that causes it and the same
example mended; a test checks both. `goalwright explain CODE` prints the same.

An **error** refuses the document. With a **warning** it may run. A **patch** mends without changing what was meant:
`goalwright check --mend FILE` applies it.
"""
_JUDGES = {
    Kind.DOCUMENT: "",
    Kind.ANSWER: ", as a model answers it",
    Kind.SOURCE: ", as `goalwright convert` reads it",
    Kind.MAPPING: ", as a mapping file of `goalwright convert`",
    Kind.SUBMISSION: ", as `goalwright run` is given it",
    Kind.WORDS: "",
}
_AROUND = {
    "input_schema": "the input has the schema",
    "given": "the input is",
    "channels": "channels that the operator has",
    "operator_hosts": "hosts that the operator allows",
    "secrets": "secrets that the operator has",
    "groups": "groups of the operator's people",
    "allow": "the planning step allows",
    "must_produce": "the planning step must produce",
    "left": "left of the bounds",
    "workflows": "workflows that there are",
    "runs": "what the engine runs of the constructs that it may lack",
    "dialect": "said to be of the dialect",
}
_FAMILIES = {
    "text": "texts as such",
    "yaml": "YAML",
    "json": "JSON",
    "document": "documents as a whole",
    "shape": "keys and values",
    "language": "what the language or the engine lacks",
    "names": "names of steps and loops",
    "handler": "handlers",
    "config": "the config of a handler",
    "graph": "what waits for what",
    "decision": "decision steps",
    "deferred": "deferred steps",
    "switch": "switches",
    "workflow": "workflows run by workflows",
    "loop": "loops",
    "reference": "references",
    "condition": "conditions",
    "schema": "schemas of a document",
    "input": "what flows into a step or a task",
    "output": "what a plan must give",
    "bounds": "what may be used up",
    "authority": "what may be reached",
    "retry": "what is tried again",
    "dialect": "workflows of other dialects",
    "answer": "answers of a model",
    "template": "the library of templates",
    "planner": "planning",
    "request": "requests",
}
