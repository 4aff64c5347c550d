"""Telegram's limits as the benchmarks enforce them: so many messages in any one second, one a second to a chat, and penalties that grow.

A bot that goes on sending while it is told to wait is refused for longer: each refusal begins the penalty anew. What is accepted is noted
with its time, which proves rates, losses and repeats.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import deque

from benchmarks.telegram import _RESULTS, _Message

TOKEN = "123456:fake-TOKEN_of-the-limits"
PENALTY = 3  # seconds
TICK = 0.001  # seconds between two looks at the clock
_CHAT = re.compile(rb'"?chat_id"?(?:"?\s*:\s*"?|=)(-?\d+)')


class Limits:
    """The server; `overall` messages a second are let through."""

    def __init__(self, overall: float, *, latency: tuple[float, float] = (0.04, 0.06)) -> None:
        self.overall, self.latency = overall, latency
        self.accepted: list[tuple[float, int]] = []  # time, chat
        self.refused = 0
        self.longest_stall = 0.0  # seconds
        self._awake = self._before = time.monotonic()
        self.awaited: dict[int, asyncio.Future[tuple[float, float]]] = {}  # chats whose next message somebody waits for: let in, answered
        self._window: deque[float] = deque(maxlen=int(overall))
        self._chats: dict[int, float] = {}
        self._penalty_until = 0.0
        self._updates: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._numbers = 0

    async def start(self) -> str:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self._awake = self._before = time.monotonic()
        self._tick()
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._ticking.cancel()

    def _tick(self) -> None:
        """Note when this server was last awake, and how long it was held up at most."""
        now = time.monotonic()
        self.longest_stall = max(self.longest_stall, now - self._awake)
        self._before, self._awake = self._awake, now
        self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)

    def say(self, chat: int, text: str) -> None:
        """A citizen writes; Hiwar fetches it by polling."""
        self._numbers += 1
        sender = {"id": chat, "is_bot": False, "first_name": "A", "language_code": "fr"}
        message = {"message_id": self._numbers, "date": int(time.time()), "chat": {"id": chat, "type": "private"}, "from": sender}
        self._updates.put_nowait({"update_id": self._numbers, "message": {**message, "text": text}})

    def judge(self, chat: int) -> tuple[int, bytes]:
        """Let a message through, or refuse it.

        What is read now came at some moment since the look before the last one: the machine may have held this server up while it read
        others, and kept in the kernel's buffer what came meanwhile. It is refused only when it would be too soon at each of these moments.
        """
        latest = time.monotonic()
        now = max(self._before, self._window[-1] if self._window else 0.0)
        if len(self._window) >= self.overall:
            now = max(now, self._window[0] + 1)
        too_fast = now > latest or latest - self._chats.get(chat, -9.0) < 1
        now = min(now, latest)
        if now < self._penalty_until or too_fast:
            self._penalty_until = now + PENALTY
            self.refused += 1
            told = {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {PENALTY}"}
            return 429, json.dumps({**told, "parameters": {"retry_after": PENALTY}}).encode()
        self._window.append(now)
        self._chats[chat] = now
        self.accepted.append((now, chat))
        return 200, b'{"ok":true,"result":{"message_id":%d,"date":0,"chat":{"id":%d,"type":"private"}}}' % (len(self.accepted), chat)

    async def updates(self) -> bytes:
        """What getUpdates answers: the next update, or nothing after a while."""
        try:
            async with asyncio.timeout(20):
                first = await self._updates.get()
        except TimeoutError:
            return b'{"ok":true,"result":[]}'
        return json.dumps({"ok": True, "result": [first]}).encode()


class _Connection(asyncio.Protocol):
    def __init__(self, limits: Limits) -> None:
        self._limits, self._message = limits, _Message()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a TCP one

    def data_received(self, data: bytes) -> None:
        for head, body in self._message.feed(data):
            method = head.split(b" ", 2)[1].rpartition(b"/")[2]
            if method in (b"sendMessage",):
                found = _CHAT.search(body)
                chat, now = int(found[1]) if found else 0, time.monotonic()
                status, answer = self._limits.judge(chat)
                wait = random.uniform(*self._limits.latency)
                asyncio.get_running_loop().call_later(wait, self._answer, status, answer)
                if status == 200 and (waiting := self._limits.awaited.pop(chat, None)) is not None:
                    waiting.set_result((now, now + wait))
            elif method == b"getUpdates":
                self._poll = asyncio.ensure_future(self._updates())
            else:
                self._answer(200, b'{"ok":true,"result":%s}' % _RESULTS.get(method.decode(), b"true"))

    async def _updates(self) -> None:
        self._answer(200, await self._limits.updates())

    def _answer(self, status: int, body: bytes) -> None:
        if not self._transport.is_closing():
            head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)
