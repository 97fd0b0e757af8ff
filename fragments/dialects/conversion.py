"""From the text of another dialect to a template of the language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fragments.dialects.bindings import Binder, Bindings
from fragments.dialects.detection import recognised
from fragments.dialects.draft import Draft, Node, Origin
from fragments.dialects.environments import in_environment
from fragments.dialects.naming import document_name
from fragments.dialects.tasker import tasker_template
from fragments.dialects.vocabulary import Dialect
from fragments.dialects.workflow_io import workflow_io_template
from fragments.pointers import look_up
from fragments.positions import Positions
from fragments.problems import Problem, errors
from fragments.reading import read_text
from schemas.values import Json, JsonObject

_MAKERS = {Dialect.TASKER: tasker_template, Dialect.WORKFLOW_IO: workflow_io_template}
_BODY = frozenset({"handler", "config", "input"})
_NOWHERE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of a text. With errors `template` goes as far as could be converted; without, nothing of it is missing.

    `problems` point into the source and carry its lines. `notes` are sentences about what was renamed or filled in.
    """

    dialect: Dialect | None
    template: JsonObject | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    unbound: frozenset[str] = frozenset()
    source: Json = None
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False)
    positions: Positions | None = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Say whether the whole text was converted."""
        return self.template is not None and not errors(self.problems)

    def told(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Tell problems of the template as problems of the source: its pointers, its lines.

        Left out are those of steps that have no handler to check; patches are left out too, since they are for the template.
        """
        return tuple(self._told(problem) for problem in problems if not self._is_of_unbound(problem.where))

    def _told(self, problem: Problem) -> Problem:
        prefix = problem.where
        while prefix and prefix not in self.origins:
            prefix = prefix.rpartition("/")[0]
        origin = self.origins.get(prefix, Origin(at=""))
        where = origin.at + problem.where[len(prefix) :]
        if look_up(self.source, where, _NOWHERE) is _NOWHERE:
            where = origin.at
        hint = problem.hint
        if origin.bound:
            hint = f"{hint} It comes from the binding of {origin.bound!r}.".lstrip()
        place = self.positions.value(where) if self.positions is not None else None
        line, column = (place.line, place.column) if place is not None else (None, None)
        return replace(problem, where=where, hint=hint, patch=None, line=line, column=column)

    def _is_of_unbound(self, where: str) -> bool:
        if where in self.unbound:
            return True
        while where:
            around, _, key = where.rpartition("/")
            if key in _BODY and around in self.unbound:
                return True
            where = around
        return False


def convert(
    text: str | bytes,
    dialect: Dialect | None = None,
    bindings: Bindings | None = None,
    *,
    name: str = "converted",
    environment: str | None = None,
) -> Conversion:
    """Convert a workflow of another dialect, found out where it is not said. `name` is for a source that has none.

    `environment` names the one of a template of Tasker in which it is converted.
    """
    written = read_text(text)
    if not written.problems and not isinstance(written.value, Mapping):
        says = "No workflow of a known dialect: the text is no object of keys and values."
        return Conversion(dialect=None, problems=(Problem(code="dialect.unknown", where="", says=says),))
    if written.problems:
        return Conversion(dialect=None, problems=written.problems)
    draft = Draft(positions=written.positions)
    found = recognised(draft, written.value, dialect)
    template = None
    if found is not None:
        binder = Binder(bindings=bindings or Bindings(), draft=draft)
        root = Node(written.value, "")
        if found is Dialect.TASKER:
            root = in_environment(draft, root, environment)
        elif environment is not None:
            draft.report("dialect.value", "", f"A workflow of {found.value} has no environments.", "Leave --environment out.")
        template = _MAKERS[found](draft, root, binder, document_name(name)[:63].strip("-") or "converted")
        binder.report_unused()
    return Conversion(
        dialect=found,
        template=template,
        problems=tuple(sorted(draft.problems, key=_place)),
        notes=tuple(sorted(draft.notes, key=draft.notes.__getitem__)),
        unbound=frozenset(draft.unbound),
        source=written.value,
        origins=draft.origins,
        positions=written.positions,
    )


def _place(problem: Problem) -> tuple[bool, int, int]:
    return problem.line is None, problem.line or 0, problem.column or 0
