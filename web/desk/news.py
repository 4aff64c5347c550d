"""News at the desk: written in four languages side by side, with a picture; published, withdrawn, announced."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Phrase, _
from civic import news as rules
from civic.errors import Refusal
from civic.knowledge import LANGUAGES
from civic.news import Item, News
from civic.regions import REGIONS
from civic.staff import Member, Role
from civic.subscriptions import REGION
from handlers.desk import publishing_news
from handlers.language import LANGUAGE_NAMES
from handlers.news_topics import GENERAL_NAMES, region_name, topic_name
from storage import news
from web.desk.frame import Desk, Visit
from web.desk.news_words import CHANGED, NEWS_STATES, worded
from web.desk.pictures import as_jpeg
from web.desk.sections import Section
from web.forms import Form

_OUTCOMES = {
    "publish": _("The news is published."),
    "withdraw": _("The news is withdrawn: nobody can read it any more."),
    "discard": _("The draft is deleted."),
}


def _drafts(db: sa.Connection, member: Member, now: dt.datetime) -> int:
    return news.count_drafts(db)


class NewsPages:
    """The list of news, and the form of one."""

    sections = (Section("news", _("News"), "/desk/news", frozenset({Role.EDITOR}), waiting=_drafts),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/news", self.page),
            web.post("/desk/news", self.add),
            web.get("/desk/news/new", self.new),
            web.get("/desk/news/{number}", self.one),
            web.post("/desk/news/{number}", self.save),
            web.post("/desk/news/{number}/{act}", self.act),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/news`: drafts first, then what is published and what was."""
        visit = await self._desk.enter(request, Role.EDITOR)
        groups = [(NEWS_STATES[state][0], await self._desk.read(news.in_state, (state,))) for state in NEWS_STATES]
        return self._desk.render(visit, "desk/news.html", section="news", groups=groups, states=NEWS_STATES, names=LANGUAGE_NAMES)

    async def new(self, request: web.Request) -> web.Response:
        """`GET /desk/news/new`: an empty form."""
        visit = await self._desk.enter(request, Role.EDITOR)
        return await self._form(visit, Item({}, {}, ()), None)

    async def one(self, request: web.Request) -> web.Response:
        """`GET /desk/news/{number}`: the form of an item, and what can be done with it."""
        visit = await self._desk.enter(request, Role.EDITOR)
        seen = await self._found(request)
        return await self._form(visit, seen.item, seen)

    async def add(self, request: web.Request) -> web.Response:
        """`POST /desk/news`: a new draft, with its picture."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        item = _item(form)
        try:
            picture = await _picture(form)
            number = await self._desk.write(publishing_news.write, item, picture, visit.actor, visit.now)
        except Refusal as refusal:
            return await self._form(visit, item, None, worded(refusal))
        return self._desk.done(visit, f"/desk/news/{number}", _("The draft is kept."))

    async def save(self, request: web.Request) -> web.Response:
        """`POST /desk/news/{number}`: change an item; what is published changes for everybody at once."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        seen, item = await self._found(request), _item(form)
        version = int(form.fields["version"]) if form.fields.get("version", "").isdecimal() else seen.version
        try:
            picture = await _picture(form)
            keeps = form.fields.get("without_picture") != "yes"
            item = msgspec.structs.replace(item, instead=seen.item.instead)
            await self._desk.write(publishing_news.change, seen, item, version, picture, visit.actor, visit.now, keeps=keeps)
        except Refusal as refusal:
            return await self._form(visit, item, seen, worded(refusal))
        except news.Changed:
            return await self._form(visit, item, seen, CHANGED)
        return self._desk.done(visit, f"/desk/news/{seen.id}", _("The changes are kept."))

    async def act(self, request: web.Request) -> web.Response:
        """`POST /desk/news/{number}/{act}`: publish, withdraw, discard, or announce to those who subscribed."""
        visit = await self._desk.enter(request, Role.EDITOR)
        await self._desk.form(request, visit)
        seen, what = await self._found(request), request.match_info["act"]
        if what == "announce" and seen.state == "published":
            number = await self._desk.write(publishing_news.announce, seen, visit.actor, visit.now)
            said = _("A draft of the announcement is ready. Look at it and have it approved.")
            return self._desk.done(visit, f"/desk/announcements/{number}", said)
        if what not in _OUTCOMES:
            raise self._desk.not_found()
        try:
            await self._desk.write(publishing_news.act, seen, what, visit.actor, visit.now)
        except Refusal as refusal:
            return await self._form(visit, seen.item, seen, worded(refusal))
        path = "/desk/news" if what == "discard" else f"/desk/news/{seen.id}"
        undo = {"publish": f"/desk/news/{seen.id}/withdraw", "withdraw": f"/desk/news/{seen.id}/publish"}.get(what, "")
        return self._desk.done(visit, path, _OUTCOMES[what], undo=undo)

    async def _found(self, request: web.Request) -> News:
        number = request.match_info["number"]
        found = await self._desk.read(news.find, int(number)) if number.isdecimal() and len(number) < 15 else None
        if found is None:
            raise self._desk.not_found()
        return found

    async def _form(self, visit: Visit, item: Item, seen: News | None, wrong: Phrase | None = None) -> web.Response:
        general = [(topic, visit.voice.say(name), "") for topic, name in GENERAL_NAMES.items()]
        regions = [(REGION + region, region_name(region, visit.language), "") for region in REGIONS]
        chosen = [topic for topic in item.topics if topic not in GENERAL_NAMES and not topic.startswith(REGION)]
        others = [(topic, visit.voice.say(await self._desk.read(topic_name, topic, visit.language)), "") for topic in chosen]
        return self._desk.render(
            visit,
            "desk/news_form.html",
            section="news",
            status=400 if wrong else 200,
            wrong=wrong,
            item=item,
            seen=seen,
            names=LANGUAGE_NAMES,
            topics=[*general, *others],
            regions=regions,
            state=NEWS_STATES[seen.state] if seen else None,
            limits=rules,
        )


def _item(form: Form) -> Item:
    fields = form.fields
    return Item(
        title={language: words for language in LANGUAGES if (words := fields.get(f"title_{language}", "").strip())},
        text={language: words.replace("\r\n", "\n") for language in LANGUAGES if (words := fields.get(f"text_{language}", "").strip())},
        topics=tuple(form.every.get("topics", ())),
        url=fields.get("url", "").strip(),
    )


async def _picture(form: Form) -> bytes:
    """The picture that was sent along, made harmless; b"" for none. Raises Refusal."""
    return await asyncio.to_thread(as_jpeg, form.files[0].content) if form.files else b""
