"""Looks at the feeds of other sites by the clock: what is new there becomes a draft for an editor, as plain text."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import html
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import structlog

from channels.errors import OutsideRefused
from channels.outside import Fetched, fetch_outside
from civic.news import LONGEST_TEXT, LONGEST_TITLE
from storage import feeds
from storage.feeds import Entry
from storage.ledger import Ledger

LARGEST = 2 * 1024 * 1024  # bytes of a feed
SECONDS = 20.0  # for the whole of it
MOST_ENTRIES = 50  # of one feed at once; a feed lists its newest first
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"
_BREAKS = re.compile(r"(?i)<\s*(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>")
_GAPS = re.compile(r"[ \t\u00a0]*\n[ \t\n\u00a0]*\n+")

log = structlog.get_logger(__name__)

Fetch = Callable[..., Awaitable[Fetched]]


async def look(ledger: Ledger, now: Callable[[], dt.datetime], fetch: Fetch = fetch_outside) -> int:
    """Read every feed that is due; how many drafts were made. One feed that fails holds up no other."""
    made = 0
    while (feed := await ledger.write(feeds.take_due, now())) is not None:
        try:
            fetched = await fetch(feed.url, most_bytes=LARGEST, seconds=SECONDS, etag=feed.etag, modified=feed.modified, accept=ACCEPT)
            found = () if fetched.unchanged else await asyncio.to_thread(read, fetched.content, fetched.url)
        except OutsideRefused as refused:
            await ledger.write(feeds.note_trouble, feed, refused.reason, now())
            log.info("feed_failed", feed=feed.id, reason=refused.reason)
            continue
        if found is None:
            await ledger.write(feeds.note_trouble, feed, "no_feed", now())
            log.info("feed_failed", feed=feed.id, reason="no_feed")
            continue
        etag, modified = (feed.etag, feed.modified) if fetched.unchanged else (fetched.etag, fetched.modified)
        new = await ledger.write(feeds.take_in, feed, found, etag, modified, now())
        made += new
        log.info("feed_read", feed=feed.id, drafts=new)
    return made


def read(content: bytes, url: str) -> tuple[Entry, ...] | None:
    """The entries of an RSS or Atom feed that have a title, as plain text; None for what is no feed."""
    import feedparser  # type: ignore[import-untyped]  # it ships no types; not above: a start need not load it

    parsed = feedparser.parse(content, response_headers={"content-location": url})
    if not parsed.get("version"):
        return None
    entries: list[Entry] = []
    for raw in parsed.entries[:MOST_ENTRIES]:
        title = plain(raw.get("title", ""), LONGEST_TITLE).replace("\n", " ")
        if not title:
            continue
        link = _web(urljoin(url, raw.get("link", "") or ""))
        name = hashlib.sha256((raw.get("id") or raw.get("link") or title).encode()).hexdigest()
        entries.append(Entry(name, title, plain(_text(raw), LONGEST_TEXT), link))
    return tuple(entries)


def plain(markup: str, longest: int) -> str:
    """The words of a piece of HTML; nothing of it can act as HTML again, and what is too long ends at a word."""
    import nh3

    text = html.unescape(nh3.clean(_BREAKS.sub("\n", markup), tags=set(), clean_content_tags={"script", "style"}))
    text = _GAPS.sub("\n\n", "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")).strip()
    return text if len(text) <= longest else f"{text[: longest - 1].rsplit(None, 1)[0]}…"


def _text(raw: Any) -> str:  # Any: feedparser's own dictionary
    whole = [part.get("value", "") for part in raw.get("content", ())]
    return str(max([raw.get("summary", "") or "", *whole], key=len))


def _web(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.netloc and len(url) <= 500 else ""
