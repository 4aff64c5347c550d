"""A database in one transaction, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage.engines import open_writer
from storage.sealing import Seal


@pytest.fixture
def db(database_url: str, seal: Seal) -> Iterator[sa.Connection]:
    engine = open_writer(database_url, seal)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
