"""The commands of `goalwright`."""

import os

import typer
from structlog import get_logger

from logs import setup
from service.cli import (
    authoring,
    catalog,
    dialects,
    documents,
    drawing,
    explaining,
    importing,
    integrity,
    publishing,
    serving,
    signals,
    tasks,
)
from service.cli.output import Exit, progress
from service.permissions import OTHERS

SAID = 500  # characters of what a fault says

app = typer.Typer(
    name="goalwright",
    help="Turns a goal into a workflow that is proved before it runs, sandboxed while it runs, and auditable afterwards.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("goal")(tasks.goal)
app.command("run")(tasks.run)
app.command("check")(documents.check)
app.command("graph")(drawing.graph)
app.command("plan")(documents.plan)
app.command("explain")(explaining.explain)
app.command("schema")(documents.schema)
app.command("convert")(dialects.convert)
app.command("serve")(serving.serve)
app.command("verify")(integrity.verify)
app.add_typer(integrity.keys_app, name="keys")
app.add_typer(integrity.tips_app, name="tips")
app.command("approve")(signals.approve)
app.command("reject")(signals.reject)
tasks.app.command("waiting")(signals.waiting)
app.add_typer(tasks.app, name="tasks")
catalog.app.command("new")(authoring.new)
catalog.app.command("test")(authoring.try_)
catalog.app.command("wit")(authoring.wit)
catalog.app.command("docs")(authoring.docs)
catalog.app.command("publish")(publishing.publish)
catalog.app.command("retire")(publishing.retire)
app.add_typer(catalog.app, name="handlers")
app.add_typer(importing.app, name="import")


def main() -> None:
    """Run the command line. What it and its child processes make is for this user alone."""
    os.umask(OTHERS)
    setup.configure()
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # the shell's own code for an interrupted command
    except BrokenPipeError:
        # The reader of our output left; flushing again when Python ends would only fail again.
        os._exit(0)
    except Exception as fault:  # noqa: BLE001 - a person at a terminal gets a sentence; the traceback is one variable away
        get_logger().debug("command_failed", exc_info=fault)
        says = setup.redacted(f"A fault in Goalwright: {type(fault).__name__}: {str(fault)[:SAID]}")
        says += f" ({setup.VARIABLE}=debug shows where)"
        progress.say("[red]{says}[/red]", says=says)
        raise SystemExit(Exit.FAILED) from None
