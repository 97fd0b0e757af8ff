"""Components in parts, as far as joining their core modules needs it (component-model, Binary.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from catalog.linking.errors import LinkError
from catalog.linking.modules import Kind
from catalog.wasm import Reader, section, sections

LIFT, LOWER = b"\0\0", b"\1\0"
MEMORY, FUNCTIONS = 3, (4, 5)
"""Options of lifted and lowered functions that name something: the memory; how to get more of it, and what to call at last."""


class Section(IntEnum):
    """The sections of a component that concern core modules."""

    CORE_MODULE = 1
    CORE_INSTANCE = 2
    ALIAS = 6
    CANON = 8


@dataclass(frozen=True, slots=True)
class Export:
    """A thing that a core instance exports."""

    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class Lowered:
    """A function of the host, as core modules call it: the how manyth that is lowered."""

    place: int


Thing = Export | Lowered


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A core instance: of a module, given other instances by name; or of none, a bag of things by name.

    It is late when it needs a function of the host: those are lowered only after the memory is there.
    """

    module: int | None = None
    given: Mapping[str, int] = field(default_factory=dict)
    bag: Mapping[str, Thing] = field(default_factory=dict)
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Canon:
    """A function that is lifted, from a core function, or lowered, from a function of the component by its number."""

    form: bytes
    function: Export | Lowered | int
    options: tuple[tuple[int, Thing | None], ...]
    type: int | None


Item = bytes | Canon | int
"""What is written again: a section as it was, a function, or a late instance by its number."""


class Component:
    """A component, read."""

    def __init__(self, content: bytes) -> None:
        """Read it; raises `LinkError` for what is not read here."""
        self.modules: list[bytes] = []
        self.instances: list[Instance] = []
        self.items: list[Item] = []
        self._core: dict[Kind, list[Thing]] = {kind: [] for kind in Kind}
        self._lowered = 0
        for kind, part in sections(content):
            self._take(kind, Reader(part))

    def provider(self, found: Thing) -> Thing:
        """Find where a thing comes from, through the bags that pass it on."""
        while isinstance(found, Export) and self.instances[found.instance].module is None:
            found = self.instances[found.instance].bag[found.name]
        return found

    def _take(self, kind: int, reader: Reader) -> None:
        readers: Mapping[int, Callable[[Reader], None]] = {
            Section.CORE_INSTANCE: self._instance,
            Section.ALIAS: self._alias,
            Section.CANON: self._canon,
        }
        if kind == Section.CORE_MODULE:
            self.modules.append(reader.data)
        elif kind in readers:
            for _ in range(reader.number()):
                readers[kind](reader)
        elif kind:  # a custom section has names for people
            self.items.append(section(kind, reader.data))

    def _instance(self, reader: Reader) -> None:
        if reader.byte():
            bag = dict(self._named(reader) for _ in range(reader.number()))
            self.instances.append(Instance(bag=bag, late=any(map(self._is_late, bag.values()))))
            return
        module = reader.number()
        given = {}
        for _ in range(reader.number()):
            name, _sort = reader.name(), reader.byte()
            given[name] = reader.number()
        late = any(self.instances[place].late for place in given.values())
        if late:
            self.items.append(len(self.instances))
        self.instances.append(Instance(module=module, given=given, late=late))

    def _named(self, reader: Reader) -> tuple[str, Thing]:
        name, kind = reader.name(), _kind(reader)
        return name, self._core[kind][reader.number()]

    def _is_late(self, found: Thing) -> bool:
        return isinstance(found, Lowered) or self.instances[found.instance].late

    def _alias(self, reader: Reader) -> None:
        """Read one alias; those of core instances are written again where they are needed."""
        start = reader.at
        kind = None if reader.byte() else _kind(reader)
        target = reader.byte()
        if kind is not None and target == 1:
            self._core[kind].append(Export(reader.number(), reader.name()))
            return
        if kind is not None:
            message = "an alias of a core module"
            raise LinkError(message)
        reader.number()
        reader.content() if target == 0 else reader.number()
        self.items.append(section(Section.ALIAS, b"\1" + reader.since(start)))

    def _canon(self, reader: Reader) -> None:
        form = reader.take(2)
        if form not in (LIFT, LOWER):
            message = "a built-in function of the component model"
            raise LinkError(message)
        number = reader.number()
        lift = form == LIFT
        function = self._core[Kind.FUNCTION][number] if lift else number
        options = tuple(self._option(reader) for _ in range(reader.number()))
        self.items.append(Canon(form=form, function=function, options=options, type=reader.number() if lift else None))
        if not lift:
            self._core[Kind.FUNCTION].append(Lowered(self._lowered))
            self._lowered += 1

    def _option(self, reader: Reader) -> tuple[int, Thing | None]:
        option = reader.byte()
        if option < MEMORY:  # how text is encoded
            return option, None
        if option == MEMORY:
            return option, self._core[Kind.MEMORY][reader.number()]
        if option in FUNCTIONS:
            return option, self._core[Kind.FUNCTION][reader.number()]
        message = "an asynchronous function"
        raise LinkError(message)


def _kind(reader: Reader) -> Kind:
    found = reader.byte()
    if found > max(Kind):
        message = f"a core thing of sort {found:#x}"
        raise LinkError(message)
    return Kind(found)
