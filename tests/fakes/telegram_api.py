"""A strict Bot API server on loopback: refuses what Telegram refuses, fails on demand, and keeps a ledger of what it accepted.

In a test: `async with FakeTelegram() as telegram: Telegram(telegram.token, base_url=telegram.url)`. For benchmarks and kill tests:
`python -m tests.fakes.telegram_api --port 8081 --latency 40 --ledger accepted.jsonl`, steered over HTTP (see telegram_steering.py).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import msgspec
from aiohttp import web

from tests.conftest import shared
from tests.fakes.telegram_limits import check as check_limits
from tests.fakes.telegram_methods import Methods
from tests.fakes.telegram_queue import Updates
from tests.fakes.telegram_spec import SPEC_FILE, Refusal, Spec
from tests.fakes.telegram_trouble import Pace, Trouble, refusal_of

TOKEN = "123456:fake-TOKEN_of-the-tests"
_PATH = re.compile(r"/bot([^/]+)/(\w+)")
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Accepted:
    """One message that a citizen would have seen."""

    chat: str
    method: str
    text: str  # as read, without tags
    buttons: list[tuple[str, str]]  # label, and callback data or address
    message_id: int
    at: float  # time.time() of its arrival
    instant: bool = False  # came in the answer to a webhook
    parameters: Mapping[str, Any] = field(default_factory=dict)  # any JSON


class FakeTelegram:
    """The server. Rates of 0 are off; `fast` skips every check, for benchmarks."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "HiwarTestBot",
        latency: float = 0.0,
        fast: bool = False,
        ledger_file: Path | None = None,
        overall: float = 0.0,
        per_chat: float = 0.0,
        burst: float = 3.0,
        seed: int = 1,
        retry_first: float = 0.02,
        spec: Path = SPEC_FILE,
    ) -> None:
        self.token = token
        self.latency = latency
        self.fast = fast
        self.ledger: list[Accepted] = []
        self.refused: list[tuple[str, str]] = []  # method and description of every refusal
        self.calls: Counter[str] = Counter()
        self.blocked: set[str] = set()
        self.updates = Updates(retry_first=retry_first, instant=self._instant)
        self.methods = Methods(username, self.updates)
        self._spec = None if fast else Spec(spec if spec != SPEC_FILE else shared("fixtures/telegram_api_spec/api.min.json"))
        self._overall = Pace(overall, max(overall, 1.0)) if overall else None
        self._per_chat = Pace(per_chat, burst) if per_chat else None
        self._troubles: list[Trouble] = []
        self._random = random.Random(seed)
        self._ledger_path = ledger_file
        self._ledger_file: TextIO | None = None
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.url = ""

    # Life

    async def __aenter__(self) -> FakeTelegram:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        from tests.fakes.telegram_steering import routes  # it needs this class, this class only its routes

        if self._ledger_path is not None:
            self._ledger_file = self._ledger_path.open("a", encoding="utf-8", buffering=1)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([web.get("/file/bot{token}/{path:.+}", self._download), *routes(self)])
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        # 300 connections opened at once overflow the usual backlog of 128, and a lost SYN costs its sender a second.
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.updates.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._ledger_file is not None:
            self._ledger_file.close()

    # What tests do

    def say(self, chat: int, text: str, **extra: Any) -> int:
        """A citizen writes; returns the update's id."""
        return self.updates.say(chat, text, **extra)

    def press(self, chat: int, data: str, message_id: int = 1) -> int:
        """A citizen presses a button."""
        return self.updates.press(chat, data, message_id)

    def push(self, update: Mapping[str, Any]) -> int:
        """Queue any update; its update_id is filled in when missing."""
        return self.updates.push(update)

    def trouble(self, trouble: Trouble) -> None:
        self._troubles.append(trouble)

    def heal(self) -> None:
        self._troubles.clear()
        self.blocked.clear()

    def sent(self, chat: int | str | None = None) -> list[Accepted]:
        """Accepted messages, of one chat or all."""
        return [one for one in self.ledger if chat is None or one.chat == str(chat)]

    async def wait_for(self, count: int, chat: int | str | None = None, patience: float = 5.0) -> list[Accepted]:
        """The accepted messages once there are `count`; TimeoutError."""
        async with asyncio.timeout(patience):
            while len(found := self.sent(chat)) < count:
                self._changed.clear()
                await self._changed.wait()
        return found

    # What the server does

    async def _call(self, request: web.Request) -> web.StreamResponse:
        arrived = time.time()
        token, method = request.match_info["token"], request.match_info["method"]
        self.calls[method] += 1
        try:
            if token != self.token:
                raise Refusal(401, "Unauthorized") if re.fullmatch(r"\d+:[\w-]+", token) else Refusal(404, "Not Found")
            given, uploads, texts = await _read(request)
            trouble = self._struck(method, str(given.get("chat_id", "")))
            if trouble is not None:
                if trouble.kind == "slow":
                    await asyncio.sleep(trouble.seconds)
                elif trouble.kind == "cut":
                    return _cut(request)
                elif trouble.kind == "answer":
                    raise refusal_of(trouble)
            result = await self._perform(method, given, uploads, texts=texts, arrived=arrived)
            if trouble is not None and trouble.kind == "cut_after":
                return _cut(request)
        except Refusal as refusal:
            self.refused.append((method, refusal.description))
            return _answer(refusal.status, _refused(refusal))
        if self.latency and method != "getUpdates":
            await asyncio.sleep(max(0.0, self.latency - (time.time() - arrived)))
        return _answer(200, {"ok": True, "result": result})

    async def _perform(self, method: str, given: dict[str, Any], uploads: dict[str, Any], *, texts: bool, arrived: float,
                       instant: bool = False) -> Any:  # fmt: skip
        shown = given.get("text") or given.get("caption") or ""
        if self._spec is not None:
            given = self._spec.check(method, given, uploads, texts=texts)
            shown = check_limits(method, given)
            self._check_chat(method, given)
        elif uploads:
            given = {**given, **uploads}
        if texts and isinstance(given.get("reply_markup"), str):
            given["reply_markup"] = json.loads(given["reply_markup"])
        result = await self.methods.perform(method, given, shown)
        if method.startswith("send") and method != "sendChatAction":
            self._accept(Accepted(
                chat=str(given.get("chat_id")),
                method=method,
                text=shown,
                buttons=list(_buttons(given.get("reply_markup"))),
                message_id=result["message_id"],
                at=arrived,
                instant=instant,
                parameters={} if self.fast else {name: value for name, value in given.items() if name not in uploads},
            ))  # fmt: skip
        return result

    async def _instant(self, given: dict[str, Any], texts: bool) -> None:
        """A method call in the answer to a webhook: accepted like any other, but a refusal is told to nobody."""
        method = str(given.pop("method", ""))
        self.calls[method] += 1
        try:
            await self._perform(method, given, {}, texts=texts, arrived=time.time(), instant=True)
        except Refusal as refusal:
            self.refused.append((method, refusal.description))

    def _check_chat(self, method: str, given: Mapping[str, Any]) -> None:
        chat = given.get("chat_id")
        if chat is None or not method.startswith(("send", "edit", "delete", "copy", "forward")):
            return
        if str(chat) in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat == 0:
            raise Refusal(400, "Bad Request: chat not found")
        now = time.monotonic()
        for pace, key in ((self._per_chat, str(chat)), (self._overall, "")):
            wait = pace.wait(key, now) if pace is not None else 0.0
            if wait:
                after = max(1, round(wait + 0.5))
                raise Refusal(429, f"Too Many Requests: retry after {after}", {"retry_after": after})

    def _struck(self, method: str, chat: str) -> Trouble | None:
        for trouble in self._troubles:
            if (trouble.method and trouble.method != method) or (trouble.chat and trouble.chat != chat):
                continue
            if trouble.share < 1 and self._random.random() >= trouble.share:
                continue
            if trouble.times > 0:
                trouble.times -= 1
                if trouble.times == 0:
                    self._troubles.remove(trouble)
            return trouble
        return None

    def _accept(self, accepted: Accepted) -> None:
        self.ledger.append(accepted)
        self._changed.set()
        if self._ledger_file is not None:
            self._ledger_file.write(json.dumps(asdict(accepted), ensure_ascii=False) + "\n")

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        trouble = self._struck("file", "")
        if trouble is not None:
            await asyncio.sleep(trouble.seconds)
        content = self.methods.files.get(request.match_info["path"].removeprefix("documents/"))
        if content is None:
            return _answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        return web.Response(body=content)


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Parameters, uploaded files, and whether the parameters arrived as texts."""
    if request.content_type == "application/json":
        body = await request.read()
        try:
            given = msgspec.json.decode(body) if body else {}
        except msgspec.DecodeError:
            raise Refusal(400, "Bad Request: can't parse JSON object") from None
        if not isinstance(given, dict):
            raise Refusal(400, "Bad Request: JSON object expected")
        return given, {}, False
    texts: dict[str, Any] = dict(request.query)
    uploads: dict[str, Any] = {}
    if request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                uploads[name] = (value.filename, value.file.read())
            else:
                texts[name] = value
    return texts, uploads, True


def _buttons(markup: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(markup, dict):
        return
    for row in markup.get("inline_keyboard") or markup.get("keyboard") or ():
        for button in row:
            yield button["text"], button.get("callback_data") or button.get("url") or ""


def _answer(status: int, content: object) -> web.Response:
    return web.Response(status=status, body=_encode(content), content_type="application/json")


def _refused(refusal: Refusal) -> dict[str, object]:
    said: dict[str, object] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        said["parameters"] = refusal.parameters
    return said


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _serve(options: argparse.Namespace) -> None:
    fake = FakeTelegram(
        token=options.token,
        latency=options.latency / 1000,
        fast=options.fast,
        ledger_file=options.ledger,
        overall=options.overall,
        per_chat=options.per_chat,
        burst=options.burst,
        seed=options.seed,
        retry_first=options.retry_first,
    )
    await fake.start(options.port)
    print(fake.url, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds before each answer")
    parser.add_argument("--fast", action="store_true", help="check nothing")
    parser.add_argument("--ledger", type=Path, help="append accepted messages to this file, one JSON a line")
    parser.add_argument("--overall", type=float, default=0.0, help="messages a second before 429; 0 is off")
    parser.add_argument("--per-chat", type=float, default=0.0)
    parser.add_argument("--burst", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--retry-first", type=float, default=0.2, help="seconds before the first redelivery to a webhook")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
