"""Statements of the hot path, compiled once: a message runs a handful of them.

Core's own work a statement is thirty times the database's. They are written in Core like all others, so there is one version of each for
SQLite and PostgreSQL, with the same column types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import Executable

_Processor = Callable[[Any], Any]  # Any: whatever the column's type takes and gives


class _Ready:
    """A statement for one dialect: its text, the order and types of its values, the types of its columns."""

    __slots__ = ("_names", "_results", "text")

    def __init__(self, statement: Executable, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # Any: SQLCompiler, which an Executable does not promise
        self.text: str = compiled.string
        order: Sequence[str] = compiled.positiontup if compiled.positional else list(compiled.binds)
        fixed: Mapping[str, object] = compiled.params
        self._names = [(name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect), fixed.get(name)) for name in order]
        columns = getattr(statement, "exported_columns", None) or ()
        self._results: list[_Processor | None] = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        if not compiled.positional:
            self._names = [(name, processor, fixed.get(name)) for name, processor, _fixed in self._names]

    def values(self, given: Mapping[str, object], *, positional: bool) -> Any:  # Any: a sequence or a mapping, as the driver wants it
        bound = [
            (name, value if processor is None or value is None else processor(value))
            for name, processor, fixed in self._names
            for value in (given.get(name, fixed),)
        ]
        return [value for _name, value in bound] if positional else dict(bound)

    def row(self, raw: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            value if processor is None or value is None else processor(value) for value, processor in zip(raw, self._results, strict=True)
        )


class Prepared:
    """A statement whose text and types are worked out once for each engine."""

    __slots__ = ("_ready", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._ready: dict[int, tuple[sa.Dialect, _Ready]] = {}

    def first(self, db: sa.Connection, **values: object) -> tuple[Any, ...] | None:
        """The first row, with its values as the column types give them."""
        ready, cursor = self._execute(db, values)
        raw = cursor.fetchone()
        cursor.close()
        return None if raw is None else ready.row(raw)

    def change(self, db: sa.Connection, **values: object) -> int:
        """Execute a statement that returns no rows; how many rows it changed. Raises IntegrityError as Core does."""
        _ready, cursor = self._execute(db, values)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def _execute(self, db: sa.Connection, values: Mapping[str, object]) -> tuple[_Ready, Any]:
        dialect = db.dialect
        known = self._ready.get(id(dialect))
        if known is None or known[0] is not dialect:
            known = self._ready[id(dialect)] = (dialect, _Ready(self._statement, dialect))
        ready = known[1]
        driver: Any = db.connection.dbapi_connection  # Any: sqlite3 and psycopg share `execute` but no type
        bound = ready.values(values, positional=dialect.positional)
        try:
            return ready, driver.execute(ready.text, bound)
        except dialect.loaded_dbapi.IntegrityError as error:
            raise sa.exc.IntegrityError(None, None, error) from None  # without the statement's values: they may be personal
        except dialect.loaded_dbapi.Error as error:
            is_gone = dialect.is_disconnect(error, driver, None)
            raise sa.exc.DBAPIError.instance(
                None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
            ) from None
