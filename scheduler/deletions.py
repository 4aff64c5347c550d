"""Does what people asked a vendor to have deleted; what cannot be done now is tried again by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import structlog

from channels.contract import Failed
from storage import deletions
from storage.ledger import Ledger

log = structlog.get_logger(__name__)


class Matching(Protocol):
    """A channel that can say how its page knows a user of the vendor."""

    async def addresses_of(self, user: str) -> tuple[str, ...] | Failed: ...


async def delete_asked(ledger: Ledger, channels: Mapping[str, Matching], now: dt.datetime) -> int:
    """Settle every request whose person the vendor names; how many still wait."""
    left = 0
    for deletion in await ledger.write(deletions.waiting):
        channel = channels.get(deletion.channel)
        found = await channel.addresses_of(deletion.user) if channel is not None else None
        if found is None or isinstance(found, Failed):
            left += 1
            log.warning("deletion_waits", code=deletion.code, reason=found.reason if found is not None else "channel_off")
            continue
        await ledger.write(deletions.settle, deletion, (*found, deletion.user), now)
    return left
