"""Seals of facts, how far logs go that were written before, and tasks that are held back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("facts", sa.Column("key", sa.String(), server_default="", nullable=False))
    op.add_column("facts", sa.Column("mac", sa.String(), server_default="", nullable=False))
    op.create_table(
        "unsealed",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_unsealed")),
    )
    op.create_table(
        "quarantine",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_quarantine")),
    )


def downgrade() -> None:
    op.drop_table("quarantine")
    op.drop_table("unsealed")
    op.drop_column("facts", "mac")
    op.drop_column("facts", "key")
