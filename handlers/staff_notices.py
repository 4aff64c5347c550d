"""Tells the moderators' group that work waits: numbers and a link to the desk, never a title, and not too often."""

from __future__ import annotations

import datetime as dt
from functools import partial

import sqlalchemy as sa

from bot.messages import Button, ButtonKind, Outgoing
from bot.phrases import Paragraphs, Text, _, _n
from civic.proposals import State
from handlers.telling import Post, Recipient, tell
from storage import casework, marks, people

PAUSE = dt.timedelta(minutes=15)  # between two notices
_MARK = "staff_group"


def tell_group(db: sa.Connection, post: Post, channel: str, group: str, desk: str, at: dt.datetime) -> bool:
    """Put a notice on its way to the group when proposals came in since the last one; False when there is nothing to say yet.

    That it was said and the notice are one transaction, so a restart does not repeat it.
    """
    last = marks.last(db, _MARK)
    if last is None:
        marks.put(db, _MARK, at)  # what came before the group was set is no news
        return False
    new = casework.count_filed_since(db, last)
    if at - last < PAUSE or not new:
        return False
    marks.put(db, _MARK, at)
    waiting, second = casework.count(db, [State.WAITING]), casework.count_proposed(db)
    person = people.find_by_address(db, channel, group) or people.meet(db, channel, group, at)
    return tell(db, post, person.id, partial(_notice, new, waiting, second, desk), at)


def _notice(new: int, waiting: int, second: int, desk: str, reader: Recipient) -> Outgoing:
    lines: list[Text] = [
        _n("{n} new proposal.", "{n} new proposals.", new),
        _n("{n} waits for a moderator.", "{n} wait for a moderator.", waiting),
    ]
    if second:
        lines.append(_n("{n} decision waits for a second person.", "{n} decisions wait for a second person.", second))
    return Outgoing(Paragraphs(tuple(lines), "\n"), (Button(_("Open the desk"), kind=ButtonKind.LINK, url=desk),))
