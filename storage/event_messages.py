"""Messages of organisers to everybody who is registered: a large one waits for a second person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from storage.schema import event_messages

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to the registered of an event, by language."""

    id: int
    event_id: int
    text: dict[str, str]
    state: str  # waiting, sent, withdrawn
    written_by: str
    written_at: dt.datetime
    approved_by: str


def write(db: sa.Connection, event_id: int, text: dict[str, str], actor: str, at: dt.datetime) -> Message:
    """Keep a message, not sent yet."""
    values = {"event_id": event_id, "text": _encode(text).decode(), "state": "waiting", "written_by": actor, "written_at": at}
    return _message(db.execute(event_messages.insert().values(values).returning(event_messages)).one())


def find(db: sa.Connection, message_id: int) -> Message | None:
    row = db.execute(sa.select(event_messages).where(event_messages.c.id == message_id).with_for_update()).first()
    return None if row is None else _message(row)


def of_event(db: sa.Connection, event_id: int) -> tuple[Message, ...]:
    """The messages of an event, newest first."""
    wanted = sa.select(event_messages).where(event_messages.c.event_id == event_id).order_by(event_messages.c.id.desc())
    return tuple(_message(row) for row in db.execute(wanted))


def settle(db: sa.Connection, message_id: int, state: str, actor: str = "") -> bool:
    """Sent or withdrawn; False when it was settled before."""
    waits = event_messages.c.id == message_id, event_messages.c.state == "waiting"
    return db.execute(event_messages.update().where(*waits).values(state=state, approved_by=actor)).rowcount == 1


def count_waiting(db: sa.Connection) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(event_messages.c.state == "waiting")).scalar_one())


def _message(row: sa.Row[tuple[object, ...]]) -> Message:
    return Message(row.id, row.event_id, _decode(row.text), row.state, row.written_by, row.written_at, row.approved_by)
