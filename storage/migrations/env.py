"""Runs migrations on the connection that storage/upgrade.py hands over."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from storage.columns import Instant
from storage.schema import metadata


def _plain(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """A migration stands on its own: it names the database's types, not ours, which may change later."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return "sa.DateTime(timezone=True)" if isinstance(item, Instant) else "sa.LargeBinary()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    render_item=_plain,
    compare_type=False,  # our types are written as what they stand on, which reads as a change
)
with context.begin_transaction():
    context.run_migrations()
