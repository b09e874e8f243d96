"""Runs migrations on the connection that `db.migrate` hands over; it opens none itself."""

from alembic import context
from sqlalchemy import Connection, text

from db.models import Base

_LOCK = 7_220_411_263  # any fixed number: two processes that start together migrate one after the other


def run(connection: Connection) -> None:
    """Run the migrations in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
