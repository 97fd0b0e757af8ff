"""A picture as a tree of text, for a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from fragments.problems import Problem, Severity
from service.drawing.picture import Box, Group, Picture, Wait

_MARKS = {Severity.ERROR: "[red]✗", Severity.WARNING: "[yellow]!"}


def show(picture: Picture, console: Console) -> None:
    """Print a picture: steps in the order of the document, each with what it waits for."""
    tree = Tree(f"[bold]{escape(picture.title)}[/bold]")
    for problem in picture.problems:
        tree.add(_told(problem))
    _grow(tree, picture.root)
    console.print(tree)
    for line in picture.proof:
        console.print(f"[dim]{escape(line)}[/dim]", soft_wrap=True)


def _grow(tree: Tree, group: Group) -> None:
    names = {box.key: box.name for box in group.boxes}
    for box in group.boxes:
        waits = [
            f"{names[arrow.before]}{'' if arrow.wait is Wait.DECLARED else ' (reads)'}"
            for arrow in group.arrows
            if arrow.after == box.key
        ]
        branch = tree.add(_line(box, waits))
        for note in box.notes:
            branch.add(f"[dim]{escape(note)}[/dim]")
        for problem in box.problems:
            branch.add(_told(problem))
        for inner in box.groups:
            _grow(branch.add(f"[italic]{escape(inner.title)}[/italic]"), inner)


def _line(box: Box, waits: list[str]) -> str:
    after = f"  [dim]after[/dim] {escape(', '.join(waits))}" if waits else ""
    return f"[bold]{escape(box.name)}[/bold]  [cyan]{escape(box.runs)}[/cyan]{after}"


def _told(problem: Problem) -> str:
    hint = f" [dim]{escape(problem.hint)}[/dim]" if problem.hint else ""
    return f"{_MARKS[problem.severity]} {escape(problem.code)}[/] {escape(problem.says)}{hint}"
