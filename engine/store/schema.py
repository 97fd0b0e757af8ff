"""The tables. `facts` is the truth; the others can be rebuilt from it. Times are ISO 8601 in UTC, values canonical JSON."""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _task() -> Column[str]:
    return Column("task", String, ForeignKey("tasks.id"), primary_key=True)


TASKS = Table(
    "tasks",
    METADATA,
    Column("id", String, primary_key=True),
    Column("namespace", String, nullable=False),
    Column("name", String, nullable=False),
    Column("goal", Text),
    Column("status", String, nullable=False),
    Column("submitted_at", String, nullable=False),
    Column("ended_at", String),
    Column("input", Text, nullable=False),
    Column("output", Text),
    Column("error", Text),
    Index(None, "status", "submitted_at", "id"),
    Index(None, "submitted_at", "id"),
)

COMMANDS = Table(
    "commands",
    METADATA,
    _task(),
    Column("id", String, primary_key=True),
)

FACTS = Table(
    "facts",
    METADATA,
    _task(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("key", String, nullable=False, server_default=""),  # id of the key that sealed it; "" before there were seals
    Column("mac", String, nullable=False, server_default=""),
)

UNSEALED = Table(
    "unsealed",  # how far the log of a task goes that was written before there were seals, itself sealed
    METADATA,
    Column("task", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String, nullable=False),
    Column("key", String, nullable=False),
    Column("mac", String, nullable=False),
)

QUARANTINE = Table(
    "quarantine",  # tasks that are not run because their log did not hold when it was last loaded
    METADATA,
    Column("task", String, primary_key=True),
    Column("since", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("says", Text, nullable=False),
)

STEPS = Table(
    "steps",
    METADATA,
    _task(),
    Column("step", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("status", String, nullable=False),
    Column("handler", String),
    Column("attempt", Integer, nullable=False),
    Column("depends_on", Text, nullable=False),
    Column("error", Text),
    Column("done", Integer),  # the fact that holds the output
    Column("waits", Text),  # {signal, asks, until} while the step waits for a signal
    Column("position", Integer, nullable=False),
    Index("ix_steps_waits", "task", sqlite_where=text("waits IS NOT NULL"), postgresql_where=text("waits IS NOT NULL")),
)

PLANS = Table(
    "plans",
    METADATA,
    _task(),
    Column("step", String, primary_key=True),
    Column("phase", Integer, primary_key=True, autoincrement=False),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("status", String, nullable=False),
    Column("asked", Integer),  # the fact that holds the question
    Column("answered", Integer),  # the fact that holds the answer
)

LEDGER = Table(
    "ledger",
    METADATA,
    _task(),
    Column("account", String, primary_key=True),
    Column("amounts", Text, nullable=False),
)
