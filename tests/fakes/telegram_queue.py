"""The update queue of the fake server: long polling with confirmation, or a webhook with redelivery.

As in Telegram's own server a webhook has one queue for the messages of a chat, another for a person's presses, another for
blocking; within a queue an update that is not answered 2xx holds back the next.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import aiohttp
import msgspec

from tests.fakes.telegram_spec import Refusal

LONGEST_RETRY = 0.5  # seconds; Telegram goes up to 60 to 120 s, which no test waits for
# Telegram sends these only when asked for by name.
_ONLY_ON_REQUEST = frozenset(("chat_member", "message_reaction", "message_reaction_count"))
_encode = msgspec.json.Encoder().encode


class Updates:
    """What citizens did, waiting for the bot."""

    def __init__(self, *, retry_first: float, instant: Callable[[dict[str, Any], bool], Awaitable[None]]) -> None:
        self.retry_first = retry_first
        self.delivered: list[tuple[int, int]] = []  # update_id and HTTP status of every webhook delivery
        self.confirmed = 0  # the highest offset a poller has sent
        self.url = ""
        self.secret = ""
        self._instant = instant
        self._allowed: frozenset[str] = frozenset()
        self._waiting: dict[int, dict[str, Any]] = {}
        self._ids = itertools.count(700_000_001)
        self._messages = itertools.count(1)
        self._arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None
        self._queues: dict[str, deque[int]] = {}
        self._couriers: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._connections = asyncio.Semaphore(40)
        self._last_error: tuple[float, str] | None = None

    async def stop(self) -> None:
        for courier in self._couriers.values():
            courier.cancel()
        await asyncio.gather(*self._couriers.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # Citizens

    def say(self, chat: int, text: str, **extra: Any) -> int:
        message = {
            "message_id": next(self._messages),
            "from": _person(chat),
            "chat": {"id": chat, "type": "private", "first_name": "Citizen"},
            "date": int(time.time()),
            "text": text,
            **extra,
        }
        return self.push({"message": message})

    def press(self, chat: int, data: str, message_id: int) -> int:
        under = {
            "message_id": message_id,
            "from": {"id": 123456, "is_bot": True, "first_name": "Hiwar"},
            "chat": {"id": chat, "type": "private", "first_name": "Citizen"},
            "date": int(time.time()),
            "text": "…",
        }
        number = next(self._messages)
        query = {"id": f"{chat}{number:06d}", "from": _person(chat), "message": under, "chat_instance": "1", "data": data}
        return self.push({"callback_query": query})

    def push(self, update: Mapping[str, Any]) -> int:
        """Queue an update, unless its kind was not asked for; returns its id."""
        update_id = int(update["update_id"]) if "update_id" in update else next(self._ids)
        kind = next((name for name in update if name != "update_id"), "")
        if (self._allowed and kind not in self._allowed) or (not self._allowed and kind in _ONLY_ON_REQUEST):
            return update_id
        self._waiting[update_id] = {**update, "update_id": update_id}
        self._arrived.set()
        if self.url:
            self._dispatch([update_id])
        return update_id

    @property
    def pending(self) -> int:
        return len(self._waiting)

    # Long polling

    async def fetch(self, offset: int, limit: int, seconds: float, allowed: Iterable[str] | None) -> list[dict[str, Any]]:
        if self.url:
            raise Refusal(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)  # Telegram ends the older of two
        if allowed is not None:
            self._allowed = frozenset(allowed)
        if offset < 0:
            offset = max(sorted(self._waiting)[offset:], default=0)
        self.confirmed = max(self.confirmed, offset)
        for update_id in [update_id for update_id in self._waiting if update_id < offset]:
            del self._waiting[update_id]
        ended = self._poller = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + min(seconds, 50)
        while not self._waiting and (left := deadline - time.monotonic()) > 0:
            self._arrived.clear()
            arrival = asyncio.ensure_future(self._arrived.wait())
            await asyncio.wait((arrival, ended), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            arrival.cancel()
            if ended.done():
                raise Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        if not ended.done():
            ended.set_result(None)
        return [self._waiting[update_id] for update_id in sorted(self._waiting)[:limit]]

    # Webhook

    def set_webhook(self, url: str, secret: str, allowed: Iterable[str] | None, *, drop: bool, connections: int = 40) -> None:
        self.url, self.secret = url, secret
        self._connections = asyncio.Semaphore(connections)
        self._last_error = None
        if allowed is not None:
            self._allowed = frozenset(allowed)
        if drop:
            self._waiting.clear()
        if url:
            if self._poller is not None and not self._poller.done():
                self._poller.set_result(None)
            self._dispatch(sorted(self._waiting))

    def webhook_info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"url": self.url, "has_custom_certificate": False, "pending_update_count": self.pending}
        if self.url:
            info |= {"max_connections": 40, "ip_address": "127.0.0.1", "allowed_updates": sorted(self._allowed)}
        if self._last_error is not None:
            info |= {"last_error_date": int(self._last_error[0]), "last_error_message": self._last_error[1]}
        return info

    def _dispatch(self, update_ids: Iterable[int]) -> None:
        for update_id in update_ids:
            key = _queue_of(self._waiting[update_id])
            self._queues.setdefault(key, deque()).append(update_id)
            courier = self._couriers.get(key)
            if courier is None or courier.done():
                self._couriers[key] = asyncio.get_running_loop().create_task(self._carry(key))

    async def _carry(self, key: str) -> None:
        queue = self._queues[key]
        pause = 0.0
        while queue and self.url:
            update = self._waiting.get(queue[0])
            if update is None:
                queue.popleft()
                continue
            async with self._connections:
                done = await self._post(update)
            if done:
                pause = 0.0
                self._waiting.pop(queue.popleft(), None)
            else:
                await asyncio.sleep(pause)  # the first retry comes at once
                pause = min(max(self.retry_first, pause * 2), LONGEST_RETRY)

    async def _post(self, update: dict[str, Any]) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60))
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        try:
            async with self._session.post(self.url, data=_encode(update), headers=headers, allow_redirects=False) as answer:
                self.delivered.append((update["update_id"], answer.status))
                if not 200 <= answer.status < 300:
                    self._last_error = (time.time(), f"Wrong response from the webhook: {answer.status} {answer.reason}")
                    return False
                given, texts = await _call_in(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.delivered.append((update["update_id"], 0))
            self._last_error = (time.time(), f"Connection failed: {type(error).__name__}")
            return False
        if given.get("method"):
            await self._instant(given, texts)
        return True


async def _call_in(answer: aiohttp.ClientResponse) -> tuple[dict[str, Any], bool]:
    """The method call in a webhook's answer (JSON or a form), or nothing."""
    if answer.content_type == "application/json":
        try:
            given = json.loads(await answer.read())
        except ValueError:
            return {}, False
        return (given, False) if isinstance(given, dict) else ({}, False)
    if answer.content_type == "multipart/form-data":  # as aiogram answers
        parts: dict[str, Any] = {}
        async for part in aiohttp.MultipartReader.from_response(answer):
            if isinstance(part, aiohttp.BodyPartReader) and part.name:
                parts[part.name] = await part.text()
        return parts, True
    return {}, False


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Citizen", "language_code": "fr"}


def _queue_of(update: dict[str, Any]) -> str:
    if "callback_query" in update:
        return f"press {update['callback_query']['from']['id']}"
    if "my_chat_member" in update:
        return f"member {update['my_chat_member']['chat']['id']}"
    for value in update.values():
        if isinstance(value, dict) and isinstance(value.get("chat"), dict):
            return f"chat {value['chat'].get('id')}"
    return "other"
