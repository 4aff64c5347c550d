"""Announcements that are written into our own tables: what waits for somebody outside a channel's window, and the web chat's lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from civic.windows import is_open
from scheduler.wording import Worded
from storage import deliveries, lines, outbox, presence
from storage.deliveries import Settled

CLOSED = dt.timedelta()  # the window of somebody whom the vendor says we may not write to, whatever our clock says


def put_aside(db: sa.Connection, channel: str, worded: Iterable[Worded], window: dt.timedelta, at: dt.datetime) -> frozenset[int]:
    """Keep the mail of those whose window is closed for their next message, and settle it, in one piece; whose."""
    settled = []
    for one in worded:
        if one.words is not None and not is_open(window, presence.heard_at(db, one.mail.person_id), at):
            letter = outbox.keep_news(db, one.mail.person_id, channel, one.words, at)
            settled.append(_settled(one, "kept", str(letter), at))
    deliveries.settle(db, settled)
    return frozenset(one.person_id for one in settled)


def write_lines(db: sa.Connection, worded: Iterable[Worded], at: dt.datetime) -> None:
    """Write mail as lines of the web chat, and settle it."""
    settled = []
    for one in worded:
        if one.words is not None:
            line = lines.add(db, one.mail.person_id, "bot", lines.Said(one.words), at)
            settled.append(replace(_settled(one, "sent", str(line), at), attempts=one.mail.attempts + 1))
    deliveries.settle(db, settled)


def change_kept(db: sa.Connection, worded: Iterable[Worded], at: dt.datetime) -> None:
    """Give what still waits for its person its new words, or take it away."""
    settled = []
    for one in worded:
        outbox.change_kept(db, int(one.mail.ref), one.words)
        settled.append(_settled(one, "deleted" if one.words is None else "kept", one.mail.ref, at))
    deliveries.settle(db, settled)


def change_lines(db: sa.Connection, worded: Iterable[Worded], at: dt.datetime) -> None:
    """The same for lines of the web chat."""
    settled = []
    for one in worded:
        lines.replace(db, one.mail.person_id, int(one.mail.ref), None if one.words is None else lines.Said(one.words))
        settled.append(_settled(one, "deleted" if one.words is None else "sent", one.mail.ref, at))
    deliveries.settle(db, settled)


def _settled(one: Worded, state: str, ref: str, at: dt.datetime) -> Settled:
    mail = one.mail
    return Settled(
        announcements=mail.announcements,
        person_id=mail.person_id,
        state=state,
        at=at,
        ref=ref,
        attempts=mail.attempts,
        revision=one.revision,
    )
