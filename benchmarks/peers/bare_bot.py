"""The limit: aiohttp, msgspec and raw sqlite3 in one writer thread that commits what waits together. BENCH_MODE: "api" or "reply".

It writes what Hiwar writes (inbox, person, conversation, outbox and its outcome, the idea) with synchronous=FULL before the 200, and has
no engine, no catalogues, no sealing of personal data, no layout, no errors to handle.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from benchmarks import dialogue
from benchmarks.peers.steps import advance

SECRET = os.environ["BENCH_SECRET"]
SEND = f"{os.environ['BENCH_API']}/bot{os.environ['BENCH_TOKEN']}/sendMessage"
BY_API = os.environ.get("BENCH_MODE", "api") == "api"
SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
create table if not exists people (id integer primary key, address text unique not null, created_at integer);
create table if not exists conversations (
  person_id integer primary key references people(id), state text, version integer, updated_at integer);
create table if not exists inbox (channel text, event text, at integer, reply text, primary key (channel, event)) without rowid;
create table if not exists outbox (
  id integer primary key, person_id integer references people(id), body text, state text, ref text, due_at integer);
create index if not exists ix_outbox_waiting on outbox (due_at) where state = 'waiting';
create table if not exists bench_ideas (id integer primary key, chat text, theme text, title text, body text, at integer);
"""


class Chat(msgspec.Struct):
    id: int


class Message(msgspec.Struct):
    message_id: int
    chat: Chat
    date: int
    text: str = ""


class Update(msgspec.Struct):
    update_id: int
    message: Message | None = None


class State(msgspec.Struct, omit_defaults=True):
    name: str = ""
    data: dict[str, str] = {}


decode, encode = msgspec.json.Decoder(Update).decode, msgspec.json.Encoder().encode
read_state = msgspec.json.Decoder(State).decode
headers = {"Content-Type": "application/json"}


class Writer:
    """One thread, one transaction for all that waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def write(self, function: Callable[[sqlite3.Connection], Any]) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        self._waiting.put((function, future))
        return future

    def _work(self) -> None:
        db = sqlite3.connect(os.environ["BENCH_DB"], isolation_level=None, cached_statements=512)
        db.executescript(SCHEMA)
        while True:
            pieces = [self._waiting.get()]
            while len(pieces) < 64:
                try:
                    pieces.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            db.execute("BEGIN IMMEDIATE")
            done = [(future, function(db)) for function, future in pieces]
            db.execute("COMMIT")
            self._loop.call_soon_threadsafe(lambda done=done: [future.set_result(result) for future, result in done])


def turn(db: sqlite3.Connection, update: Update) -> tuple[int, bytes]:
    """One turn; the outbox row's number (0 when the reply travels in the answer) and the call's parameters."""
    message, event, now = update.message, str(update.update_id), int(time.time())
    assert message is not None
    row = db.execute(
        "select p.id, c.state, c.version, i.event, i.reply from (select ? as address) one left join people p on p.address = one.address"
        " left join conversations c on c.person_id = p.id left join inbox i on i.channel = 'telegram' and i.event = ?",
        (f"telegram:{message.chat.id}", event),
    ).fetchone()
    person, kept, version, seen, reply = row
    if seen is not None:
        return 0, reply.encode() if reply else b""
    if person is None:
        person = db.execute("insert into people (address, created_at) values (?, ?)", (f"telegram:{message.chat.id}", now)).lastrowid
    state = read_state(kept) if kept else State()
    name, data, text, buttons, files = advance(state.name, state.data, message.text)
    if files:
        values = (str(message.chat.id), data["theme"], data["title"], data["body"], now)
        number = db.execute("insert into bench_ideas (chat, theme, title, body, at) values (?, ?, ?, ?, ?)", values).lastrowid
        text = dialogue.THANKS.format(number=number)
    blob = encode(State(name, data)).decode()
    if version is None:
        db.execute("insert into conversations values (?, ?, 1, ?)", (person, blob, now))
    else:
        db.execute(
            "update conversations set state = ?, version = ?, updated_at = ? where person_id = ? and version = ?",
            (blob, version + 1, now, person, version),
        )
    call: dict[str, Any] = {"chat_id": message.chat.id, "text": text}
    if not BY_API:
        call["method"] = "sendMessage"
    if buttons:
        call["reply_markup"] = {"inline_keyboard": [[{"text": label, "callback_data": value}] for label, value in buttons]}
    body = encode(call)
    letter = 0
    if BY_API:
        letter = (
            db.execute(
                "insert into outbox (person_id, body, state, due_at) values (?, ?, 'waiting', ?)", (person, body.decode(), now)
            ).lastrowid
            or 0
        )
    db.execute("insert into inbox values ('telegram', ?, ?, ?)", (event, now, None if BY_API else body.decode()))
    return letter, body


async def serve() -> None:
    writer = Writer()
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
    sending: set[asyncio.Task[None]] = set()

    async def send(letter: int, body: bytes) -> None:
        async with session.post(SEND, data=body, headers=headers) as answer:
            ref = str(msgspec.json.decode(await answer.read())["result"]["message_id"])
        await writer.write(lambda db: db.execute("update outbox set state = 'sent', ref = ? where id = ?", (ref, letter)))

    async def hook(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), SECRET):
            return web.Response(status=401)
        update = decode(await request.read())
        letter, body = await writer.write(lambda db: turn(db, update))
        if not BY_API:
            return web.Response(body=body, content_type="application/json")
        task = asyncio.create_task(send(letter, body))
        sending.add(task)
        task.add_done_callback(sending.discard)
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/hook", hook)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["BENCH_PORT"])).start()
    webhook = encode({"url": "https://bench.example/hook", "secret_token": SECRET})
    async with session.post(SEND.replace("sendMessage", "setWebhook"), data=webhook, headers=headers) as answer:
        await answer.read()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
