"""Tells other systems what happened to proposals: signed, tried again with longer and longer waits, each try written down.

A letter is claimed for a while; a node that dies leaves its claims to run out. So a hook is told at least once, always with the same id.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping

import structlog

from channels.errors import OutsideRefused
from storage import hooks
from storage.hooks import Hook, HookLetter
from storage.ledger import Ledger

MOST_AT_ONCE = 8
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 21_600, 86_400))  # after each try; then it is given up

log = structlog.get_logger(__name__)

PostTo = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]
_OUTCOMES = {"sent": "sent", "waiting": "again", "failed": "failed"}  # as counted, by the state a letter is left in


class HookDelivery:
    """The sending of one node."""

    def __init__(
        self,
        ledger: Ledger,
        node: str,
        post: PostTo,
        *,
        now: Callable[[], dt.datetime],
        count: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._ledger, self._node, self._post, self._now, self._count = ledger, node, post, now, count

    async def send_some(self) -> int:
        """Send what is due now, several at a time; how many."""
        claimed = await self._ledger.write(hooks.claim, self._node, MOST_AT_ONCE, self._now())
        await asyncio.gather(*(self._send(letter, hook) for letter, hook in claimed))
        return len(claimed)

    async def _send(self, letter: HookLetter, hook: Hook) -> None:
        stamp, body = str(int(self._now().timestamp())), letter.body.encode()
        signed = hmac.new(hook.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Hiwar/1",
            "Hiwar-Id": str(letter.id),
            "Hiwar-Event": letter.event,
            "Hiwar-Timestamp": stamp,
            "Hiwar-Signature": f"v1={signed}",
        }
        try:
            status = await self._post(hook.url, body, headers)
            outcome, is_told = f"status {status}", 200 <= status < 300
        except OutsideRefused as error:
            outcome, is_told = error.reason, False
        at = self._now()
        again = letter.attempts < len(WAITS) and not is_told
        state = "sent" if is_told else "waiting" if again else "failed"
        due = at + WAITS[letter.attempts] if again else at
        if state == "failed":
            log.warning("hook_given_up", hook=hook.id, letter=letter.id, outcome=outcome)
        await self._ledger.write(hooks.settle, letter.id, state, outcome, due, at)
        self._count(_OUTCOMES[state])
