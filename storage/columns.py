"""Column types of our own: instants in UTC, and texts and addresses that are sealed on their way into the database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage.sealing import Seal


class Instant(TypeDecorator[dt.datetime]):
    """A moment, always aware; SQLite would drop the offset, so it is stored in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":  # ISO 8601 as text of one length: sorts by time, and costs a tenth of SQLAlchemy's own format
            return dialect.type_descriptor(sa.String(32))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # Any: what each database takes
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored: pass an aware datetime")
        value = value.astimezone(dt.UTC)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # Any: what each database gives
        if value is None:
            return None
        return dt.datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(dt.UTC)


class _SealedType(TypeDecorator[str]):
    """Shared by the sealed types: the column they stand in, which binds a value to its place."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self._place = place.encode()


class Sealed(_SealedType):
    """A text only the holder of the key can read (AES-GCM)."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal_of(dialect).seal(value.encode(), self._place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else seal_of(dialect).open(bytes(value), self._place).decode()


class SealedBytes(TypeDecorator[bytes]):
    """A file only the holder of the key can read (AES-GCM)."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self._place = place.encode()

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal_of(dialect).seal(value, self._place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal_of(dialect).open(bytes(value), self._place)


class Address(_SealedType):
    """An address that can be looked up but not read without the key (AES-SIV)."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal_of(dialect).seal_address(value.encode(), self._place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else seal_of(dialect).open_address(bytes(value), self._place).decode()


def seal_of(dialect: Dialect) -> Seal:
    """The ring an engine was opened with; it travels with the dialect because that is all a type is handed."""
    seal: Seal = dialect.hiwar_seal  # type: ignore[attr-defined]  # set in engines.open_*
    return seal
