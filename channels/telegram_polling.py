"""Long polling in which Telegram forgets an update only after it was handled.

python-telegram-bot's Updater confirms a batch as soon as it sits in a queue in memory; a crash then loses what was in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog
from telegram.error import NetworkError, TelegramError

from channels.contract import Failed
from channels.errors import Unreadable
from channels.telegram_client import LONGEST_POLL, Client
from channels.telegram_errors import read_answer, read_exception
from channels.telegram_updates import ALLOWED_UPDATES, NAME, order_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

BATCH = 100  # getUpdates, most updates at once
LONGEST_PAUSE = 30.0  # seconds between tries; a person waits at the other end
FIRST_PAUSE = 0.5
LAST_WORD = 2.0  # seconds a stop waits for the last confirmation


class _Batch(msgspec.Struct, gc=False):
    result: tuple[msgspec.Raw, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Batch).decode


async def poll(
    client: Client,
    handle: Callable[[bytes], Awaitable[None]],
    *,
    stop: asyncio.Event,
    trouble: Callable[[Failed], None] | None,
    side_by_side: int,
) -> Failed | None:
    """Fetch and handle updates until `stop` is set; see Telegram.poll."""
    offset = 0
    handled: set[int] = set()  # ids past the offset that need no second handling when their batch is fetched again
    failures = 0
    webhook_removed = False
    while not stop.is_set():
        failed: Failed | None = None
        if not webhook_removed:
            failed = await _remove_webhook(client)
            webhook_removed = failed is None
        if failed is None:
            fetched = await _until(stop, _fetch(client, offset, LONGEST_POLL))
            if fetched is None:
                break
            if isinstance(fetched, Failed):
                failed = fetched
                webhook_removed = webhook_removed and failed.reason != "conflict"  # it may be a webhook set meanwhile
            else:
                offset, complete = await _handle_all(fetched, handle, offset, handled, side_by_side)
                if complete:
                    failures = 0
                    continue
        failures += 1
        if failed is not None:
            log.warning("poll_failed", channel=NAME, reason=failed.reason, operator=failed.operator, failures=failures)
            if trouble is not None:
                trouble(failed)
            if failed.reason == "unauthorized":
                return failed
        await _until(stop, asyncio.sleep(_pause(failures, failed.after if failed is not None else 0.0)))
    if offset:
        # Confirms what was handled last; without it the next start gets that batch again and has to find it in the inbox.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD):
                await _fetch(client, offset, 0, most=1)
    return None


async def _fetch(client: Client, offset: int, seconds: int, most: int = BATCH) -> tuple[msgspec.Raw, ...] | Failed:
    body = _encode({"offset": offset, "limit": most, "timeout": seconds, "allowed_updates": ALLOWED_UPDATES})
    try:
        status, answer = await client.call("getUpdates", body, polls=True)
        if status == 200:
            return _decode(answer).result
    except NetworkError as error:
        return read_exception(error)
    except (msgspec.MsgspecError, RecursionError):
        return read_answer(502, b"")
    return read_answer(status, answer, one_chat=False)


async def _remove_webhook(client: Client) -> Failed | None:
    try:
        await client.bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        return read_exception(error)
    return None


async def _handle_all(
    updates: tuple[msgspec.Raw, ...],
    handle: Callable[[bytes], Awaitable[None]],
    offset: int,
    handled: set[int],
    side_by_side: int,
) -> tuple[int, bool]:
    """Handle a batch, chats side by side and each in order; returns the offset that may be confirmed, and whether that is all of it."""
    chats: dict[str, list[tuple[int, bytes]]] = {}
    ids: list[int] = []
    for update in updates:
        raw = bytes(update)
        try:
            update_id, chat = order_of(raw)
        except Unreadable as error:
            log.error("update_unreadable", channel=NAME, error=str(error))
            continue
        ids.append(update_id)
        if update_id not in handled:
            chats.setdefault(chat, []).append((update_id, raw))
    room = asyncio.Semaphore(side_by_side)

    async def in_order(waiting: list[tuple[int, bytes]]) -> None:
        async with room:
            for update_id, raw in waiting:
                try:
                    await handle(raw)
                except Exception as error:  # the loop of this channel: what a handler raises must not end the polling
                    log.error("update_not_handled", channel=NAME, update=update_id, error=type(error).__name__)
                    return  # the chat's later updates wait for this one
                handled.add(update_id)

    await asyncio.gather(*(in_order(waiting) for waiting in chats.values()))
    left = [update_id for update_id in ids if update_id not in handled]
    if left:
        # Everything before the first unhandled one is confirmed; Telegram sends the rest again.
        confirmed = min(left)
        handled.difference_update([update_id for update_id in handled if update_id < confirmed])
        return confirmed, False
    handled.clear()
    return (max(ids) + 1 if ids else offset), True


def _pause(failures: int, after: float) -> float:
    # The jitter keeps two instances that lost the same server from asking in step.
    doubled = FIRST_PAUSE * float(2 ** min(failures - 1, 10))
    return max(after, min(LONGEST_PAUSE, doubled) * random.uniform(0.75, 1.0))  # noqa: S311  # not a secret


async def _until(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of `work`, or None when `stop` is set first; then the work is cancelled."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))
