"""Texts that look like references and are none: what other products write, and braces that are one too few."""

import re
from collections.abc import Iterator

from fragments.checks.findings import replaced
from fragments.checks.layout import Place, Scope
from fragments.checks.view import View
from fragments.pointers import join
from fragments.problems import Problem, Severity
from fragments.reference_text import ROOTS, SECRETS, Choice, Reference, parse
from schemas.values import Json

_PATH = r"\$?\.?\s*([A-Za-z_][A-Za-z0-9_-]*(?:\s*(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[^\[\]{}<>]{1,80}\]))+)\s*"
_FORMS = re.compile(
    rf"""
      \$\{{\{{{_PATH}\}}\}}         # $-{{{{ a.b }}}}, as GitHub Actions write it
    | [$#@%]\{{{_PATH}\}}           # a shell's, Ruby's, Step Functions'
    | \$\({_PATH}\)                 # make's, Tekton's
    | \[\[{_PATH}\]\]
    | <%[=-]?{_PATH}[-]?%>          # ERB's
    | (?<!\{{)\{{{_PATH}\}}(?!\}})  # Python's
    | (?<!\{{)\{{{_PATH}\}}\}}      # a brace too few at the beginning
    """,
    re.VERBOSE,
)
_WHOLE = re.compile(rf"\s*(?:=|\$\.|\$)?{_PATH}\s*")
_ALIASES = {"inputs": "input", "step": "steps", "secret": "secrets"}
_MOST = 4_096  # characters of a text in which forms are looked for: references stand in short ones


def check_lookalikes(view: View) -> Iterator[Problem]:
    """Warn of texts that go out as they are though they look like references, with the right spelling."""
    for place in view.places:
        for where, text in _texts(place.value, place.pointer):
            yield from _told(place, where, text)


def _told(place: Place, where: str, text: str) -> Iterator[Problem]:
    for found, path in _forms(text):
        meant = _meant(path, place.scope)
        if meant is None:
            continue
        label = "The output" if place.node is None else place.node.label
        patch = replaced(where, text, text.replace(found, meant, 1))
        yield Problem(
            code="reference.lookalike",
            where=where,
            says=f"{label} holds {found.strip()[:80]!r}, which is no reference and goes out as it is written.",
            hint=f"Write {meant} where the value is meant.",
            severity=Severity.WARNING,
            patch=patch,
        )
        return  # one for each text: the next check tells the next


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """Go through what looks like a reference in a text: as written, and the path within."""
    if len(text) > _MOST or ("." not in text and "[" not in text):
        return
    if (whole := _WHOLE.fullmatch(text)) is not None:
        yield text, whole[1]
        return
    for match in _FORMS.finditer(text):
        yield match[0], next(group for group in match.groups() if group is not None)


def _meant(path: str, scope: Scope) -> str | None:
    """Write the reference that a path means; None where it begins with no name that can be read here."""
    head = re.match(r"[A-Za-z_][A-Za-z0-9_-]*", path)
    assert head is not None, "the pattern begins with a name"
    root, rest = head[0], path[head.end() :]
    root = next((name for name in (*ROOTS, SECRETS) if name == root.lower()), _ALIASES.get(root.lower(), root))
    steps = scope.step_names()
    if root in steps:
        rest = re.sub(r"^\.(?:outputs?|result)\b", ".output", rest)
        rest = rest if rest.startswith((".output", ".status")) else f".output{rest}"
        root, rest = "steps", f".{root}{rest}"
    elif root == "steps":
        rest = re.sub(r"^(\.[A-Za-z0-9_-]+)\.(?:outputs?|result)\b", r"\1.output", rest)
    elif root not in (*ROOTS, SECRETS) and scope.binder(root) is None:
        return None
    meant = f"{{{{ {root}{rest} }}}}"
    parts = parse(meant)
    if len(parts) != 1 or not isinstance(parts[0], (Reference, Choice)):
        return None
    step = parts[0].step if isinstance(parts[0], Reference) else None
    return meant if step is None or step in steps else None


def _texts(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    pending: list[tuple[Json, str]] = [(value, pointer)]
    while pending:
        part, where = pending.pop()
        if isinstance(part, str):
            yield where, part
        elif isinstance(part, dict):
            pending.extend((inner, join(where, key)) for key, inner in part.items())
        elif isinstance(part, (list, tuple)):
            pending.extend((inner, join(where, i)) for i, inner in enumerate(part))
