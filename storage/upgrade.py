"""Brings the database to the newest schema; migrations only go forward."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.schema import HEAD

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 7_460_001  # PostgreSQL advisory lock: two nodes that start together migrate one after the other


class Newer(Exception):
    """The database was made by a newer Hiwar; the text says what to do."""


def revision(db: sa.Connection) -> str:
    """The revision the database stands at, or "" for an empty one."""
    if not sa.inspect(db).has_table("alembic_version"):
        return ""
    return db.execute(sa.text("select version_num from alembic_version")).scalar() or ""


def upgrade(engine: sa.Engine) -> bool:
    """Run the migrations that are missing, in one transaction; True when there was something to do. Raises Newer."""
    with engine.begin() as db:
        if db.dialect.name == "postgresql":
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        found = revision(db)
        if found == HEAD:
            return False
        if found > HEAD:
            raise Newer(f"the database stands at revision {found}, this Hiwar knows only {HEAD}: start the newer version again")
        from alembic import command  # not above: the tool takes a quarter of a second to load, and most starts need it not
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.attributes["connection"] = db
        command.upgrade(config, "head")
        return True
