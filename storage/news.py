"""News items: drafts, what is published, their topics and pictures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from civic.news import Item, News
from storage.schema import news, news_pictures, news_topics


class Changed(RuntimeError):
    """Somebody else changed the item meanwhile."""


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Item).decode


def write(db: sa.Connection, item: Item, by: str, at: dt.datetime, picture: str = "") -> int:
    """A new draft; its number."""
    values = {"state": "draft", "body": _encode(item).decode(), "picture": picture, "written_by": by, "written_at": at, "version": 1}
    number = int(db.execute(news.insert().values(values).returning(news.c.id)).scalar_one())
    _set_topics(db, number, item)
    return number


def change(db: sa.Connection, number: int, item: Item, seen: int, picture: str) -> None:
    """Write an item anew over the version that was `seen`; raises Changed."""
    this = news.c.id == number, news.c.version == seen
    values = {"body": _encode(item).decode(), "picture": picture, "version": seen + 1}
    if db.execute(news.update().where(*this).values(values)).rowcount != 1:
        raise Changed(number)
    db.execute(news_topics.delete().where(news_topics.c.news_id == number))
    _set_topics(db, number, item)


def publish(db: sa.Connection, number: int, at: dt.datetime) -> bool:
    """Let everyone read a draft, or again what was withdrawn; False when it is published already."""
    this = news.c.id == number, news.c.state != "published"
    values = {
        "state": "published",
        "published_at": sa.func.coalesce(news.c.published_at, sa.bindparam("now", at, news.c.published_at.type)),
    }
    return db.execute(news.update().where(*this).values(values)).rowcount == 1


def withdraw(db: sa.Connection, number: int) -> bool:
    return db.execute(news.update().where(news.c.id == number, news.c.state == "published").values(state="withdrawn")).rowcount == 1


def discard(db: sa.Connection, number: int) -> bool:
    """Delete a draft; what was published once is only withdrawn."""
    return db.execute(news.delete().where(news.c.id == number, news.c.state == "draft", news.c.published_at.is_(None))).rowcount == 1


def find(db: sa.Connection, number: int) -> News | None:
    row = db.execute(sa.select(news).where(news.c.id == number)).first()
    return None if row is None else _news(row)


def published(db: sa.Connection, *, topic: str = "", most: int = 8, after: int = 0) -> tuple[News, ...]:
    """The newest published items, of one topic or all, leaving out the first `after`."""
    wanted = sa.select(news).where(news.c.state == "published")
    if topic:
        wanted = wanted.where(sa.exists().where(news_topics.c.news_id == news.c.id, news_topics.c.topic == topic))
    rows = db.execute(wanted.order_by(news.c.published_at.desc(), news.c.id.desc()).limit(most).offset(after))
    return tuple(_news(row) for row in rows)


def in_state(db: sa.Connection, states: Collection[str], most: int = 100) -> tuple[News, ...]:
    """For the desk: items in these states, newest first."""
    rows = db.execute(sa.select(news).where(news.c.state.in_(states)).order_by(news.c.id.desc()).limit(most))
    return tuple(_news(row) for row in rows)


def count_drafts(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.count()).where(news.c.state == "draft")).scalar_one()


def topics_with_news(db: sa.Connection) -> frozenset[str]:
    """The topics under which something is published."""
    wanted = sa.select(news_topics.c.topic).join(news, news.c.id == news_topics.c.news_id).where(news.c.state == "published").distinct()
    return frozenset(db.execute(wanted).scalars())


def keep_picture(db: sa.Connection, picture: str, mime: str, content: bytes, at: dt.datetime) -> None:
    db.execute(news_pictures.insert().values(id=picture, mime=mime, content=content, at=at))


def picture(db: sa.Connection, picture_id: str) -> tuple[str, bytes] | None:
    """Kind and content of a picture."""
    row = db.execute(sa.select(news_pictures).where(news_pictures.c.id == picture_id)).first()
    return None if row is None else (row.mime, row.content)


def _set_topics(db: sa.Connection, number: int, item: Item) -> None:
    db.execute(news_topics.insert(), [{"news_id": number, "topic": topic} for topic in item.topics])


def _news(row: sa.Row[tuple[object, ...]]) -> News:
    return News(row.id, row.state, _decode(row.body), row.picture, row.written_by, row.written_at, row.published_at, row.version)
