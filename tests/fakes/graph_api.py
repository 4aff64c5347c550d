"""A strict Graph API server on loopback: refuses what Meta refuses, fails on demand, and keeps a ledger of what it accepted.

In a test: `async with FakeGraph() as graph`, then a channel with `graph.token`, `graph.secret`, `page=graph.page` and `base_url=graph.url`.
A citizen writes with `graph.say(...)`, which opens the 24-hour window by the fake's own clock and posts a signed delivery where the app is
subscribed, if it is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.graph_rules import (
    DEAD_TAGS,
    LARGEST_FILE,
    LARGEST_IMAGE,
    Refusal,
    bad,
    check_profile,
    check_send,
    only,
)

TOKEN, SECRET, PAGE, APP, VERIFY = "EAAGfakePAGEtokenOfTheTests", "fake-app-secret", "104000000000001", "205000000000002", "verify-me"
VERSION = "v24.0"
WINDOW, HUMAN_WINDOW = dt.timedelta(hours=24), dt.timedelta(days=7)


@dataclass(slots=True)
class Accepted:
    """One message that a citizen would have seen."""

    address: str
    text: str
    buttons: list[tuple[str, str]]  # label, and payload or address
    mid: str
    attachment: str = ""  # "image", "file" ..., "template"
    content: bytes = b""
    tag: str = ""
    message: Mapping[str, Any] = field(default_factory=dict)  # any JSON


@dataclass(slots=True)
class Trouble:
    """A fault on demand for the next `times` sends (-1: until healed): an error body, a slow answer, a connection cut after accepting."""

    code: int = 0
    subcode: int = 0
    status: int = 400
    kind: str = "answer"  # answer | slow | cut_after
    seconds: float = 0.0
    address: str = ""
    times: int = -1


class FakeGraph:
    """The server; `now` is its clock."""

    def __init__(self, *, human_agent: bool = False, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.token, self.secret, self.page, self.app, self.verify = TOKEN, SECRET, PAGE, APP, VERIFY
        self.human_agent, self.now = human_agent, now
        self.ledger: list[Accepted] = []
        self.actions: list[tuple[str, str]] = []  # address and sender action
        self.refused: list[tuple[int, int, str]] = []
        self.calls: Counter[str] = Counter()
        self.heard: dict[str, dt.datetime] = {}  # when each person last wrote
        self.profile: dict[str, Any] = {}
        self.subscribed: list[str] = []
        self.webhook = ""
        self.webhook_statuses: list[int] = []
        self.scopes = ["pages_messaging", "pages_manage_metadata", "public_profile"]
        self.expires_at = 0
        self.users: dict[str, str] = {}  # app-scoped user -> address on the page
        self.files: dict[str, bytes] = {}
        self.troubles: list[Trouble] = []
        self._uploads: set[str] = set()
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> FakeGraph:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_route("*", "/{version}/{path:.+}", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # What tests do

    def event(self, address: str, **what: Any) -> dict[str, Any]:
        """One event of a person, at the fake's time; their window is open from now on."""
        at = self.now()
        self.heard[address] = at
        return {"sender": {"id": address}, "recipient": {"id": self.page}, "timestamp": int(at.timestamp() * 1000), **what}

    def text(self, address: str, text: str, **more: Any) -> dict[str, Any]:
        return self.event(address, message={"mid": f"m_{next(self._numbers)}", "text": text, **more})

    def press(self, address: str, payload: str, title: str = "") -> dict[str, Any]:
        """A quick reply pressed."""
        return self.text(address, title or "pressed", quick_reply={"payload": payload})

    def delivery(self, *events: Mapping[str, Any]) -> bytes:
        """A POST of the webhook with these events."""
        entry = {"id": self.page, "time": int(self.now().timestamp() * 1000), "messaging": list(events)}
        return json.dumps({"object": "page", "entry": [entry]}).encode()

    def signature(self, raw: bytes) -> str:
        return f"sha256={hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()}"

    async def post(self, url: str, raw: bytes, signature: str | None = None) -> int:
        """Deliver to a webhook as Meta does; the status."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": self.signature(raw) if signature is None else signature}
        async with aiohttp.ClientSession() as client, client.post(url, data=io.BytesIO(raw), headers=headers) as response:
            return response.status

    async def say(self, url: str, address: str, text: str) -> int:
        return await self.post(url, self.delivery(self.text(address, text)))

    def sent(self, address: str | None = None) -> list[Accepted]:
        return [one for one in self.ledger if address is None or one.address == address]

    async def wait_for(self, count: int, address: str | None = None, patience: float = 10.0) -> list[Accepted]:
        """The accepted messages once there are `count`; TimeoutError."""
        async with asyncio.timeout(patience):
            while len(found := self.sent(address)) < count:
                self._changed.clear()
                await self._changed.wait()
        return found

    async def wait_until(self, done: Callable[[], bool], patience: float = 10.0) -> None:
        """Until something asked of the server makes `done` true; TimeoutError."""
        async with asyncio.timeout(patience):
            while not done():
                self._changed.clear()
                await self._changed.wait()

    # What the server does

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls[f"{request.method} {path}"] += 1
        try:
            self._admit(request, request.match_info["version"])
            given, upload = await _read(request)
            result = await self._perform(request, path, given, upload)
        except Refusal as refusal:
            self.refused.append((refusal.code, refusal.subcode, refusal.message))
            return web.json_response(refusal.body(), status=refusal.status)
        except _Cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=500)
        finally:
            self._changed.set()
        return web.json_response(result, headers={"facebook-api-version": VERSION})

    def _admit(self, request: web.Request, version: str) -> None:
        if version != VERSION:
            raise Refusal(2635, "(#2635) You are calling a deprecated version of the Graph API.")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (self.token, f"{self.app}|{self.secret}"):
            raise Refusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        proof = hmac.new(self.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof") != proof:
            raise Refusal(100, "Invalid appsecret_proof provided in the API argument")
        of_the_app = request.match_info["path"].startswith((self.app, "debug_token")) or "ids_for_pages" in request.path
        if of_the_app != (token != self.token):
            raise Refusal(15, "(#15) This method must be called with another access token")

    async def _perform(self, request: web.Request, path: str, given: dict[str, Any], upload: bytes | None) -> object:
        match request.method, path:
            case "POST", "me/messages":
                return await self._send(given, upload)
            case "GET", "me":
                return {"id": self.page, "name": "Gouvernement ouvert"}
            case "GET", "me/messenger_profile":
                return {"data": [self.profile] if self.profile else []}
            case "POST", "me/messenger_profile":
                check_profile(given)
                self.profile |= given
                return {"result": "success"}
            case "POST", "me/subscribed_apps":
                only(given, {"subscribed_fields"}, "subscribed_apps")
                self.subscribed = given["subscribed_fields"].split(",")
                return {"success": True}
            case "GET", "me/subscribed_apps":
                return {"data": [{"id": self.app, "name": "Hiwar", "subscribed_fields": self.subscribed}] if self.subscribed else []}
            case "GET", "debug_token":
                valid = request.query.get("input_token") == self.token
                return {"data": {"is_valid": valid, "app_id": self.app, "scopes": self.scopes, "expires_at": self.expires_at}}
            case "POST", subscriptions if subscriptions == f"{self.app}/subscriptions":
                only(given, {"object", "callback_url", "verify_token", "fields"}, "subscriptions")
                await self._verify_webhook(given)
                self.webhook = given["callback_url"]
                return {"success": True}
            case "GET", subscriptions if subscriptions == f"{self.app}/subscriptions":
                fields = [{"name": name, "version": VERSION} for name in ("messages", "messaging_postbacks")]
                told = {"object": "page", "callback_url": self.webhook, "active": True, "fields": fields}
                return {"data": [told] if self.webhook else []}
            case "GET", matching if matching.endswith("/ids_for_pages"):
                address = self.users.get(matching.partition("/")[0])
                return {"data": [{"id": address, "page": {"id": self.page}}] if address else []}
        raise bad(f"Unsupported {request.method.lower()} request.")

    async def _verify_webhook(self, given: Mapping[str, Any]) -> None:
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": given["verify_token"]}
        async with aiohttp.ClientSession() as client, client.get(given["callback_url"], params=query) as response:
            if response.status != 200 or await response.text() != "1158201444":
                raise Refusal(2200, "(#2200) Callback verification failed")

    async def _send(self, given: dict[str, Any], upload: bytes | None) -> object:
        check_send(given)
        address = given["recipient"]["id"]
        trouble = self._struck(address)
        if trouble is not None and trouble.kind == "slow":
            await asyncio.sleep(trouble.seconds)
        elif trouble is not None and trouble.kind == "answer":
            raise Refusal(trouble.code, "as the test wished", trouble.subcode, trouble.status)
        heard = self.heard.get(address)
        if heard is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        if "sender_action" in given:
            self.actions.append((address, given["sender_action"]))
            return {"recipient_id": address}
        self._check_window(given, self.now() - heard)
        message = given["message"]
        accepted = self._accepted(address, message, upload, given.get("tag", ""))
        self.ledger.append(accepted)
        if trouble is not None and trouble.kind == "cut_after":
            raise _Cut
        answer = {"recipient_id": address, "message_id": accepted.mid}
        if upload is not None:
            name = str(900_000 + next(self._numbers))
            self._uploads.add(name)
            answer["attachment_id"] = name
        return answer

    def _check_window(self, given: Mapping[str, Any], age: dt.timedelta) -> None:
        tag = given.get("tag")
        if tag in DEAD_TAGS:
            raise bad("Param tag is not supported any more")
        if tag is not None and (tag != "HUMAN_AGENT" or not self.human_agent):
            raise Refusal(10, "(#10) Application does not have permission for this action", 2018276)
        if age > (HUMAN_WINDOW if tag else WINDOW):
            raise Refusal(10, "(#10) This message is sent outside of allowed window.", 2018278)

    def _accepted(self, address: str, message: Mapping[str, Any], upload: bytes | None, tag: str) -> Accepted:
        buttons = [(reply.get("title", ""), reply.get("payload", reply["content_type"])) for reply in message.get("quick_replies", ())]
        text, kind = message.get("text", ""), ""
        if "attachment" in message:
            kind, payload = message["attachment"]["type"], message["attachment"]["payload"]
            if kind == "template":
                text = payload.get("text", "")
                buttons = [(one["title"], one.get("payload") or one["url"]) for one in payload.get("buttons", ())] + buttons
            elif "attachment_id" in payload:
                if payload["attachment_id"] not in self._uploads:
                    raise bad("Attachment upload not found", 2018074)
            elif upload is None or "url" in payload:
                raise bad("Upload attachment failure.", 2018047)
            elif len(upload) > (LARGEST_IMAGE if kind == "image" else LARGEST_FILE):
                raise bad("Attachment size exceeds allowable limit", 2018294)
        return Accepted(address, text, buttons, f"m_out_{next(self._numbers)}", kind, upload or b"", tag, message)

    def _struck(self, address: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.address and trouble.address != address:
                continue
            if trouble.times > 0:
                trouble.times -= 1
                if trouble.times == 0:
                    self.troubles.remove(trouble)
            return trouble
        return None

    async def _file(self, request: web.Request) -> web.StreamResponse:
        content = self.files.get(request.match_info["name"])
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content)


class _Cut(Exception):
    """The connection breaks after the message was accepted."""


async def _read(request: web.Request) -> tuple[dict[str, Any], bytes | None]:
    if request.method == "GET":
        return {}, None
    if request.content_type == "application/json":
        given = await request.json()
        if not isinstance(given, dict):
            raise bad("JSON object expected")
        return given, None
    given, upload = {}, None
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            upload = value.file.read()
        else:
            given[name] = json.loads(value) if value.startswith(("{", "[")) else value
    return given, upload
