"""A picture as SVG, laid out by Graphviz, which comes with the library that speaks to it."""

from textwrap import wrap

import pygraphviz

from fragments.problems import errors
from service.drawing.picture import Box, Group, Picture, Wait
from service.markup import attribute, content

_FONT = "Helvetica"
_STYLES = {Wait.DECLARED: "solid", Wait.IMPLIED: "dashed"}
_WIDTH = 56  # characters of a line in a box
_RED, _AMBER, _GREY = "#c00000", "#b08000", "#606060"


def svg(picture: Picture) -> bytes:
    """Draw a picture; dashed arrows are implied by references, red boxes have errors, amber ones warnings."""
    about = "".join(f'<br align="left"/>{content(line)}' for line in picture.proof)
    wrong = "".join(f'<br align="left"/><font color="{_RED}">{content(f"{p.code}: {p.says}")}</font>' for p in picture.problems)
    graph = pygraphviz.AGraph(
        directed=True,
        rankdir="TB",
        fontname=_FONT,
        fontsize="11",
        label=f'<<b>{content(picture.title)}</b>{about}{wrong}<br align="left"/>>',
        labelloc="t",
        labeljust="l",
        tooltip=attribute(picture.title),
        nodesep="0.3",
    )
    graph.node_attr.update(
        shape="box", style="rounded,filled", fillcolor="white", fontname=_FONT, fontsize="11", margin="0.12,0.07"
    )
    graph.edge_attr.update(color=_GREY, arrowsize="0.7")
    _draw(graph, picture.root)
    drawn: bytes = graph.draw(format="svg", prog="dot")
    return drawn


def _draw(graph: pygraphviz.AGraph, group: Group) -> None:
    for box in group.boxes:
        into = graph
        if box.groups:
            into = graph.add_subgraph(
                name=f"cluster {box.key}", label="", color=_GREY, style="rounded", tooltip=attribute(box.name)
            )
        into.add_node(box.key, label=_label(box), color=_colour(box), tooltip=attribute(box.name))
        for inner in box.groups:
            title = f"<<i>{content(inner.title)}</i>>"
            scope = into.add_subgraph(
                name=f"cluster {inner.key} steps",
                label=title,
                color=_GREY,
                style="dashed",
                labeljust="l",
                tooltip=attribute(inner.title),
            )
            _draw(scope, inner)
            _hang(into, box, inner)
    for arrow in group.arrows:
        graph.add_edge(arrow.before, arrow.after, style=_STYLES[arrow.wait], tooltip=str(arrow.wait))


def _hang(graph: pygraphviz.AGraph, box: Box, inner: Group) -> None:
    """Put the first steps of a scope below the step that they are in; nothing is drawn for it."""
    later = {arrow.after for arrow in inner.arrows}
    for first in inner.boxes:
        if first.key not in later:
            graph.add_edge(box.key, first.key, style="invis")


def _label(box: Box) -> str:
    lines = [f"<b>{content(box.name)}</b>", f'<font color="{_GREY}">{content(box.runs)}</font>']
    lines += [content(line) for note in box.notes for line in wrap(note, _WIDTH)]
    for problem in box.problems:
        colour = _RED if errors((problem,)) else _AMBER
        told = wrap(f"{problem.code}: {problem.says}", _WIDTH)
        lines += [f'<font color="{colour}">{content(line)}</font>' for line in told]
    return f"<{'<br/>'.join(lines)}>"


def _colour(box: Box) -> str:
    if not box.problems:
        return _GREY
    return _RED if errors(box.problems) else _AMBER
