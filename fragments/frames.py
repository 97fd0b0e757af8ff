"""The frame of a check: everything outside a document that decides whether it may run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fragments.bounds import Left
from fragments.constructs import Construct
from fragments.documents import Allow
from fragments.workflows import Workflows
from schemas.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a template or fragment is checked against.

    `input_schema` types the `input` root; `input` holds its values where they are known already (then loops over them have a
    known width). `allows` are conjoined: every frame around narrows. `input_hosts` are the hosts that each key of the input
    names by a URL, granted to the steps that read it. `written_hosts` (globs) are those that a step which writes may reach;
    None: any that may be reached. `channels` and `operator_hosts` (globs) are the operator's; `secrets` are the names that its
    provider knows. `depth` counts the planning steps around this document. `workflows` are those that there are; a name without
    a namespace is looked for in the document's own, for a fragment in `namespace`. `runs` says what the engine that is to run
    the document knows; None where it is checked only. `groups` are those of the operator's people; None where there are no
    people but the operator, who answers for every group.
    """

    input_schema: JsonObject = field(default_factory=lambda: {"type": "object"})
    input: JsonObject | None = None
    must_produce: JsonObject | None = None
    allows: tuple[Allow, ...] = ()
    left: Left = field(default_factory=Left)
    input_hosts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    written_hosts: tuple[str, ...] | None = None
    channels: frozenset[str] = frozenset()
    operator_hosts: tuple[str, ...] = ("*",)
    depth: int = 0
    secrets: frozenset[str] = frozenset()
    namespace: str = "default"
    workflows: Workflows = field(default_factory=dict)
    runs: frozenset[Construct] | None = None
    groups: frozenset[str] | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """Give every host that the input names."""
        return frozenset().union(*self.input_hosts.values())
