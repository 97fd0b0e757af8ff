"""A picture as a tree of text, for a terminal."""

from rich.text import Text
from rich.tree import Tree

from fragments.problems import Problem, Severity
from service.drawing.picture import Box, Group, Picture, Wait
from service.terminal import Terminal, words

_MARKS = {Severity.ERROR: "[red]✗ {code}[/]", Severity.WARNING: "[yellow]! {code}[/]"}


def show(picture: Picture, console: Terminal) -> None:
    """Print a picture: steps in the order of the document, each with what it waits for."""
    tree = Tree(words("[bold]{title}[/bold]", title=picture.title))
    for problem in picture.problems:
        tree.add(_told(problem))
    _grow(tree, picture.root)
    console.print(tree)
    for line in picture.proof:
        console.say("[dim]{line}[/dim]", whole=True, line=line)


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
            branch.add(words("[dim]{note}[/dim]", note=note))
        for problem in box.problems:
            branch.add(_told(problem))
        for inner in box.groups:
            _grow(branch.add(words("[italic]{title}[/italic]", title=inner.title)), inner)


def _line(box: Box, waits: list[str]) -> Text:
    after = "  [dim]after[/dim] {waits}" if waits else ""
    return words(f"[bold]{{name}}[/bold]  [cyan]{{runs}}[/cyan]{after}", name=box.name, runs=box.runs, waits=", ".join(waits))


def _told(problem: Problem) -> Text:
    hint = " [dim]{hint}[/dim]" if problem.hint else ""
    return words(f"{_MARKS[problem.severity]} {{says}}{hint}", code=problem.code, says=problem.says, hint=problem.hint)
