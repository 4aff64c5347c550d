"""Tells people outside a window that something waits for them, where the vendor sells that, within a budget a day."""

from __future__ import annotations

import datetime as dt

import structlog

from channels.contract import Failed, Nudging, Sender
from storage import presence
from storage.ledger import Ledger, LedgerDown
from storage.outbox import Lane, Letter

log = structlog.get_logger(__name__)


async def nudge(ledger: Ledger, channel: Sender, letter: Letter, now: dt.datetime) -> None:
    """Send the paid message for a notice that was put aside, unless the person had one already or the day's budget is spent.

    An announcement is not worth the price. The budget counts what was tried: a refusal costs a place, never money.
    """
    most = channel.capabilities.nudges
    if not most or letter.lane is not Lane.NOTICE or not isinstance(channel, Nudging):
        return
    try:
        may = await ledger.write(presence.take_nudge, letter.person_id, channel.name, most, now)
    except LedgerDown:
        return
    if may and isinstance(done := await channel.nudge(letter.address, letter.shown.language), Failed):
        log.warning("nudge_failed", channel=channel.name, letter=letter.id, reason=done.reason)
