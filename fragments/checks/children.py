"""What a template is to a workflow that runs it as its child."""

from catalog.capability import Effect
from catalog.registry import Catalog
from fragments.checks import check
from fragments.checks.flows import Flows
from fragments.checks.view import View
from fragments.documents import Template
from fragments.frames import Frame
from fragments.workflows import WorkflowInterface


def interface_of(template: Template, catalog: Catalog, frame: Frame) -> WorkflowInterface | None:
    """Prove a template and give what others see of it; None where it does not pass its checks.

    `frame` must not hold an input: the interface is the same for every input that the template takes.
    """
    report = check(template, catalog, frame)
    if report.bound is None or report.authority is None or report.digest is None:
        return None
    view = View(template, catalog, frame)
    children = [node.child for node in view.nodes if isinstance(node.child, WorkflowInterface)]
    own = {body.effect for body in view.bodies if body.effect is not None}
    planned = set(Effect) if any(node.planning for node in view.nodes) else set()
    return WorkflowInterface(
        name=template.name,
        namespace=template.namespace,
        version=template.version,
        input_schema=template.input_schema,
        output_schema=Flows(view).shape(template.output, view.root.end),
        bound=report.bound,
        authority=report.authority,
        effects=frozenset(own | planned).union(*(child.effects for child in children)),
        digest=report.digest,
        calls=tuple(sorted({child.id for child in children})),
    )
