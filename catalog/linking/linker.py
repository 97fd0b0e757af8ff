"""Writes a component anew in which all core modules are one, as far as they do not wait for the host's functions.

`componentize-py` makes a component of some forty core modules: the interpreter, its libraries and what stands in for WASI,
each of which every call would instantiate and wire to the others. The engine fills a table that is shared by modules entry by
entry, and one that is a module's own when an entry is first used. No library for Python joins modules; what comes out is
checked by the engine as anything is that was built elsewhere.
"""

from collections import Counter

from catalog.linking.components import LOWER, MEMORY, Canon, Component, Export, Item, Lowered, Section, Thing
from catalog.linking.errors import LinkError
from catalog.linking.joining import Part, joined
from catalog.linking.modules import Import, Kind, Module
from catalog.wasm import COMPONENT_PREAMBLE, number, section, sized, vector

_INSTANCE = 0x12  # as a sort
_WHOLE = 0  # the number of the joined module, and of its instance


def linked(component: bytes) -> bytes:
    """Join the core modules of a component.

    What it imports, exports and does stays the same. Raises `LinkError` where it has parts that are not read here.
    """
    try:
        return component[: len(COMPONENT_PREAMBLE)] + _Linker(Component(component)).write()
    except (IndexError, KeyError, ValueError) as error:
        message = "sections that do not fit together"
        raise LinkError(message) from error


class _Linker:
    def __init__(self, component: Component) -> None:
        self._component = component
        early = [place for place, each in enumerate(component.instances) if each.module is not None and not each.late]
        self._places = {instance: place for place, instance in enumerate(early)}
        self._parts = [self._part(instance) for instance in early]
        self._late_modules: list[bytes] = []
        self._exports: dict[str, tuple[int, str]] = {}
        self._aliases: dict[tuple[int, str], int] = {}  # numbers of core things, by the new instance and the name there
        self._lowered: list[int] = []  # the numbers that functions of the host have as core functions
        self._instances: dict[int, int] = {}  # of those that are late, by their old numbers
        self._instance_count = 1
        self._counts: Counter[Kind] = Counter()
        self._written: list[bytes] = []

    def write(self) -> bytes:
        for item in self._component.items:
            self._item(item)
        modules = [joined(self._parts, self._exports), *self._late_modules]
        instance = b"\0" + number(_WHOLE) + vector(())
        head = [*(section(Section.CORE_MODULE, each) for each in modules), section(Section.CORE_INSTANCE, vector((instance,)))]
        return b"".join((*head, *self._written))

    def _part(self, instance: int) -> Part:
        module = Module.read(self._content(instance))
        imports = {}
        for each in module.imports:
            found = self._given(instance, each)
            assert isinstance(found, Export), "an instance that is given a function of the host is late"
            imports[each.module, each.name] = (self._places[found.instance], found.name)
        return Part(module=module, imports=imports)

    def _content(self, instance: int) -> bytes:
        module = self._component.instances[instance].module
        assert module is not None, "it is no bag"
        return self._component.modules[module]

    def _given(self, instance: int, wanted: Import) -> Thing:
        return self._component.provider(Export(self._component.instances[instance].given[wanted.module], wanted.name))

    def _item(self, item: Item) -> None:
        if isinstance(item, Canon):
            self._canon(item)
        elif isinstance(item, int):
            self._late(item)
        else:
            self._written.append(item)

    def _canon(self, canon: Canon) -> None:
        """Write a function that is lifted or lowered, behind the aliases that it needs."""
        function = canon.function if isinstance(canon.function, int) else self._core(Kind.FUNCTION, canon.function)
        options = [self._option(*option) for option in canon.options]
        type_ = b"" if canon.type is None else number(canon.type)
        self._written.append(section(Section.CANON, vector((canon.form + number(function) + vector(options) + type_,))))
        if canon.form == LOWER:
            self._lowered.append(self._counted(Kind.FUNCTION))

    def _option(self, option: int, named: Thing | None) -> bytes:
        head = bytes((option,))
        return head if named is None else head + number(self._core(Kind.MEMORY if option == MEMORY else Kind.FUNCTION, named))

    def _late(self, instance: int) -> None:
        """Write an instance that is given functions of the host: bags of what it imports, then the instance itself."""
        content = self._content(instance)
        bags: dict[str, list[bytes]] = {name: [] for name in self._component.instances[instance].given}
        for each in Module.read(content).imports:
            place = self._core(each.kind, self._given(instance, each))
            bags[each.module].append(sized(each.name.encode()) + bytes((each.kind,)) + number(place))
        given = {name: self._instance(b"\1" + vector(bag)) for name, bag in bags.items()}
        self._late_modules.append(content)
        arguments = (sized(name.encode()) + bytes((_INSTANCE,)) + number(place) for name, place in given.items())
        self._instances[instance] = self._instance(b"\0" + number(len(self._late_modules)) + vector(arguments))

    def _instance(self, written: bytes) -> int:
        self._written.append(section(Section.CORE_INSTANCE, vector((written,))))
        self._instance_count += 1
        return self._instance_count - 1

    def _core(self, kind: Kind, found: Thing) -> int:
        """Give the number of a core thing; where nobody asked for it yet, write the alias that gives it one."""
        found = self._component.provider(found)
        if isinstance(found, Lowered):
            return self._lowered[found.place]
        instance, name = self._instances.get(found.instance, _WHOLE), found.name
        if found.instance in self._places:
            place = self._places[found.instance]
            name = f"{place}.{name}"
            self._exports[name] = (place, found.name)
        if (instance, name) not in self._aliases:
            self._aliases[instance, name] = self._counted(kind)
            alias = bytes((0, kind, 1)) + number(instance) + sized(name.encode())
            self._written.append(section(Section.ALIAS, vector((alias,))))
        return self._aliases[instance, name]

    def _counted(self, kind: Kind) -> int:
        self._counts[kind] += 1
        return self._counts[kind] - 1
