"""What a step waits for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("steps", sa.Column("waits", sa.Text(), nullable=True))
    where = sa.text("waits IS NOT NULL")
    op.create_index("ix_steps_waits", "steps", ["task"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_steps_waits", table_name="steps")
    op.drop_column("steps", "waits")
