"""Telegram as the benchmarks play it: a fake Bot API and citizens whose messages are posted to a webhook, on raw asyncio protocols.

tests/fakes/telegram_api.py is the strict one; this one checks nothing but its own script, so that it costs some ten microseconds a
message and is never the bottleneck. Whoever is under test calls setWebhook, and from then on gets updates there.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from benchmarks import dialogue

TOKEN = "123456:fake-TOKEN_of-the-benchmarks"
_CHAT = re.compile(rb'chat_id(?:"\s*:\s*"?|=|"\r\n(?:[^\r\n]+\r\n)*\r\n)(-?\d+)')
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_ME = (
    b'{"id":123456,"is_bot":true,"first_name":"Bench","username":"BenchBot","can_join_groups":true,'
    b'"can_read_all_group_messages":false,"supports_inline_queries":false}'
)
_RESULTS = {
    "getMe": _ME,
    "getMyCommands": b"[]",
    "getMyDescription": b'{"description":""}',
    "getMyShortDescription": b'{"short_description":""}',
    "getChatMenuButton": b'{"type":"default"}',
    "getWebhookInfo": b'{"url":"","has_custom_certificate":false,"pending_update_count":0}',
}


class _Message:
    """Reads HTTP/1.1 messages, with a length or in chunks, from what a connection brings."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Whole messages: head and body."""
        self._buffer += data
        found = []
        while (one := self._take()) is not None:
            found.append(one)
        return found

    def _take(self) -> tuple[bytes, bytes] | None:
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(buffer[:end])
        length = _LENGTH.search(head)
        if length is not None:
            whole = end + 4 + int(length[1])
            if len(buffer) < whole:
                return None
            body = bytes(buffer[end + 4 : whole])
        elif b"chunked" in head.lower():
            body, at = b"", end + 4
            while True:
                line = buffer.find(b"\r\n", at)
                if line < 0:
                    return None
                size = int(bytes(buffer[at:line]).partition(b";")[0], 16)
                if len(buffer) < line + 2 + size + 2:
                    return None
                body += buffer[line + 2 : line + 2 + size]
                at = line + 2 + size + 2
                if size == 0:
                    break
            whole = at
        else:
            whole, body = end + 4, b""
        del buffer[:whole]
        return head, body


class _ApiConnection(asyncio.Protocol):
    """One connection of the bot under test to the fake Bot API."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._message = _Message()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for head, body in self._message.feed(data):
            method = head.partition(b" HTTP/")[0].rpartition(b"/")[2].partition(b"?")[0].decode()
            self._api.called(method, body, self._answer)

    def _answer(self, result: bytes) -> None:
        if not self._transport.is_closing():
            content = b'{"ok":true,"result":' + result + b"}"
            self._transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)
            )


class Api:
    """The fake Bot API: tells of each sendMessage the moment it arrives, and answers after the vendor's latency."""

    def __init__(self, latency: float, on_reply: Callable[[int, bytes], None]) -> None:
        self._latency, self._on_reply = latency, on_reply
        self.calls: Counter[str] = Counter()
        self.path, self.secret = "", ""
        self.webhook_set = asyncio.Event()
        self._last = 1000
        self.url = ""

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(lambda: _ApiConnection(self), "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._server.close()

    def called(self, method: str, body: bytes, answer: Callable[[bytes], None]) -> None:
        self.calls[method] += 1
        if method == "sendMessage":
            self._last += 1
            chat = chat_of(body)
            result = (
                b'{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private","first_name":"Citizen"},'
                b'"from":{"id":123456,"is_bot":true,"first_name":"Bench"},"text":"..."}' % (self._last, time.time(), chat)
            )
            self._loop.call_later(self._latency, answer, result)
            self._on_reply(chat, body)
            return
        if method == "setWebhook":
            given = json.loads(body) if body.startswith(b"{") else {name: one[0] for name, one in parse_qs(body.decode()).items()}
            self.path, self.secret = urlsplit(given["url"]).path, given["secret_token"]
            self._loop.call_soon(self.webhook_set.set)
        answer(_RESULTS.get(method, b"true"))


def chat_of(body: bytes) -> int:
    found = _CHAT.search(body)
    if found is None:
        raise ValueError(f"no chat in {body[:300]!r}")
    return int(found[1])


class Connection(asyncio.Protocol):
    """One connection to the webhook, one update at a time; status 0 when it broke."""

    def __init__(self) -> None:
        self._message = _Message()
        self._told: Callable[[int, bytes], None] | None = None
        self._transport: asyncio.Transport | None = None

    async def open(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._message = _Message()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        told, self._told = self._told, None
        if told is not None:
            told(0, b"")

    def post(self, request: bytes, told: Callable[[int, bytes], None]) -> None:
        assert self._told is None and self._transport is not None
        self._told = told
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        for head, body in self._message.feed(data):
            told, self._told = self._told, None
            if told is not None:
                told(int(head[9:12]), body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def update(update_id: int, chat: int, text: str) -> bytes:
    """An Update as Telegram writes it."""
    message: dict[str, object] = {
        "message_id": update_id,
        "from": {"id": chat, "is_bot": False, "first_name": "Citizen", "language_code": "en"},
        "chat": {"id": chat, "first_name": "Citizen", "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"offset": 0, "length": len(text), "type": "bot_command"}]
    return json.dumps({"update_id": update_id, "message": message}).encode()


def request(path: str, secret: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class _Turn:
    """One message on its way: answered when the 2xx and the reply have both come."""

    __slots__ = ("acknowledged", "chat", "connection", "replied", "since")

    def __init__(self, chat: int, connection: Connection, since: float) -> None:
        self.chat, self.connection, self.since = chat, connection, since
        self.acknowledged = self.replied = False


class Citizens:
    """Many chats in the same dialogue: each writes again when it has its reply; latencies run from POST to the reply's arrival."""

    def __init__(self, chats: int) -> None:
        self.turns = dict.fromkeys(range(10_000, 10_000 + chats), 0)
        self._ready = deque(self.turns)
        self._under_way: dict[int, _Turn] = {}
        self._idle: list[Connection] = []
        self._last_update = 0
        self.latencies: list[float] = []
        self.wrong: list[str] = []
        self._on_free: Callable[[Connection], None] = self._idle.append

    def use(self, api: Api, port: int) -> None:
        self._api, self._port = api, port

    def replied(self, chat: int, body: bytes) -> None:
        """A reply arrived, by a call of the Bot API or in the webhook's answer."""
        turn = self._under_way.get(chat)
        if turn is None or turn.replied:
            self.wrong.append(f"a second reply to chat {chat}: {body[:200]!r}")
            return
        number = self.turns[chat]
        if dialogue.STEPS[number % len(dialogue.STEPS)].marker not in body.replace(b"+", b" "):
            self.wrong.append(f"turn {number} of chat {chat} was answered {body[:400]!r}")
        self.latencies.append(time.perf_counter() - turn.since)
        turn.replied = True
        self._settle(turn)

    async def saturate(self, outstanding: int) -> Callable[[], None]:
        """Keep so many messages outstanding until the returned function is called."""
        going = True

        def again(connection: Connection) -> None:
            self._idle.append(connection)
            if going:
                self._write(time.perf_counter())

        await self._open(outstanding)
        self._on_free = again
        for _ in range(outstanding):
            self._write(time.perf_counter())

        def stop() -> None:
            nonlocal going
            going = False

        return stop

    async def offer(self, rate: float, seconds: float) -> None:
        """A message every 1/rate seconds whatever the answers do; latency counts from when it was due."""
        await self._open(100)
        self._on_free = self._idle.append
        started = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = started + number / rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            while not self._idle or not self._ready:  # noqa: ASYNC110  # a millisecond's grain is enough
                await asyncio.sleep(0.001)
            self._write(due)

    async def drain(self, patience: float = 30.0) -> None:
        until = time.perf_counter() + patience
        while self._under_way and time.perf_counter() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if self._under_way:
            self.wrong.append(f"{len(self._under_way)} messages were never answered")

    def expected_rows(self) -> int:
        return sum(turns // len(dialogue.STEPS) for turns in self.turns.values())

    def close(self) -> None:
        for connection in self._idle:
            connection.close()

    async def _open(self, count: int) -> None:
        while len(self._idle) < count:
            connection = Connection()
            await connection.open(self._port)
            self._idle.append(connection)

    def _write(self, since: float) -> None:
        chat = self._ready.popleft()
        connection = self._idle.pop()
        self._last_update += 1
        turn = self._under_way[chat] = _Turn(chat, connection, since)
        body = update(self._last_update, chat, dialogue.text(chat, self.turns[chat]))
        connection.post(request(self._api.path, self._api.secret, body), lambda status, answer: self._answered(turn, status, answer))

    def _answered(self, turn: _Turn, status: int, body: bytes) -> None:
        turn.acknowledged = True
        if not 200 <= status < 300:
            self.wrong.append(f"status {status} for chat {turn.chat}: {body[:200]!r}")
            return
        if b"sendMessage" in body:
            self.replied(turn.chat, body)
        self._settle(turn)

    def _settle(self, turn: _Turn) -> None:
        if turn.acknowledged and turn.replied and self._under_way.pop(turn.chat, None) is not None:
            self.turns[turn.chat] += 1
            self._ready.append(turn.chat)
            self._on_free(turn.connection)
