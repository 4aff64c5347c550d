"""What Hiwar knows, at the desk: the list of entries, and the editor that shows an entry's languages side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from aiohttp import web

from bot.phrases import Phrase, _
from civic.knowledge import LANGUAGES, Entry
from civic.staff import MAY
from handlers.desk.content_check import OLD_AFTER
from handlers.desk.followup import Changed
from handlers.desk.publishing import keep_entry, version
from storage import knowledge
from understanding.text import fold
from web.desk.entry_form import entry_of, fields_of, typed, wrong_with
from web.desk.frame import Desk, Visit
from web.desk.publishing import Press
from web.desk.sections import Section, cut
from web.forms import Form

A_PAGE = 50
_ROLES = MAY["edit"]
CHANGED = _("Somebody else changed this meanwhile. Open it anew in another tab and compare; what you wrote is still here.")


class Content:
    """Entries: the list, the editor, and new ones."""

    sections = (Section("content", _("Content"), "/desk/content", _ROLES),)

    def __init__(self, desk: Desk, press: Press) -> None:
        self._desk, self._press = desk, press
        self._folded: dict[str, tuple[dt.datetime, str]] = {}  # what the search looks through: folding a text takes milliseconds

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/content", self.page),
            web.get("/desk/content/new", self.new),
            web.post("/desk/content/new", self.save),
            web.get("/desk/content/entries/{id}", self.entry),
            web.post("/desk/content/entries/{id}", self.save),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/content`: the entries; `?q=`, `?topic=`, `?missing=`, `?state=`, `?after=`."""
        visit = await self._desk.enter(request, *_ROLES)
        asked = {name: request.query.get(name, "").strip()[:200] for name in ("q", "topic", "missing", "state")}
        before = f"{visit.now.year - 1}-{visit.now.month:02}"  # OLD_AFTER months ago
        words = fold(asked["q"])
        listed = await self._desk.read(knowledge.listed)
        fitting = [row for row in listed if _fits(row[0], row[1], asked, before) and (not words or words in self._searched(*row))]
        after = request.query.get("after", "")
        start = int(after) if after.isascii() and after.isdecimal() and len(after) < 7 else 0
        numbered = list(enumerate(fitting))[start : start + A_PAGE + 1]
        found = cut(numbered, A_PAGE, lambda pair: pair[0] + 1, is_first=not start)
        return self._desk.render(
            visit,
            "desk/content.html",
            section="content",
            status=200,
            found=found,
            count=len(fitting),
            asked=asked,
            is_old=lambda entry: _is_old(entry, before),
            months=OLD_AFTER,
            **self._press.about_forms(visit),
        )

    async def new(self, request: web.Request) -> web.Response:
        """`GET /desk/content/new`: an empty form."""
        visit = await self._desk.enter(request, *_ROLES)
        return self._shown(visit, None, fields_of(None), {}, None)

    async def entry(self, request: web.Request) -> web.Response:
        """`GET /desk/content/entries/{id}`: the editor."""
        visit = await self._desk.enter(request, *_ROLES)
        before = await self._found(request)
        return self._shown(visit, before, fields_of(before), {}, None)

    async def save(self, request: web.Request) -> web.Response:
        """`POST /desk/content/entries/{id}` and `POST /desk/content/new`: preview, or rehearse and publish."""
        visit = await self._desk.enter(request, *_ROLES)
        form = await self._desk.form(request, visit)
        before = await self._found(request) if "id" in request.match_info else None
        fields = typed(form.fields, before)
        entry = entry_of(fields, before)
        entries = await self._desk.read(knowledge.everything)
        wrong = wrong_with(entry, {known.id for known in entries}, visit.now.date(), is_new=before is None)
        if form.fields.get("do") != "publish" or wrong:
            return self._shown(visit, before, fields, wrong, entry, form, 400 if wrong and form.fields.get("do") == "publish" else 200)
        if version(before) != form.fields.get("version", ""):
            return self._shown(visit, before, fields, {"": CHANGED}, entry, form, 409)
        if entry == before:
            return self._desk.done(visit, "/desk/content", _("Nothing was changed."))
        overruled = await self._press.checked(visit, form, entries, before, entry, "content")
        if isinstance(overruled, web.Response):
            return overruled
        try:
            await self._desk.write(keep_entry, entry, before, visit.now, visit.actor, overruled)
        except Changed:
            return self._shown(visit, before, fields, {"": CHANGED}, entry, form, 409)
        return self._desk.done(visit, f"/desk/content/entries/{entry.id}", _("Published: {title}", title=entry.title_for(visit.language)))

    def _shown(
        self,
        visit: Visit,
        before: Entry | None,
        fields: Mapping[str, str],
        wrong: Mapping[str, Phrase],
        entry: Entry | None,
        form: Form | None = None,
        status: int = 200,
    ) -> web.Response:
        wanted = entry is not None and form is not None and form.fields.get("do") == "preview"
        return self._desk.render(
            visit,
            "desk/content_entry.html",
            section="content",
            status=status,
            before=before,
            version=form.fields.get("version", "") if form else version(before),
            fields=fields,
            wrong=wrong,
            whole=True,
            previews=self._press.previews(entry) if wanted and entry is not None else (),
            **self._press.about_forms(visit),
        )

    def _searched(self, entry: Entry, is_edited: bool, at: dt.datetime) -> str:
        known = self._folded.get(entry.id)
        if known is None or known[0] != at:
            known = self._folded[entry.id] = at, fold(" ".join((entry.id, *entry.title.values(), *entry.answer.values())))
        return known[1]

    async def _found(self, request: web.Request) -> Entry:
        found = await self._desk.read(knowledge.find, request.match_info["id"][:64])
        if found is None:
            raise self._desk.not_found()
        return found


def _fits(entry: Entry, is_edited: bool, asked: Mapping[str, str], before: str) -> bool:
    """Whether an entry is among those asked for."""
    if asked["topic"] and entry.topic != asked["topic"]:
        return False
    if asked["missing"] in LANGUAGES and asked["missing"] in entry.answer:
        return False
    states = {"old": _is_old(entry, before), "draft": "draft" in entry.review.values(), "edited": is_edited}
    return states.get(asked["state"], True)


def _is_old(entry: Entry, before: str) -> bool:
    return entry.as_of < before[: len(entry.as_of)]
