"""Copies what a simulation needs into another database; messages and events stay behind."""

from __future__ import annotations

from sqlalchemy import insert, select

from db.engine import Database
from db.models import Arrival, Attempt, Base, Dialogue, Event, Lease, Outbox, QuotaUse, Run, StoredFile, ZaloToken

_LEFT_BEHIND = {
    table.__tablename__
    for table in (Arrival, Attempt, Dialogue, Event, Lease, Outbox, QuotaUse, Run, StoredFile, ZaloToken)
}


def copy_for_simulation(source: Database | None, target: Database) -> None:
    """Make the tables in `target` and fill them from `source`, if there is one."""
    with target.engine.begin() as write:
        Base.metadata.create_all(write)
        if source is None:
            return
        with source.reading() as read:
            for table in Base.metadata.sorted_tables:
                if table.name in _LEFT_BEHIND:
                    continue
                rows = [dict(row._mapping) for row in read.execute(select(table))]
                for row in rows:
                    row.pop("outbox_id", None)  # the message it points to stays behind
                if rows:
                    write.execute(insert(table), rows)
