"""The audit log at the desk: who did what, narrowed and read page by page; for administrators and auditors."""

from __future__ import annotations

from aiohttp import web

from bot.phrases import _
from civic.staff import MAY
from storage import audit, staff
from web.desk.frame import Desk
from web.desk.sections import Section, cut
from web.desk.words import ACTIONS

A_PAGE = 50


class Log:
    """One page."""

    sections = (Section("audit", _("Audit log"), "/desk/audit", MAY["audit"]),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/desk/audit", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/audit`: the newest first; `?actor=`, `?action=`, `?subject=`, `?after=`."""
        visit = await self._desk.enter(request, *MAY["audit"])
        asked = {name: request.query.get(name, "").strip()[:128] for name in ("actor", "action", "subject")}
        after = request.query.get("after", "")
        before = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
        found = await self._desk.read(audit.page, limit=A_PAGE + 1, before=before, **asked)
        notes = cut(found, A_PAGE, lambda note: note.id, is_first=before is None)
        members = [int(note.actor.removeprefix("staff:")) for note in notes.rows if note.actor.startswith("staff:")]
        return self._desk.render(
            visit,
            "desk/audit.html",
            section="audit",
            notes=notes,
            asked=asked,
            names=await self._desk.read(staff.names, members),
            everybody=await self._desk.read(staff.members),
            kinds=await self._desk.read(audit.kinds),
            actions=ACTIONS,
        )
