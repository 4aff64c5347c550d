"""The conversation of each person, saved under a version so that two processes cannot overwrite each other; and kept drafts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from bot.conversation import Conversation, TalkState, dump, load_talk
from storage.prepared import Prepared
from storage.schema import conversations, drafts


class Overtaken(Exception):
    """Another process answered this person first; read again and retry."""


_update = Prepared(
    conversations.update()
    .where(conversations.c.person_id == sa.bindparam("person"), conversations.c.version == sa.bindparam("seen"))
    .values(state=sa.bindparam("new_state"), version=sa.bindparam("new_version"), updated_at=sa.bindparam("now"))
)
_insert = Prepared(conversations.insert().values({column.name: sa.bindparam(column.name) for column in conversations.c}))
_draft = Prepared(
    sa.select(drafts.c.state, drafts.c.kept_at).where(
        drafts.c.person_id == sa.bindparam("person"), drafts.c.feature == sa.bindparam("feature_name")
    )
)


def save(db: sa.Connection, person_id: int, conversation: Conversation, seen: int, at: dt.datetime) -> None:
    """Save over the version that was `seen` (0: none yet); raises Overtaken when it is no longer the newest."""
    state = dump(conversation)
    if seen == 0:
        try:
            _insert.change(db, person_id=person_id, state=state, version=1, updated_at=at)
        except sa.exc.IntegrityError:
            raise Overtaken(person_id) from None
        return
    if _update.change(db, person=person_id, seen=seen, new_state=state, new_version=seen + 1, now=at) != 1:
        raise Overtaken(person_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A talk put aside to be gone on with later."""

    feature: str
    kept_at: dt.datetime


def keep_draft(db: sa.Connection, person_id: int, talk: TalkState, at: dt.datetime) -> None:
    """Put a talk aside; it takes the place of an older draft of the same feature."""
    db.execute(drafts.delete().where(drafts.c.person_id == person_id, drafts.c.feature == talk.feature))
    db.execute(drafts.insert().values(person_id=person_id, feature=talk.feature, state=dump(talk), kept_at=at))


def take_draft(db: sa.Connection, person_id: int, feature: str) -> tuple[TalkState, dt.datetime] | None:
    """The draft of a feature, no longer among the drafts: whoever takes it has to keep it or end it."""
    row = _draft.first(db, person=person_id, feature_name=feature)
    if row is None:
        return None
    db.execute(drafts.delete().where(drafts.c.person_id == person_id, drafts.c.feature == feature))
    state, kept_at = row
    return load_talk(state), kept_at


def drafts_of(db: sa.Connection, person_id: int) -> tuple[Draft, ...]:
    rows = db.execute(
        sa.select(drafts.c.feature, drafts.c.kept_at).where(drafts.c.person_id == person_id).order_by(drafts.c.kept_at.desc())
    )
    return tuple(Draft(row.feature, row.kept_at) for row in rows)


def drop_drafts_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Delete drafts kept before a moment; the number deleted."""
    return db.execute(drafts.delete().where(drafts.c.kept_at < moment)).rowcount


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Delete conversations in which nothing was said since a moment; the number deleted."""
    return db.execute(conversations.delete().where(conversations.c.updated_at < moment)).rowcount
