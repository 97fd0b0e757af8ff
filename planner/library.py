"""The library: authored templates, and the choice of one that fits a goal and its input."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path

from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Fragment, Template
from fragments.frames import Frame
from fragments.problems import Problem, errors
from fragments.proofs import Report
from fragments.schemas.validators import failures
from planner.context import channels_allowed
from planner.instances import ChannelUnclearError, as_fragment, defaults_of
from planner.likeness import figures_of, likeness
from planner.verdicts import verdicts_on
from schemas.values import JsonObject, canonical

ALIKE = 55.0
"""From this likeness up, of 100, a template may be meant. By the table in `tests/integration/planner/test_library.py` goals
that a template answers reach 59 and more, goals that none answers stay at 50 and below."""

_TIE = 2.0  # likenesses that differ by less say nothing about which template was meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Templates that passed their checks, by name; `flawed` holds the problems of files that did not, by path."""

    templates: tuple[Template, ...] = ()
    flawed: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A template that fits, as a fragment that passed all checks of the frame. `likeness` is of 100."""

    template: Template
    fragment: Fragment
    report: Report
    likeness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFit:
    """Why no template fits, in a sentence or more."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    goal: str
    values: JsonObject
    frame: Frame
    catalog: Catalog


def load_library(catalog: Catalog, folders: Iterable[Traversable] = (), *, kept: Path | None = None) -> Library:
    """Read and check every `*.yaml` of the catalog's own templates and of `folders`; a later one replaces one of its name.

    Verdicts on large libraries are kept in the folder `kept`, where one is given (`planner.verdicts`).
    """
    templates: dict[str, Template] = {}
    flawed: dict[str, tuple[Problem, ...]] = {}
    there = [files("catalog") / "templates"]
    for folder in folders:
        if folder.is_dir():
            there.append(folder)
        else:
            flawed[str(folder)] = (Problem(code="template.folder", where="", says=f"There is no folder {folder}."),)
    paths = list(chain.from_iterable(map(_yaml_in, there)))
    verdicts = verdicts_on([path.read_bytes() for path in paths], catalog, kept=kept)
    for path, verdict in zip(paths, verdicts, strict=True):
        if verdict.template is not None:
            templates[verdict.template.name] = verdict.template
        else:
            flawed[str(path)] = verdict.problems
    return Library(templates=tuple(templates[name] for name in sorted(templates)), flawed=flawed)


def choose(library: Library, goal: str, values: JsonObject, frame: Frame, catalog: Catalog) -> Choice | NoFit:
    """Find the template for a goal: alike in words, fed by the input, within the frame. A tie is no fit."""
    scored = [(likeness(goal, _texts(template), names=frame.channels), template) for template in library.templates]
    ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1].name))
    asked = _Asked(goal=goal, values=values, frame=frame, catalog=catalog)
    tried = [_fitted(template, score, asked) for score, template in ranked if score >= ALIKE]
    if not tried:
        return NoFit(reason=_nearest(ranked))
    fitting = [choice for choice in tried if isinstance(choice, Choice)]
    if not fitting:
        return NoFit(reason=" ".join(one.reason for one in tried if isinstance(one, NoFit)))
    if len(fitting) > 1 and fitting[0].likeness - fitting[1].likeness < _TIE:
        names = " and ".join(choice.template.name for choice in fitting[:2])
        return NoFit(reason=f"The templates {names} fit equally well; say more exactly what is wanted.")
    return fitting[0]


def _fitted(template: Template, score: float, asked: _Asked) -> Choice | NoFit:
    alike = f"The template {template.name} is alike, but"
    wrong = sorted(failures(template.input_schema, dict(asked.values)), key=lambda error: [*map(str, error.path)])
    if wrong:
        at = ".".join(["input", *map(str, wrong[0].path)])
        return NoFit(reason=f"{alike} its input does not fit: {at}: {wrong[0].message[:200]}.")
    if stray := figures_of(asked.goal) - figures_of(
        canonical(dict(asked.values)), canonical(defaults_of(template, asked.values))
    ):
        return NoFit(reason=f"{alike} the goal names {', '.join(sorted(stray))}, which would have no effect: give it as input.")
    try:
        fragment = as_fragment(template, asked.values, asked.goal, channels_allowed(asked.frame), asked.catalog)
    except ChannelUnclearError as error:
        return NoFit(reason=f"{alike} {error}")
    report = check(fragment, asked.catalog, replace(asked.frame, left=asked.frame.left.narrowed(template.bounds)))
    if not report.ok:
        return NoFit(reason=f"{alike} it may not run here: {errors(report.problems)[0].says}")
    return Choice(template=template, fragment=fragment, report=report, likeness=score)


def _nearest(ranked: Sequence[tuple[float, Template]]) -> str:
    if not ranked:
        return "There are no templates."
    score, template = ranked[0]
    return f"The nearest template, {template.name}, is {score:.0f} of 100 alike; {ALIKE:.0f} are needed."


def _yaml_in(folder: Traversable) -> Iterator[Traversable]:
    yield from sorted((path for path in folder.iterdir() if path.name.endswith((".yaml", ".yml"))), key=lambda path: path.name)


def _texts(template: Template) -> tuple[str, ...]:
    return (template.summary, template.description, *template.goals)
