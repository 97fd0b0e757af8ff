"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_status_submitted_at_id"), ["status", "submitted_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tasks_submitted_at_id"), ["submitted_at", "id"], unique=False)

    op.create_table(
        "commands",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_commands_task_tasks")),
        sa.PrimaryKeyConstraint("task", "id", name=op.f("pk_commands")),
    )
    op.create_table(
        "facts",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_facts_task_tasks")),
        sa.PrimaryKeyConstraint("task", "seq", name=op.f("pk_facts")),
    )
    op.create_table(
        "ledger",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amounts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_ledger_task_tasks")),
        sa.PrimaryKeyConstraint("task", "account", name=op.f("pk_ledger")),
    )
    op.create_table(
        "plans",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("phase", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_plans_task_tasks")),
        sa.PrimaryKeyConstraint("task", "step", "phase", "turn", "attempt", name=op.f("pk_plans")),
    )
    op.create_table(
        "steps",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("handler", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("depends_on", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_steps_task_tasks")),
        sa.PrimaryKeyConstraint("task", "step", name=op.f("pk_steps")),
    )


def downgrade() -> None:
    op.drop_table("steps")
    op.drop_table("plans")
    op.drop_table("ledger")
    op.drop_table("facts")
    op.drop_table("commands")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tasks_submitted_at_id"))
        batch_op.drop_index(batch_op.f("ix_tasks_status_submitted_at_id"))

    op.drop_table("tasks")
