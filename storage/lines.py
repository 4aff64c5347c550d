"""The conversation as the built-in web chat shows it: both sides, in order, until the person forgets it or its time is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from bot.messages import Place, Shown
from storage.ledger import wake
from storage.schema import files, lines


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the citizen's own or of the bot, as it is kept."""

    shown: Shown
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    side: str  # "bot" or "you"
    event: str
    said: Said
    at: dt.datetime


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Said).decode


def topic(person_id: int) -> str:
    """What a page waits for."""
    return f"lines:{person_id}"


def add(db: sa.Connection, person_id: int, side: str, said: Said, at: dt.datetime, event: str = "") -> int:
    """Add a line and wake the pages that show this conversation."""
    values = {"person_id": person_id, "side": side, "event": event, "body": _encode(said).decode(), "at": at}
    wake(db, topic(person_id))
    return int(db.execute(lines.insert().values(values).returning(lines.c.id)).scalar_one())


def after(db: sa.Connection, person_id: int, line_id: int, most: int = 200) -> tuple[Line, ...]:
    """The newest lines after one, at most `most`, oldest first."""
    rows = db.execute(
        sa.select(lines).where(lines.c.person_id == person_id, lines.c.id > line_id).order_by(lines.c.id.desc()).limit(most)
    ).all()
    return tuple(Line(row.id, row.side, row.event, _decode(row.body), row.at) for row in reversed(rows))


def replace(db: sa.Connection, person_id: int, line_id: int, said: Said | None) -> bool:
    """Say something else in a line of the bot, or take it back; False when it is gone already."""
    this = lines.c.id == line_id, lines.c.person_id == person_id, lines.c.side == "bot"
    wake(db, topic(person_id))
    if said is None:
        return db.execute(lines.delete().where(*this)).rowcount == 1
    return db.execute(lines.update().where(*this).values(body=_encode(said).decode())).rowcount == 1


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    return db.execute(lines.delete().where(lines.c.at < moment)).rowcount


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    mime: str
    content: bytes


def keep_file(db: sa.Connection, file_id: str, person_id: int, name: str, mime: str, content: bytes, at: dt.datetime) -> None:
    db.execute(files.insert().values(id=file_id, person_id=person_id, name=name, mime=mime, content=content, at=at))


def file_of(db: sa.Connection, person_id: int, file_id: str) -> StoredFile | None:
    """A file of this person; nobody else's."""
    row = db.execute(sa.select(files).where(files.c.id == file_id, files.c.person_id == person_id)).first()
    return None if row is None else StoredFile(row.name, row.mime, row.content)


def stored_file(db: sa.Connection, file_id: str) -> StoredFile | None:
    """A file, whoever it belongs to: for the channel that sends it to them."""


def forget_files_before(db: sa.Connection, moment: dt.datetime) -> int:
    return db.execute(files.delete().where(files.c.at < moment)).rowcount
