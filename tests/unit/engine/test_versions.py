"""A task keeps to the versions that there were when it began."""

from catalog.capability import Capability
from catalog.registry import Catalog
from engine.reasons import Reason
from engine.rules import Rules
from engine.state import TaskInfo
from tests.support.templates import RULES, template
from tests.support.worlds import World

ECHO = next(capability for capability in RULES.catalog if capability.name == "echo")
"""A handler of the tests' catalog, of which there are other versions here."""


def versions(*numbers: str, retired: dict[str, str] | None = None) -> Catalog:
    return Catalog.of([ECHO.model_copy(update={"version": number}) for number in numbers], retired=retired)


def begun(catalog: Catalog) -> TaskInfo:
    """Give what a task knows that began with this catalog."""
    world = World(rules=Rules(catalog=catalog))
    world.submit(template({"name": "a"}))
    return world.state.known


def pinned(rules: Rules, task: TaskInfo, reference: str) -> str | Reason:
    found = rules.pinned(task, reference)
    return found.id if isinstance(found, Capability) else found


def test_what_is_published_and_retired_meanwhile_changes_nothing_for_it() -> None:
    catalog = versions("1.0.0")
    task, rules = begun(catalog), Rules(catalog=catalog)
    catalog.take_up(versions("1.0.0", "1.1.0", retired={"echo@1.0.0": "use 1.1.0"}))

    assert [pinned(rules, task, reference) for reference in ("echo", "echo@^1", "echo@1.0.0")] == ["echo@1.0.0"] * 3
    assert pinned(rules, task, "echo@1.1.0") is Reason.HANDLER_UNKNOWN
    assert rules.usable(task) == ("echo@1.0.0",)


def test_a_version_that_became_another_is_not_run_and_not_offered() -> None:
    task = begun(versions("1.0.0", "1.1.0"))
    changed = Catalog.of(
        [ECHO.model_copy(update={"version": "1.0.0"}), ECHO.model_copy(update={"version": "1.1.0", "summary": "?"})]
    )
    rules = Rules(catalog=changed)

    assert (pinned(rules, task, "echo@1.0.0"), pinned(rules, task, "echo")) == ("echo@1.0.0", Reason.HANDLER_CHANGED)
    assert rules.usable(task) == ("echo@1.0.0",)
