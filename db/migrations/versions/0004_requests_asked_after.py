"""since when nothing was heard of a request that somebody has taken, and who was asked after it."""

import sqlalchemy as sa
from alembic import op

import db.models

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("help_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_since", db.models.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("asked_after", sa.String(length=12), nullable=True))
    op.execute("UPDATE help_request SET quiet_since = taken_at WHERE state = 'taken'")


def downgrade() -> None:
    with op.batch_alter_table("help_request", schema=None) as batch_op:
        batch_op.drop_column("asked_after")
        batch_op.drop_column("quiet_since")
