"""Fetches the files people sent with proposals, looks at what they are, and keeps them, or has the author told why not.

The table says what is done: a file claimed by a process that died is due again when its claim runs out, and is kept or refused once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import sqlalchemy as sa
import structlog

from bot.messages import FileKind
from bot.pictures import Unseen, redraw
from bot.uploads import kind_of
from channels.contract import Sender
from channels.errors import FileRefused
from civic.proposals import LARGEST_FILE
from storage import attachments
from storage.attachments import Attachment
from storage.ledger import Ledger

CLAIMED = dt.timedelta(minutes=5)  # a process that died is waited for so long
MOST_AT_ONCE = 8
MOST_ATTEMPTS = 6
FIRST_WAIT = dt.timedelta(minutes=1)  # doubled with each attempt: half an hour in all
LONGEST_NAME = 120

log = structlog.get_logger(__name__)

Tell = Callable[[sa.Connection, Attachment, str, dt.datetime], None]


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as it is kept, or the reason why it is not."""

    content: bytes = b""
    mime: str = ""
    name: str = ""
    refused: str = ""


class Attachments:
    """Fetches what is due from `senders`, and from our own tables for channels that keep."""

    def __init__(self, ledger: Ledger, senders: Mapping[str, Sender], tell: Tell, *, now: Callable[[], dt.datetime]) -> None:
        self._ledger, self._senders, self._tell, self._now = ledger, senders, tell, now

    async def fetch_due(self) -> int:
        """Fetch every file that is due; how many were kept or refused."""
        settled = 0
        while True:
            at = self._now()
            claimed = await self._ledger.write(attachments.claim, at, at + CLAIMED, MOST_AT_ONCE)
            for attachment in claimed:
                settled += await self._fetch(attachment)
            if len(claimed) < MOST_AT_ONCE:
                return settled

    async def _fetch(self, attachment: Attachment) -> bool:
        content = await self._content(attachment)
        if content is None and attachment.attempts < MOST_ATTEMPTS:
            until = self._now() + FIRST_WAIT * 2 ** (attachment.attempts - 1)
            await self._ledger.write(attachments.wait, attachment.id, until)
            log.info("attachment_waits", attachment=attachment.id, attempts=attachment.attempts)
            return False
        looked = Looked(refused="gone") if content is None else await asyncio.to_thread(look, content, attachment.name)
        await self._ledger.write(_settle, attachment, looked, self._tell, self._now())
        log.info("attachment_settled", attachment=attachment.id, result=looked.refused or "kept")
        return True

    async def _content(self, attachment: Attachment) -> bytes | None:
        sender = self._senders.get(attachment.channel)
        if sender is None:
            return await self._ledger.write(attachments.own_file, attachment)
        try:
            return await sender.fetch(attachment.file, LARGEST_FILE)
        except FileRefused:
            return None


def look(content: bytes, name: str) -> Looked:
    """What is kept of a file: a picture drawn anew, a document as it is. Takes up to seconds for a large picture."""
    if not content:
        return Looked(refused="empty")
    if len(content) > LARGEST_FILE:
        return Looked(refused="large")
    known = kind_of(content[:16])
    if known is None:
        return Looked(refused="kind")
    mime, kind = known
    plain = PurePath(name.replace("\\", "/")).name[:LONGEST_NAME]
    if kind is not FileKind.PICTURE:
        return Looked(content, mime, plain)
    try:
        drawn, mime, ending = redraw(content)
    except Unseen:
        return Looked(refused="picture")
    return Looked(drawn, mime, f"{PurePath(plain).stem or 'picture'}{ending}")


def _settle(db: sa.Connection, attachment: Attachment, looked: Looked, tell: Tell, at: dt.datetime) -> None:
    """Keep or refuse it, and have the author told of a refusal, in one transaction: once, whoever else was at it."""
    if not looked.refused:
        attachments.keep(db, attachment.id, looked.name, looked.mime, looked.content)
    elif attachments.refuse(db, attachment.id):
        tell(db, attachment, looked.refused, at)
