"""Files that belong to proposals: wanted when they are named, kept when they were fetched and looked at, or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from bot.messages import File
from storage.ledger import wake
from storage.schema import files, proposal_files, proposals

TOPIC = "attachments"
WANTED, KEPT, REFUSED = "wanted", "kept", "refused"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a proposal, without its content."""

    id: int
    number: int
    channel: str
    file: File
    state: str
    attempts: int
    name: str
    mime: str
    author: int | None = None


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(File).decode


def want(db: sa.Connection, number: int, channel: str, wanted: Iterable[File], at: dt.datetime) -> None:
    """Have these files fetched for a proposal."""
    rows = [
        {
            "number": number,
            "channel": channel,
            "ref": _encode(file).decode(),
            "state": WANTED,
            "due_at": at,
            "name": file.name,
            "mime": file.mime,
        }
        for file in wanted
    ]
    if rows:
        db.execute(proposal_files.insert(), rows)
        wake(db, TOPIC)


def claim(db: sa.Connection, at: dt.datetime, until: dt.datetime, most: int) -> tuple[Attachment, ...]:
    """Take files that are due, oldest first; nobody else takes them until then."""
    due = sa.select(proposal_files.c.id).where(proposal_files.c.state == WANTED, proposal_files.c.due_at <= at)
    due = due.order_by(proposal_files.c.due_at, proposal_files.c.id).limit(most).with_for_update(skip_locked=True)
    ids = list(db.execute(due).scalars())
    if not ids:
        return ()
    db.execute(proposal_files.update().where(proposal_files.c.id.in_(ids)).values(due_at=until, attempts=proposal_files.c.attempts + 1))
    return _attachments(db, proposal_files.c.id.in_(ids))


def next_due(db: sa.Connection) -> dt.datetime | None:
    """When the next file is due."""
    found: dt.datetime | None = db.execute(
        sa.select(proposal_files.c.due_at).where(proposal_files.c.state == WANTED).order_by(proposal_files.c.due_at).limit(1)
    ).scalar()
    return found


def own_file(db: sa.Connection, attachment: Attachment) -> bytes | None:
    """The content of a file that a channel of our own keeps; None when it is gone or was another person's."""
    mine = files.c.id == attachment.file.ref, files.c.person_id == attachment.author
    content: bytes | None = db.execute(sa.select(files.c.content).where(*mine)).scalar()
    return content


def keep(db: sa.Connection, file_id: int, name: str, mime: str, content: bytes) -> bool:
    """Keep what was fetched; False when it is not wanted any more."""
    return _settle(db, file_id, state=KEPT, name=name, mime=mime, content=content)


def refuse(db: sa.Connection, file_id: int) -> bool:
    """Give a file up; False when it is not wanted any more, so that its author is told once."""
    return _settle(db, file_id, state=REFUSED)


def wait(db: sa.Connection, file_id: int, until: dt.datetime) -> None:
    """Try again later."""
    db.execute(proposal_files.update().where(proposal_files.c.id == file_id, proposal_files.c.state == WANTED).values(due_at=until))


def of(db: sa.Connection, number: int) -> tuple[Attachment, ...]:
    """The files of a proposal that were not refused."""
    return _attachments(db, proposal_files.c.number == number, proposal_files.c.state != REFUSED)


def content(db: sa.Connection, number: int, file_id: int) -> tuple[str, str, bytes] | None:
    """Name, type and content of a kept file of this proposal."""
    kept = proposal_files.c.id == file_id, proposal_files.c.number == number, proposal_files.c.state == KEPT
    row = db.execute(sa.select(proposal_files.c.name, proposal_files.c.mime, proposal_files.c.content).where(*kept)).first()
    return None if row is None else (row.name, row.mime, row.content)


def _settle(db: sa.Connection, file_id: int, **values: object) -> bool:
    still = proposal_files.c.id == file_id, proposal_files.c.state == WANTED
    return db.execute(proposal_files.update().where(*still).values(values)).rowcount == 1


def _attachments(db: sa.Connection, *which: sa.ColumnElement[bool]) -> tuple[Attachment, ...]:
    one = proposal_files.c
    columns = one.id, one.number, one.channel, one.ref, one.state, one.attempts, one.name, one.mime, proposals.c.author_id
    found = sa.select(*columns).join(proposals, proposals.c.number == one.number).where(*which).order_by(one.id)
    return tuple(
        Attachment(row.id, row.number, row.channel, _decode(row.ref), row.state, row.attempts, row.name, row.mime, row.author_id)
        for row in db.execute(found)
    )
