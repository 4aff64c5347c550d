"""News as editors and programs write it: kept, changed, published, withdrawn, announced, each noted in the audit log."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from civic import news as rules
from civic.announcements import Audience, Bulletin
from civic.news import Item, News
from civic.subscriptions import REGION
from handlers.desk import announcing
from handlers.news_topics import all_topics
from storage import audit, news


def write(db: sa.Connection, item: Item, picture: bytes, by: str, at: dt.datetime) -> int:
    """Keep a new draft, with its picture; its number. Raises Refusal."""
    number = news.write(db, rules.check(item, frozenset(all_topics(db))), by, at, _keep(db, picture, at))
    audit.note(db, at, by, "news_written", f"news {number}")
    return number


def change(db: sa.Connection, seen: News, item: Item, version: int, picture: bytes, by: str, at: dt.datetime, *, keeps: bool) -> None:
    """Write an item anew; without `keeps`, its picture goes. Raises Refusal, Changed."""
    checked = rules.check(item, frozenset(all_topics(db)))
    if seen.state == "published":
        rules.check_ready(checked)
    kept = _keep(db, picture, at) or (seen.picture if keeps else "")
    news.change(db, seen.id, checked, version, kept)
    audit.note(db, at, by, "news_changed", f"news {seen.id}")


def act(db: sa.Connection, seen: News, what: str, by: str, at: dt.datetime) -> None:
    """Publish, withdraw or discard an item. Raises Refusal."""
    if what == "publish":
        rules.check_ready(seen.item)
        changed = news.publish(db, seen.id, at)
    else:
        changed = news.withdraw(db, seen.id) if what == "withdraw" else news.discard(db, seen.id)
    if changed:
        audit.note(
            db, at, by, {"publish": "news_published", "withdraw": "news_withdrawn", "discard": "news_discarded"}[what], f"news {seen.id}"
        )


def announce(db: sa.Connection, seen: News, by: str, at: dt.datetime) -> int:
    """A draft of an announcement to the subscribers of an item's topics; what falls back to what is for the editor to allow."""
    item = seen.item
    topics = tuple(topic for topic in item.topics if not topic.startswith(REGION))
    regions = tuple(topic for topic in item.topics if topic.startswith(REGION))
    text = {language: rules.lead(words) for language, words in item.text.items()}
    return announcing.draft(db, Bulletin(item.title, text, Audience(topics, regions), item.instead), by, at, seen.id)


def _keep(db: sa.Connection, picture: bytes, at: dt.datetime) -> str:
    if not picture:
        return ""
    name = secrets.token_hex(8)
    news.keep_picture(db, name, "image/jpeg", picture, at)
    return name
