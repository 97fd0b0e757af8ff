"""The library's templates as workflows that others may run as their children, each proved when it is first asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalog.registry import Catalog
from fragments.checks.children import interface_of
from fragments.documents import Template
from fragments.frames import Frame
from fragments.workflows import WorkflowInterface


class LibraryWorkflows(Mapping[str, Sequence[WorkflowInterface]]):
    """Interfaces by `namespace/name`; a template that may not run here has none."""

    def __init__(self, templates: Sequence[Template], catalog: Catalog, frame: Frame) -> None:
        """Keep the templates; `frame` says what the operator lets any of them use."""
        self._templates: dict[str, list[Template]] = {}
        for template in templates:
            self._templates.setdefault(f"{template.namespace}/{template.name}", []).append(template)
        self._catalog, self._frame = catalog, frame
        self._proved: dict[str, tuple[WorkflowInterface, ...]] = {}

    def __getitem__(self, name: str) -> tuple[WorkflowInterface, ...]:
        """Prove every version of one workflow, once."""
        if name not in self._proved:
            found = (interface_of(one, self._catalog, self._around(one)) for one in self._templates[name])
            self._proved[name] = tuple(interface for interface in found if interface is not None)
        return self._proved[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._templates)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._templates)

    def _around(self, template: Template) -> Frame:
        return replace(
            self._frame,
            input_schema=template.input_schema,
            left=self._frame.left.narrowed(template.bounds),
            namespace=template.namespace,
        )
