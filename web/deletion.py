"""Deletion asked of Meta: the callback that Meta signs, and the page where its person sees what became of it."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Text, Voice, _
from channels.errors import Unreadable
from channels.messenger_deletion import user_of
from channels.messenger_updates import NAME
from storage import deletions
from storage.deletions import Deletion
from storage.ledger import Ledger, LedgerDown
from web.hooks import Watch, body_of
from web.pages import Pages

_CODE = re.compile(r"[0-9a-f]{16}\Z")

log = structlog.get_logger(__name__)


class DeletionHook:
    """`POST /hooks/messenger/deletion` and `GET /deletion/{code}`."""

    def __init__(
        self,
        secret: str,
        ledger: Ledger,
        reader: AsyncEngine,
        pages: Pages,
        voices: Mapping[str, Voice],
        *,
        public_url: str,
        now: Callable[[], dt.datetime],
        begin: Callable[[], Awaitable[object]],
        watch: Watch,
    ) -> None:
        self._secret, self._ledger, self._reader, self._pages, self._voices = secret, ledger, reader, pages, voices
        self._public_url, self._now, self._begin, self._watch = public_url, now, begin, watch

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/hooks/messenger/deletion", self.receive), web.get("/deletion/{code}", self.page)]

    async def receive(self, request: web.Request) -> web.Response:
        """Take down a request that Meta signed, begin with it, answer with its code and page; 403 unsigned, 503 when it is not stored."""
        raw = await body_of(request)
        form = dict(re.findall(r"(?:^|&)(signed_request)=([^&]*)", (raw or b"").decode("ascii", "replace")))
        try:
            user = user_of(self._secret, form.get("signed_request", ""))
        except Unreadable as error:
            self._watch.refused("signature")
            log.warning("deletion_refused", why=str(error))
            return web.Response(status=403)
        code = secrets.token_hex(8)
        try:
            await self._ledger.write(deletions.ask, code, NAME, user, self._now())
        except LedgerDown:
            return web.Response(status=503, headers={"Retry-After": "2"})
        await self._begin()
        root = self._public_url or f"{request.scheme}://{request.host}"
        return web.json_response({"url": f"{root}/deletion/{code}", "confirmation_code": code})

    async def page(self, request: web.Request) -> web.Response:
        """What became of a request, in the reader's language."""
        code, language = request.match_info["code"], self._language(request)
        deletion = None
        if _CODE.match(code):
            async with self._reader.connect() as db:
                deletion = await db.run_sync(deletions.find, code)
        message = self._voices[language].say(_told(deletion))
        html = self._pages.render("deletion.html", language, message=message, code=code if deletion else "", embed=False)
        response = web.Response(text=html, content_type="text/html", status=200 if deletion else 404)
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'"
        )
        return response

    def _language(self, request: web.Request) -> str:
        wanted = (part.split(";")[0].strip().partition("-")[0] for part in request.headers.get("Accept-Language", "").split(","))
        return next((language for language in (request.query.get("lang", ""), *wanted) if language in self._voices), "ar")


def _told(deletion: Deletion | None) -> Text:
    if deletion is None:
        return _("There is no request with this code.")
    if deletion.state == "waiting" or deletion.done_at is None:
        return _("Your request of {day} to delete your data was received. It is being done.", day=deletion.asked_at.date())
    if deletion.state == "done":
        return _("Your data were deleted on {day}.", day=deletion.done_at.date())
    return _("Nothing was kept about you, so nothing had to be deleted ({day}).", day=deletion.done_at.date())
