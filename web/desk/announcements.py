"""Announcements at the desk: write, look at them as they will be seen, have them approved, send, watch, pause, correct, take back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Phrase, _
from civic.announcements import ACTS, Announcement, Audience, Bulletin, missing
from civic.errors import Refusal
from civic.knowledge import LANGUAGES
from civic.regions import REGIONS
from civic.staff import Role
from civic.subscriptions import REGION
from handlers.desk import announcing
from handlers.desk.announcing import Sheet
from handlers.language import LANGUAGE_NAMES
from handlers.news_topics import GENERAL_NAMES, is_known, region_name, topic_name
from storage import announcements, leases, subscriptions
from web.desk.frame import Desk, Visit
from web.desk.news_words import CHANGED, CHANNELS, DELIVERIES, DONE, STATES, worded
from web.desk.sections import Section
from web.forms import Form, Refused

_ACTS = ("approve", "reopen", "pause", "resume", "cancel", "recall")
_STILL = frozenset({"sending", "scheduled", "paused"})  # whose page looks again by itself


class AnnouncementPages:
    """The list, one announcement with all that can be done with it, and its form."""

    sections = (Section("announcements", _("Announcements"), "/desk/announcements", frozenset({Role.EDITOR})),)

    def __init__(self, desk: Desk, sheet: Sheet) -> None:
        self._desk, self._sheet = desk, replace(sheet, house=replace(sheet.house, team_of_one=desk.team_of_one))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/announcements", self.page),
            web.post("/desk/announcements", self.add),
            web.get("/desk/announcements/new", self.new),
            web.post("/desk/announcements/switch", self.switch),
            web.get("/desk/announcements/{number}", self.one),
            web.get("/desk/announcements/{number}/progress", self.progress),
            web.get("/desk/announcements/{number}/edit", self.edit),
            web.post("/desk/announcements/{number}/edit", self.save),
            web.post("/desk/announcements/{number}/send", self.send),
            web.post("/desk/announcements/{number}/{act}", self.act),
        ]

    # Looking

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/announcements`: all of them, and the switch that stops every one."""
        visit = await self._desk.enter(request, Role.EDITOR)
        found = await self._desk.read(announcements.newest)
        thrown = await self._desk.read(leases.is_thrown, announcements.BULK)
        return self._desk.render(
            visit, "desk/announcements.html", section="announcements", found=found, thrown=thrown, states=STATES, title_of=_title_of(visit)
        )

    async def one(self, request: web.Request, wrong: Phrase | None = None) -> web.Response:
        """`GET /desk/announcements/{number}`: how it looks, whom it reaches, how far it is, and what can be done."""
        visit = await self._desk.enter(request, Role.EDITOR)
        seen = await self._found(request)
        reach = await self._desk.read(announcing.reach, self._sheet, seen.bulletin, visit.now)
        shown = request.query.get("show", visit.language)
        audience = await self._desk.read(self._audience_words, seen.bulletin.audience, visit)
        return self._desk.render(
            visit,
            "desk/announcement.html",
            section="announcements",
            status=400 if wrong else 200,
            wrong=wrong,
            seen=seen,
            reach=reach,
            minutes=max(1, round(reach.seconds / 60)),
            audience=audience,
            shown=shown if shown in LANGUAGES else "ar",
            previews=announcing.preview(self._sheet, seen, shown if shown in LANGUAGES else "ar"),
            channels=CHANNELS,
            names=LANGUAGE_NAMES,
            lacking=[LANGUAGE_NAMES[language] for language in missing(seen.bulletin)],
            too_long=announcing.too_long(self._sheet, seen),
            may={what: seen.may(what) for what in ACTS},
            may_approve=seen.written_by != visit.actor or self._sheet.house.team_of_one,
            code=announcing.test_code(self._sheet.signer, seen),
            is_live=seen.state in _STILL,
            **await self._numbers(seen, visit),
        )

    async def progress(self, request: web.Request) -> web.Response:
        """`GET /desk/announcements/{number}/progress`: the numbers alone, for the page's script."""
        visit = await self._desk.enter(request, Role.EDITOR)
        seen = await self._found(request)
        numbers = await self._numbers(seen, visit)
        is_live = seen.state in _STILL
        return self._desk.render(visit, "desk/announcement_progress.html", section="", seen=seen, is_live=is_live, **numbers)

    async def _numbers(self, seen: Announcement, visit: Visit) -> dict[str, Any]:  # Any: values of a template
        progress = await self._desk.read(announcements.progress, seen.id, visit.now)
        settled = progress.total - progress.remaining
        rate = progress.last_minute / 60
        waiting = progress.remaining - progress.digests
        return {
            "progress": progress,
            "settled": settled,
            "percent": round(100 * settled / progress.total) if progress.total else 0,
            "rate": round(rate, 1),
            "left": round(waiting / rate / 60) if rate and waiting else 0,
            "waiting": waiting,
            "deliveries": DELIVERIES,
            "state": STATES[seen.state],
        }

    # Writing

    async def new(self, request: web.Request) -> web.Response:
        """`GET /desk/announcements/new`: an empty form."""
        visit = await self._desk.enter(request, Role.EDITOR)
        return await self._form(visit, Bulletin({}, {}), None)

    async def add(self, request: web.Request) -> web.Response:
        """`POST /desk/announcements`: a new draft."""
        visit = await self._desk.enter(request, Role.EDITOR)
        bulletin = _bulletin(await self._desk.form(request, visit))
        try:
            number = await self._desk.write(self._draft, bulletin, visit.actor, visit.now)
        except Refusal as refusal:
            return await self._form(visit, bulletin, None, worded(refusal))
        return self._desk.done(visit, f"/desk/announcements/{number}", _("The draft is kept."))

    def _draft(self, db: sa.Connection, bulletin: Bulletin, by: str, at: dt.datetime) -> int:
        _check_topics(db, bulletin)
        return announcing.draft(db, bulletin, by, at)

    async def edit(self, request: web.Request) -> web.Response:
        """`GET /desk/announcements/{number}/edit`: the form; after the sending, to correct the words."""
        visit = await self._desk.enter(request, Role.EDITOR)
        seen = await self._found(request)
        return await self._form(visit, seen.bulletin, seen)

    async def save(self, request: web.Request) -> web.Response:
        """`POST /desk/announcements/{number}/edit`: change a draft, or correct what was sent."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        seen, bulletin = await self._found(request), _bulletin(form)
        seen = replace(seen, version=int(form.fields["version"])) if form.fields.get("version", "").isdecimal() else seen
        try:
            if seen.state == "draft":
                await self._desk.write(_check_topics, bulletin)
                await self._desk.write(announcing.rewrite, seen, bulletin, visit.actor, visit.now)
                said = _("The draft is kept.")
            else:
                await self._desk.write(announcing.correct, self._sheet, seen, bulletin, visit.actor, visit.now)
                said = _("The correction is on its way wherever the channel allows it.")
        except Refusal as refusal:
            return await self._form(visit, bulletin, seen, worded(refusal))
        except announcements.Changed:
            return await self._form(visit, bulletin, await self._found(request), CHANGED)
        return self._desk.done(visit, f"/desk/announcements/{seen.id}", said)

    async def _form(self, visit: Visit, bulletin: Bulletin, seen: Announcement | None, wrong: Phrase | None = None) -> web.Response:
        counts = await self._desk.read(subscriptions.counts)
        topics = [(topic, visit.voice.say(name), str(counts.get(topic, 0))) for topic, name in GENERAL_NAMES.items()]
        others = [topic for topic in bulletin.audience.topics if topic not in GENERAL_NAMES]
        for topic in others:
            topics.append((topic, visit.voice.say(await self._desk.read(topic_name, topic, visit.language)), str(counts.get(topic, 0))))
        return self._desk.render(
            visit,
            "desk/announcement_form.html",
            section="announcements",
            status=400 if wrong else 200,
            wrong=wrong,
            seen=seen,
            bulletin=bulletin,
            names=LANGUAGE_NAMES,
            tongues=[(code, name, "") for code, name in LANGUAGE_NAMES.items()],
            topics=topics,
            regions=[(REGION + name, region_name(name, visit.language), str(counts.get(REGION + name, 0))) for name in REGIONS],
            channels=[
                (name, visit.voice.say(CHANNELS.get(name, name)), "")
                for name, channel in self._sheet.channels.items()
                if channel.capabilities.announces
            ],
        )

    # Doing

    async def send(self, request: web.Request) -> web.Response:
        """`POST /desk/announcements/{number}/send`: at once, or at the time given; there is time to think again in any case."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        seen = await self._found(request)
        try:
            wanted = _moment(form.fields.get("at", ""), self._sheet.zone)
            due = await self._desk.write(announcing.schedule, self._sheet, seen, visit.actor, wanted, visit.now)
        except Refusal as refusal:
            return await self.one(request, worded(refusal))
        except announcements.Changed:
            return await self.one(request, CHANGED)
        said = _("The announcement goes out at this time: {time}. Until then it can be taken back.", time=due)
        return self._desk.done(visit, f"/desk/announcements/{seen.id}", said, undo=f"/desk/announcements/{seen.id}/reopen")

    async def act(self, request: web.Request) -> web.Response:
        """`POST /desk/announcements/{number}/{act}`: approve, reopen, pause, resume, cancel or recall."""
        visit = await self._desk.enter(request, Role.EDITOR)
        await self._desk.form(request, visit)
        seen, what = await self._found(request), request.match_info["act"]
        if what not in _ACTS:
            raise self._desk.not_found()
        try:
            if what == "approve":
                await self._desk.write(announcing.approve, self._sheet, seen, visit.actor, visit.now)
            else:
                await self._desk.write(announcing.act, seen, what, visit.actor, visit.now)
        except Refusal as refusal:
            return await self.one(request, worded(refusal))
        except announcements.Changed:
            return await self.one(request, CHANGED)
        return self._desk.done(visit, f"/desk/announcements/{seen.id}", DONE[what])

    async def switch(self, request: web.Request) -> web.Response:
        """`POST /desk/announcements/switch`: stop every announcement at once, or let them go on."""
        visit = await self._desk.enter(request, Role.EDITOR, Role.ADMINISTRATOR)
        form = await self._desk.form(request, visit)
        stop = form.fields.get("stop") == "yes"
        await self._desk.write(announcing.throw_switch, visit.actor, visit.now, stop=stop)
        said = _("Every announcement is stopped.") if stop else _("Announcements go on.")
        return self._desk.done(visit, "/desk/announcements", said)

    # What they share

    async def _found(self, request: web.Request) -> Announcement:
        number = request.match_info["number"]
        found = await self._desk.read(announcements.find, int(number)) if number.isdecimal() and len(number) < 15 else None
        if found is None:
            raise self._desk.not_found()
        return found

    def _audience_words(self, db: sa.Connection, audience: Audience, visit: Visit) -> dict[str, str]:
        def said(topics: tuple[str, ...]) -> str:
            return " · ".join(visit.voice.say(topic_name(db, topic, visit.language)) for topic in topics)

        return {
            "topics": said(audience.topics),
            "regions": said(audience.regions),
            "languages": " · ".join(LANGUAGE_NAMES[language] for language in audience.languages),
            "channels": " · ".join(visit.voice.say(CHANNELS.get(channel, channel)) for channel in audience.channels),
        }


def _check_topics(db: sa.Connection, bulletin: Bulletin) -> None:
    """Raises Refused for topics and channels that no form of ours offers."""
    audience = bulletin.audience
    if not all(is_known(db, topic) for topic in (*audience.topics, *audience.regions)):
        raise Refused(400, _("There is no such topic."))


def _bulletin(form: Form) -> Bulletin:
    """What the form says; languages and channels that do not exist are left out."""
    fields, every = form.fields, form.every
    audience = Audience(
        topics=tuple(every.get("topics", ())),
        regions=tuple(every.get("regions", ())),
        languages=tuple(language for language in every.get("languages", ()) if language in LANGUAGES),
        channels=tuple(every.get("channels", ())),
    )
    return Bulletin(
        title={language: words for language in LANGUAGES if (words := fields.get(f"title_{language}", ""))},
        text={language: words.replace("\r\n", "\n") for language in LANGUAGES if (words := fields.get(f"text_{language}", ""))},
        audience=audience,
        fallback={language: instead for language in LANGUAGES if (instead := fields.get(f"fallback_{language}", "")) in LANGUAGES},
        at_most_once=fields.get("at_most_once") == "yes",
    )


def _moment(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """The moment a field of date and time says, in Morocco; None for an empty one. Raises Refusal."""
    if not text.strip():
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(dt.UTC)
    except ValueError:
        raise Refusal("time_wrong", "at") from None


def _title_of(visit: Visit) -> object:
    """How a list calls an announcement or a news item: by its title in the reader's language, or in the first there is."""

    def title(words: Mapping[str, str]) -> str:
        return words.get(visit.language) or next(iter(words.values()))

    return title
