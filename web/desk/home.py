"""The desk's first page: what waits for whoever asks."""

from __future__ import annotations

from aiohttp import web

from bot.phrases import _
from web.desk.frame import Desk
from web.desk.sections import Section


class Home:
    """The start page; what waits is what the sections count."""

    sections = (Section("home", _("Start"), "/desk"),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/desk", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk`: each section with what waits in it."""
        visit = await self._desk.enter(request)
        return self._desk.render(visit, "desk/home.html", section="home")
