"""Brings a table of content up to what the files say, without ever losing what an editor wrote.

A row keeps the digest of the file's version that was loaded last. So a file that changed is told from a row that an
editor changed, and where both did, it is a conflict: the editor's text stands until the two are brought together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

encode = msgspec.json.Encoder(order="deterministic").encode


def digest(content: object) -> str:
    """What is another whenever the content is."""
    return hashlib.sha256(encode(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did, by id; a conflict was changed by an editor, and changed or dropped in the files: the editor's text stands."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    def __add__(self, other: Loaded) -> Loaded:
        return Loaded(
            self.added + other.added, self.changed + other.changed, self.removed + other.removed, self.conflicts + other.conflicts
        )

    def __bool__(self) -> bool:
        """Whether the database changed."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Edition:
    """One row as the files have it: its key, its place, what it says, and columns that follow from that."""

    key: tuple[str, ...]
    place: int
    body: str
    more: Mapping[str, object]


_KNOWN = ("digest", "edited", "place", "body")


def load(db: sa.Connection, table: sa.Table, wanted: Iterable[Edition], at: dt.datetime) -> Loaded:
    """Make the rows of a table those of the files; doing it again changes nothing, and an editor's newer text is never overwritten."""
    keys = list(table.primary_key.columns)
    known = {tuple(row[: len(keys)]): row for row in db.execute(sa.select(*keys, *(table.c[name] for name in _KNOWN)))}
    added, changed, conflicts, seen = [], [], [], set()
    new: list[dict[str, object]] = []
    for edition in wanted:
        digest = hashlib.sha256(edition.body.encode()).hexdigest()
        values = {**edition.more, "place": edition.place, "body": edition.body, "digest": digest, "updated_at": at}
        old = known.get(edition.key)
        seen.add(edition.key)
        if old is None:
            new.append({column.name: part for column, part in zip(keys, edition.key, strict=True)} | values)
            added.append(_name(edition.key))
            continue
        if old.edited and old.body == edition.body:
            values["edited"] = False  # the editor's text has come into the files: both say the same again
        elif old.edited and old.digest != digest:
            conflicts.append(_name(edition.key))
            continue
        elif old.edited:
            values = {"place": edition.place}
        elif old.digest != digest:
            changed.append(_name(edition.key))
        if old.digest != values.get("digest", old.digest) or old.place != edition.place or old.edited != values.get("edited", old.edited):
            db.execute(table.update().where(*_is(keys, edition.key)).values(values))
    if new:
        db.execute(table.insert(), new)
    gone = [key for key in known if key not in seen]
    conflicts += [_name(key) for key in gone if known[key].edited and known[key].digest]  # without one, an editor wrote it first
    removed = [key for key in gone if not known[key].edited]
    for key in removed:
        db.execute(table.delete().where(*_is(keys, key)))
    return Loaded(tuple(added), tuple(changed), tuple(_name(key) for key in removed), tuple(conflicts))


def _is(keys: list[sa.Column[object]], key: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [column == part for column, part in zip(keys, key, strict=True)]


def _name(key: tuple[str, ...]) -> str:
    return " ".join(key)
