"""Migrations lead from nothing to the schema, forward only."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.engines import open_writer
from storage.schema import HEAD, metadata
from storage.sealing import Seal
from storage.upgrade import Newer, revision, upgrade


def test_the_migrations_make_the_schema(database_url: str, seal: Seal) -> None:
    """What a database has after all migrations is what storage/schema/ says."""
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        differences = compare_metadata(MigrationContext.configure(db, opts={"compare_type": False}), metadata)
        found = revision(db)
    engine.dispose()

    assert differences == []
    assert found == HEAD


def test_upgrading_again_changes_nothing(database_url: str, seal: Seal) -> None:
    engine = open_writer(database_url, seal)

    assert upgrade(engine) is False
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(database_url: str, seal: Seal) -> None:
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        db.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Newer, match="start the newer version again"):
        upgrade(engine)
    engine.dispose()
