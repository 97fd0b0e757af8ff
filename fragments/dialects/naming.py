"""Names: what a name of another dialect is called here."""

import re
from collections.abc import Iterable

from fragments.dialects.draft import Draft, Node
from fragments.reference_text import RESERVED_ROOTS

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_NAME = re.compile(r"[^a-z0-9]")
LONGEST_STEP = 63


def step_name(text: str) -> str:
    """Write a name as steps and loops have it: `fetchUser-2` as `fetch_user_2`. Empty where nothing of it can be kept."""
    plain = _NO_NAME.sub("_", _HUMP.sub("_", text).lower()).strip("_")
    return f"step_{plain}" if plain[:1].isdigit() else plain


def document_name(text: str) -> str:
    """Write a name as templates and namespaces have it: `simple_decision` as `simple-decision`."""
    return step_name(text).replace("_", "-")


def handler_name(callable_: str) -> str:
    """Suggest the name of a handler for a callable: `Review::ManualHandler` as `review_manual_handler`."""
    return re.sub(r"_+", "_", step_name(callable_))[:LONGEST_STEP] or "unbound"


def loop_name(wanted: str, taken: Iterable[str], otherwise: str) -> str:
    """Name what a loop binds: no root of references, and no name of a loop around it."""
    plain = step_name(wanted) or otherwise
    avoided = {*taken, *RESERVED_ROOTS}
    candidates = (plain, f"{plain}_item", *(f"{plain}_{i}" for i in range(2, 100)))
    return next(name for name in candidates if name not in avoided)


def named(draft: Draft, node: Node, limit: int, fallback: str) -> str:
    """Name a template or a namespace; say where the name had to be changed."""
    text = draft.text(node, "A name")
    if text is None:
        return fallback
    name = document_name(text)
    if not name or len(name) > limit:
        draft.report("dialect.name", node.at, f"The name {text!r} cannot be kept.", f"Use 1 to {limit} letters and digits.")
        return fallback
    if name != text:
        draft.note(node.at, f"the name {text!r} is {name!r} here.")
    return name


def step_names(draft: Draft, nodes: Iterable[Node]) -> dict[str, str]:
    """Name the steps of one scope, by the names that they had; say what was changed, and where two would be called the same."""
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for node in nodes:
        text = draft.text(node, "A step's name")
        if text is None:
            continue
        name = step_name(text)
        if not name or len(name) > LONGEST_STEP:
            says = f"The step's name {text!r} cannot be kept."
            draft.report("dialect.name", node.at, says, f"Use 1 to {LONGEST_STEP} letters, digits and underscores.")
        elif text in names:
            draft.report("dialect.name", node.at, f"Two steps are called {text!r}.", "Rename one.")
        elif name in taken:
            says = f"{text!r} and {taken[name]!r} would both be called {name!r}."
            draft.report("dialect.name", node.at, says, "Rename one.")
        else:
            names[text], taken[name] = name, text
            if name != text:
                draft.note(node.at, f"the step {text!r} is {name!r} here.")
    return names
