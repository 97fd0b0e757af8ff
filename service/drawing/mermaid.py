"""A picture as a Mermaid flowchart, for Markdown pages."""

from collections.abc import Iterator

from catalog.markdown import mermaid as escaped
from catalog.markdown import mermaid_comment
from fragments.problems import Severity, errors
from service.drawing.picture import Box, Group, Picture, Wait

_ARROWS = {Wait.DECLARED: "-->", Wait.IMPLIED: "-.->"}


def mermaid(picture: Picture) -> str:
    """Write a picture; dotted arrows are implied by references, red steps have errors, yellow ones warnings."""
    lines = ["---", f"title: {_quoted(picture.title)}", "---", "flowchart TD"]
    lines += [f"  %% {mermaid_comment(line)}" for line in picture.proof]
    lines += [f"  %% {problem.code}: {mermaid_comment(problem.says)}" for problem in picture.problems]
    lines += _group(picture.root, "  ")
    lines += [
        "  classDef error stroke:#c00,stroke-width:2px",
        "  classDef warning stroke:#b80,stroke-width:2px",
    ]
    return "\n".join(lines) + "\n"


def _group(group: Group, indent: str) -> Iterator[str]:
    for box in group.boxes:
        if box.groups:
            yield f"{indent}subgraph {_id(box.key)}_all[{_quoted(box.name)}]"
            yield from _box(box, f"{indent}  ")
            for inner in box.groups:
                yield f"{indent}  subgraph {_id(inner.key)}_in[{_quoted(inner.title)}]"
                yield from _group(inner, f"{indent}    ")
                yield f"{indent}  end"
            yield f"{indent}end"
        else:
            yield from _box(box, indent)
    for arrow in group.arrows:
        yield f"{indent}{_id(arrow.before)} {_ARROWS[arrow.wait]} {_id(arrow.after)}"


def _box(box: Box, indent: str) -> Iterator[str]:
    told = [f"{problem.code}: {problem.says}" for problem in box.problems]
    text = "<br/>".join(escaped(line) for line in (box.name, box.runs, *box.notes, *told))
    yield f'{indent}{_id(box.key)}["{text}"]'
    if box.problems:
        yield f"{indent}class {_id(box.key)} {'error' if errors(box.problems) else Severity.WARNING}"


def _id(key: str) -> str:
    return "s" + key.replace("/steps/", "_").replace("/", "_")


def _quoted(text: str) -> str:
    return f'"{escaped(text)}"'
