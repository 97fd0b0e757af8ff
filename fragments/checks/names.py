"""Check 2: names are unique in their scope and hide nothing around it."""

from collections.abc import Iterator

from fragments.checks.layout import Node, Scope
from fragments.checks.view import View
from fragments.problems import Problem
from fragments.references import RESERVED_ROOTS


def check_step_names(view: View) -> Iterator[Problem]:
    """Find step names that stand twice in a scope, or in a scope around it."""
    for node in view.nodes:
        where = f"{node.pointer}/name"
        first = node.scope.by_name[node.step.name]
        if first is not node:
            says = f'Step "{node.step.name}" has the same name as {first.pointer}.'
            yield Problem(code="names.duplicate", where=where, says=says, hint="Give every step of a scope its own name.")
        outer = node.scope.parent.step(node.step.name) if node.scope.parent is not None else None
        if outer is not None:
            says = f'Step "{node.step.name}" hides {outer.pointer} of the same name.'
            advice = f"Names around a {'loop' if node.scope.is_loop else 'switch'} are seen within it: rename one."
            yield Problem(code="names.shadowed", where=where, says=says, hint=advice)


def check_loop_names(view: View) -> Iterator[Problem]:
    """Find names bound by loops that hide others or are reserved."""
    for node in view.nodes:
        loop = node.step.for_each
        if loop is None:
            continue
        yield from _binding(view, node, loop.as_, f"{node.pointer}/for_each/as")
        yield from _binding(view, node, loop.index, f"{node.pointer}/for_each/index")
        if loop.as_ == loop.index:
            says = f'Step "{node.step.name}" binds "{loop.as_}" to the item and to its index.'
            yield Problem(
                code="names.duplicate", where=f"{node.pointer}/for_each/index", says=says, hint="Give the index another name."
            )


def _binding(view: View, node: Node, name: str, where: str) -> Iterator[Problem]:
    if name in RESERVED_ROOTS:
        says = f'Step "{node.step.name}" binds "{name}", which is a root of references.'
        yield Problem(code="names.reserved", where=where, says=says, hint="Choose another name.")
    binder = node.scope.binder(name)
    if binder is None:
        return
    owner = binder.owner.step.name if binder.owner is not None else ""
    says = f'Step "{node.step.name}" binds "{name}", which the loop "{owner}" around it binds already.'
    free = _free(name, node.scope)
    key = where.rpartition("/")[2]
    advice = f'Choose another name, such as "{key}: {free}".'
    patch = ({"op": "add", "path": where, "value": free},) if _is_unread(view, node, key, name) else None
    yield Problem(code="names.shadowed", where=where, says=says, hint=advice, patch=patch)


def _is_unread(view: View, node: Node, key: str, name: str) -> bool:
    """Say whether a name was left to its default and nothing in the loop reads it: then another name changes nothing."""
    if node.step.for_each is None or key in node.step.for_each.model_dump(by_alias=True, exclude_unset=True):
        return False
    within = (reference.root for use, reference in view.references if any(scope is node.inner for scope in use.scope.around()))
    return name not in within


def _free(name: str, scope: Scope) -> str:
    candidates = (f"inner_{name}", *(f"{name}_{i}" for i in range(2, 9)))
    return next((candidate for candidate in candidates if scope.binder(candidate) is None), f"{name}_9")
