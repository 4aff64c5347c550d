"""A small strict WhatsApp Cloud API on loopback: limits, the 24-hour window, templates, media, error codes on demand."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

TOKEN, SECRET, PHONE, VERIFY, TEMPLATE = "EAAGwhatsapp", "wa-app-secret", "1122334455667", "verify-wa", "hiwar_news"


@dataclass(slots=True)
class Accepted:
    """One message that a citizen would have seen."""

    address: str
    kind: str  # text, buttons, list, image, document, template
    text: str
    buttons: list[tuple[str, str]] = field(default_factory=list)


class FakeWhatsApp:
    """The server; `now` is its clock."""

    def __init__(self, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.now = now
        self.ledger: list[Accepted] = []
        self.refused: list[tuple[int, str]] = []
        self.read: list[str] = []
        self.heard: dict[str, dt.datetime] = {}
        self.media: dict[str, bytes] = {}
        self.errors: list[int] = []  # codes for the next calls
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> FakeWhatsApp:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{version:v[0-9.]+}/{path:.+}", self._call)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def said(self, address: str, **what: Any) -> bytes:
        """A delivery with one message of a person, whose window is open from now on."""
        self.heard[address] = self.now()
        message = {"from": address, "id": f"wamid.{next(self._numbers)}", "timestamp": str(int(self.now().timestamp())), **what}
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE}, "messages": [message]}
        return json.dumps(
            {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
        ).encode()

    def text(self, address: str, text: str) -> bytes:
        return self.said(address, type="text", text={"body": text})

    def signature(self, raw: bytes) -> str:
        return f"sha256={hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()}"

    async def _call(self, request: web.Request) -> web.Response:
        path = request.match_info["path"].strip("/")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._no(190, 401)
        if self.errors:
            code = self.errors.pop(0)
            return self._no(code, 500 if code == 131016 else 400)
        if path == f"{PHONE}/messages":
            return self._message(await request.json())
        if path == f"{PHONE}/media":
            form = await request.post()
            name = f"media{next(self._numbers)}"
            self.media[name] = form["file"].file.read()  # type: ignore[union-attr]  # a file field
            return web.json_response({"id": name})
        if path in self.media:
            size = len(self.media[path])
            told = {"url": f"{self.url}/media/{path}", "mime_type": "image/jpeg", "sha256": "x", "file_size": size, "id": path}
            return web.json_response(told)
        return self._no(100, 404)

    def _message(self, given: Mapping[str, Any]) -> web.Response:
        if given.get("status") == "read":
            self.read.append(given["message_id"])
            return web.json_response({"success": True})
        to, kind = given["to"], given["type"]
        heard = self.heard.get(to)
        if kind != "template" and (heard is None or self.now() - heard > dt.timedelta(hours=24)):
            return self._no(131047)
        try:
            accepted = _checked(to, kind, given[kind])
        except (AssertionError, KeyError) as error:
            return self._no(131009, why=str(error))
        self.ledger.append(accepted)
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": f"wamid.out{next(self._numbers)}"}],
            }
        )

    def _no(self, code: int, status: int = 400, why: str = "") -> web.Response:
        self.refused.append((code, why))
        return web.json_response({"error": {"message": "no", "type": "OAuthException", "code": code}}, status=status)

    async def _media(self, request: web.Request) -> web.Response:
        return web.Response(body=self.media[request.match_info["name"]], content_type="image/jpeg")


def _checked(to: str, kind: str, given: Mapping[str, Any]) -> Accepted:
    """The message, within WhatsApp's limits; raises AssertionError."""
    if kind == "text":
        assert 0 < len(given["body"]) <= 4096, "text"
        return Accepted(to, kind, given["body"])
    if kind == "template":
        assert given["name"] == TEMPLATE, "template"
        return Accepted(to, kind, given["language"]["code"])
    if kind in ("image", "document"):
        return Accepted(to, kind, given["id"])
    assert 0 < len(given["body"]["text"]) <= 1024, "body"
    action = given["action"]
    if given["type"] == "button":
        buttons = [(one["reply"]["title"], one["reply"]["id"]) for one in action["buttons"]]
        assert 1 <= len(buttons) <= 3, "buttons"
        assert all(0 < len(title) <= 20 and len(data) <= 256 for title, data in buttons), "button"
    else:
        assert given["type"] == "list", "interactive"
        assert 0 < len(action["button"]) <= 20, "list label"
        buttons = [(row["title"], row["id"]) for section in action["sections"] for row in section["rows"]]
        assert 1 <= len(buttons) <= 10, "rows"
        assert all(0 < len(title) <= 24 and len(data) <= 200 for title, data in buttons), "row"
    assert len({data for _title, data in buttons}) == len(buttons), "ids are unique"
    return Accepted(to, "list" if given["type"] == "list" else "buttons", given["body"]["text"], buttons)
