"""Feeds of other sites, and which of their items became drafts already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.news import Item
from storage import news
from storage.schema import feed_items, feeds

EVERY = dt.timedelta(hours=1)
LONGEST_PAUSE = dt.timedelta(days=1)  # between two looks at a feed that fails


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is looked at by the clock; `trouble` says why the last look failed."""

    id: int
    url: str
    language: str
    topics: tuple[str, ...]
    etag: str = ""
    modified: str = ""
    checked_at: dt.datetime | None = None
    trouble: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a feed as plain text; `name` tells it from the others of its feed."""

    name: str
    title: str
    text: str
    url: str


def add(db: sa.Connection, url: str, language: str, topics: tuple[str, ...], at: dt.datetime) -> bool:
    """Look at a feed from now on; False when it is in the list already."""
    if db.execute(sa.select(feeds.c.id).where(feeds.c.url == url)).first() is not None:
        return False
    db.execute(feeds.insert().values(url=url, language=language, topics=msgspec.json.encode(topics).decode(), due_at=at))
    return True


def remove(db: sa.Connection, feed_id: int) -> bool:
    """Look at a feed no more; what became a draft stays."""
    return db.execute(feeds.delete().where(feeds.c.id == feed_id)).rowcount == 1


def all_of_them(db: sa.Connection) -> tuple[Feed, ...]:
    return tuple(_feed(row) for row in db.execute(sa.select(feeds).order_by(feeds.c.id)))


def take_due(db: sa.Connection, at: dt.datetime) -> Feed | None:
    """One feed whose time has come; no other node takes it before the next time."""
    row = db.execute(
        sa.select(feeds).where(feeds.c.due_at <= at).order_by(feeds.c.due_at).limit(1).with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    db.execute(feeds.update().where(feeds.c.id == row.id).values(due_at=at + EVERY))
    return _feed(row)


def take_in(db: sa.Connection, feed: Feed, found: Iterable[Entry], etag: str, modified: str, at: dt.datetime) -> int:
    """Make drafts of the entries that are new, each once, even when its draft was deleted since; how many."""
    known = set(db.execute(sa.select(feed_items.c.name).where(feed_items.c.feed_id == feed.id)).scalars())
    made = 0
    for entry in found:
        if entry.name in known:
            continue
        known.add(entry.name)
        item = Item({feed.language: entry.title}, {feed.language: entry.text} if entry.text else {}, feed.topics, entry.url)
        number = news.write(db, item, f"feed:{feed.id}", at)
        db.execute(feed_items.insert().values(feed_id=feed.id, name=entry.name, news_id=number, seen_at=at))
        made += 1
    values = {"etag": etag[:200], "modified": modified[:64], "checked_at": at, "trouble": "", "failures": 0}
    db.execute(feeds.update().where(feeds.c.id == feed.id).values(values))
    return made


def note_trouble(db: sa.Connection, feed: Feed, trouble: str, at: dt.datetime) -> None:
    """Remember why a feed could not be read; the more often, the longer the pause."""
    pause = min(LONGEST_PAUSE, EVERY * 2 ** min(feed.failures, 5))
    values = {"trouble": trouble[:64], "failures": feed.failures + 1, "checked_at": at, "due_at": at + pause}
    db.execute(feeds.update().where(feeds.c.id == feed.id).values(values))


def _feed(row: sa.Row[tuple[object, ...]]) -> Feed:
    topics = msgspec.json.decode(row.topics, type=tuple[str, ...])
    return Feed(row.id, row.url, row.language, topics, row.etag, row.modified, row.checked_at, row.trouble, row.failures)
