"""The commands of `goalwright`."""

import logging
import os
import sys

import structlog
import typer

from service.cli import catalog, documents, serving, tasks

app = typer.Typer(
    name="goalwright",
    help="Turns a goal into a workflow that is proved before it runs, sandboxed while it runs, and auditable afterwards.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("goal")(tasks.goal)
app.command("run")(tasks.run)
app.command("check")(documents.check)
app.command("plan")(documents.plan)
app.command("schema")(documents.schema)
app.command("serve")(serving.serve)
app.command("verify")(tasks.verify)
app.add_typer(tasks.app, name="tasks")
app.add_typer(catalog.app, name="handlers")


def main() -> None:
    """Run the command line."""
    _quiet_logs()
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # the shell's own code for an interrupted command
    except BrokenPipeError:
        os._exit(0)  # the reader of our output left; flushing again would only fail again


def _quiet_logs() -> None:
    level = logging.getLevelNamesMapping().get(os.environ.get("GOALWRIGHT_LOG", "WARNING").upper(), logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
