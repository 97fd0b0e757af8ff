"""The scopes on the way to a step: its own, and the open ones around it."""

from collections.abc import Iterator, Sequence

from fragments.constructs import branches_of
from fragments.documents import Step


def levels(steps: Sequence[Step], address: str) -> Iterator[tuple[str, Sequence[Step], str]]:
    """Go through the scopes on the way to a step, outermost first: the way there, its steps, the name that leads on.

    `address` is written without item numbers: `pages/fetch`, `route/0/fetch`.
    """
    way, (name, *rest) = "", address.split("/")
    while True:
        yield way, steps, name
        step = next(one for one in steps if one.name == name)
        way = f"{way}{name}/"
        if rest and step.switch is not None:
            branch, *rest = rest
            steps = _steps_of_branch(step, branch)
            way = f"{way}{branch}/"
        elif rest:
            steps = step.steps or ()
        if not rest:
            return
        name, *rest = rest


def _steps_of_branch(step: Step, branch: str) -> Sequence[Step]:
    found = {pointer.rpartition("/")[2]: one for pointer, one in branches_of(step, "")}
    return found[branch].steps or ()
