"""Events at the desk: the list, one event with its dates, what is said of it in each language, publishing and cancelling."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from bot.phrases import Phrase, Text, _
from channels.errors import OutsideRefused
from channels.outside import fetch_outside
from civic import calendar_files
from civic.errors import Refusal
from civic.events import Details, Event, Status
from civic.regions import REGIONS
from civic.staff import Role
from handlers.desk import organising, organising_people
from handlers.event_words import KINDS, in_language
from handlers.language import LANGUAGE_NAMES
from handlers.topics import TOPICS
from storage import event_messages, events
from web.desk.event_forms import EXTRAS, NOT_TAKEN, STATES, WRITTEN, WRONG, read_details, typed_dates, typed_details, typed_words
from web.desk.event_templates import NAMES, details_from
from web.desk.frame import Desk, Visit
from web.desk.sections import Section
from web.forms import Form, Refused

MOST_LISTED = 200
FETCH_SECONDS = 10.0


class Events:
    """Making events and announcing them."""

    sections = (
        Section(
            "events",
            _("Events"),
            "/desk/events",
            frozenset({Role.EDITOR}),
            waiting=lambda db, member, now: event_messages.count_waiting(db),
        ),
    )

    def __init__(self, desk: Desk, *, public_url: str, confirm_above: int) -> None:
        self._desk, self._public_url, self._confirm_above = desk, public_url, confirm_above

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/events", self.listing),
            web.get("/desk/events/new", self.new),
            web.post("/desk/events/new", self.create),
            web.get("/desk/events/import", self.import_page),
            web.post("/desk/events/import", self.import_calendar),
            web.get("/desk/events/{event}", self.page),
            web.get("/desk/events/{event}/edit", self.edit_page),
            web.post("/desk/events/{event}/edit", self.edit),
            web.post("/desk/events/{event}/publish", self.publish),
            web.post("/desk/events/{event}/cancel", self.cancel),
            web.post("/desk/events/{event}/delete", self.delete),
            web.post("/desk/events/{event}/duplicate", self.duplicate),
            web.get("/desk/events/{event}/poster", self.poster),
            web.post("/desk/events/{event}/message", self.message),
            web.post("/desk/events/{event}/messages/{message}", self.settle_message),
        ]

    async def listing(self, request: web.Request) -> web.Response:
        """`GET /desk/events`: all events, newest first; `?state=` only those in one state."""
        visit = await self._desk.enter(request, Role.EDITOR)
        wanted = request.query.get("state", "")
        found = [
            (event, str(event.state(visit.now)))
            for event in await self._desk.read(events.newest, MOST_LISTED)
            if not wanted or event.state(visit.now) == wanted
        ]
        return self._desk.render(visit, "desk/events.html", section="events", status=200, found=found, wanted=wanted, **words(visit))

    async def new(self, request: web.Request) -> web.Response:
        """`GET /desk/events/new`: a form with what is usual filled in; `?from=` what is usual for one kind of event."""
        visit = await self._desk.enter(request, Role.EDITOR)
        details = details_from(request.query.get("from", ""), self._desk.voice)
        return self._form(visit, None, typed_words(details), options=_options(details))

    async def create(self, request: web.Request) -> web.Response:
        """`POST /desk/events/new`: keep a draft."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        try:
            details, opens_at, closes_at = read_details(form)
            event_id = await self._desk.write(organising.draft, details, visit.actor, visit.now, opens_at=opens_at, closes_at=closes_at)
        except Refusal as refusal:
            return self._form(visit, None, form.fields, WRONG[refusal.reason], form.every.get("options", []))
        return self._desk.done(visit, f"/desk/events/{event_id}", _("The draft is kept. Now add its dates."))

    async def page(self, request: web.Request, wrong: Phrase | None = None, typed: Mapping[str, str] | None = None) -> web.Response:
        """`GET /desk/events/{event}`: one event with its dates, seats and messages."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event = await self._event(request)
        return self._desk.render(
            visit,
            "desk/event.html",
            section="events",
            status=400 if wrong else 200,
            event=event,
            state=str(event.state(visit.now)),
            states_of={session.id: str(event.state_of(session, visit.now)) for session in event.sessions},
            typed=typed or typed_dates(None),
            wrong=wrong,
            messages=await self._desk.read(event_messages.of_event, event.id),
            registered=sum(session.seats.taken for session in event.coming(visit.now)),
            confirm_above=self._confirm_above,
            team_of_one=self._desk.team_of_one,
            deep_link=f"{self._home(request)}/chat?e={event.id}",
            **words(visit),
        )

    async def edit_page(self, request: web.Request) -> web.Response:
        """`GET /desk/events/{event}/edit`: what is said of it, the languages side by side."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event = await self._event(request)
        return self._form(visit, event, typed_details(event))

    async def edit(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/edit`: keep what was changed."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event = await self._event(request)
        form = await self._desk.form(request, visit)
        try:
            details, opens_at, closes_at = read_details(form, event.details.papers)
            await self._desk.write(organising.edit, event.id, details, visit.actor, visit.now, opens_at=opens_at, closes_at=closes_at)
        except Refusal as refusal:
            return self._form(visit, event, form.fields, WRONG[refusal.reason], form.every.get("options", []))
        return self._desk.done(visit, f"/desk/events/{event.id}", _("The changes are kept."))

    async def publish(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/publish`: announce it; citizens find it in the chat from then on."""
        visit, event, _form = await self._posted(request)
        try:
            await self._desk.write(organising.publish, event.id, visit.actor, visit.now)
        except Refusal as refusal:
            return await self.page(request, WRONG[refusal.reason])
        return self._desk.done(visit, f"/desk/events/{event.id}", _("Published. Citizens find it in the chat from now on."))

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/cancel`: call it off; whoever is registered or waits is told."""
        visit, event, _form = await self._posted(request)
        await self._desk.write(organising.cancel, event.id, visit.actor, visit.now)
        return self._desk.done(visit, f"/desk/events/{event.id}", _("Cancelled. Everybody who is registered or waits is told."))

    async def delete(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/delete`: delete a draft."""
        visit, event, _form = await self._posted(request)
        if not await self._desk.write(events.delete_draft, event.id):
            return await self.page(request, WRONG["published_already"])
        return self._desk.done(visit, "/desk/events", _("The draft is deleted."))

    async def duplicate(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/duplicate`: a new draft with the same words."""
        visit, event, _form = await self._posted(request)
        number = await self._desk.write(organising_people.duplicate, event.id, visit.actor, visit.now)
        return self._desk.done(
            visit, f"/desk/events/{number}/edit", _("This is a new draft with the same words. Its dates are to be added.")
        )

    async def poster(self, request: web.Request) -> web.Response:
        """`GET /desk/events/{event}/poster`: a page to print, with the QR code of the deep link."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event = await self._event(request)
        if event.status is Status.DRAFT:
            raise Refused(400, _("Publish it first: the code of a draft leads nowhere."))
        link = f"{self._home(request)}/chat?e={event.id}"
        shown = [language for language in WRITTEN if language in event.details.title]
        return self._desk.render(
            visit, "desk/event_poster.html", section="events", status=200, event=event, deep_link=link, shown=shown, **words(visit)
        )

    async def message(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/message`: write to everybody with a seat; a large one waits for a second person."""
        visit, event, form = await self._posted(request)
        text = {language: form.fields.get(f"text_{language}", "")[:2000] for language in WRITTEN}
        try:
            message, count = await self._desk.write(
                organising_people.write_to_all,
                event.id,
                text,
                visit.actor,
                visit.now,
                confirm_above=self._confirm_above,
                team_of_one=self._desk.team_of_one,
            )
        except Refusal as refusal:
            return await self.page(request, WRONG[refusal.reason])
        waits = count > self._confirm_above and not self._desk.team_of_one
        said: Text = _("The message waits until a colleague sends it.") if waits else _("The message is on its way.")
        return self._desk.done(visit, f"/desk/events/{message.event_id}", said)

    async def settle_message(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/messages/{message}`: send a message that waits, or withdraw it."""
        visit, event, form = await self._posted(request)
        number = _number(request.match_info["message"])
        try:
            if form.fields.get("wish") == "send":
                await self._desk.write(
                    organising_people.confirm_message, number, visit.actor, visit.now, team_of_one=self._desk.team_of_one
                )
                return self._desk.done(visit, f"/desk/events/{event.id}", _("The message is on its way."))
            await self._desk.write(organising_people.withdraw_message, number, visit.actor, visit.now)
        except Refusal as refusal:
            return await self.page(request, WRONG[refusal.reason])
        return self._desk.done(visit, f"/desk/events/{event.id}", _("The message is withdrawn."))

    async def import_page(self, request: web.Request, wrong: Phrase | None = None, taken: object = None) -> web.Response:
        """`GET /desk/events/import`: take a calendar over, from a file or an address."""
        visit = await self._desk.enter(request, Role.EDITOR)
        return self._desk.render(
            visit,
            "desk/event_import.html",
            section="events",
            status=400 if wrong else 200,
            wrong=wrong,
            taken=taken,
            reasons=NOT_TAKEN,
            **words(visit),
        )

    async def import_calendar(self, request: web.Request) -> web.Response:
        """`POST /desk/events/import`: drafts from a calendar; what cannot be taken over is named with the reason."""
        visit = await self._desk.enter(request, Role.EDITOR)
        try:
            form = await self._desk.form(request, visit, longer={"calendar": calendar_files.LARGEST})
        except Refused as refused:
            if refused.status != web.HTTPRequestEntityTooLarge.status_code:
                raise
            return await self.import_page(request, WRONG["too_large"])
        content = form.fields.get("calendar", "").encode()
        try:
            if url := form.fields.get("url", "").strip():
                fetched = await fetch_outside(url, most_bytes=calendar_files.LARGEST, seconds=FETCH_SECONDS, accept="text/calendar")
                content = fetched.content
            read = calendar_files.read(content)
        except OutsideRefused:
            return await self.import_page(request, WRONG["outside"])
        except Refusal as refusal:
            return await self.import_page(request, WRONG[refusal.reason])
        language = form.fields.get("language", "")
        taken = await self._desk.write(organising_people.take_over, read, language if language in WRITTEN else "ar", visit.actor, visit.now)
        return await self.import_page(request, taken=taken)

    def _form(
        self, visit: Visit, event: Event | None, typed: Mapping[str, str], wrong: Phrase | None = None, options: list[str] | None = None
    ) -> web.Response:
        if options is None:
            options = _options(event.details if event is not None else None)
        return self._desk.render(
            visit,
            "desk/event_form.html",
            section="events",
            status=400 if wrong else 200,
            event=event,
            typed=typed,
            chosen=options,
            wrong=wrong,
            extras=range(EXTRAS),
            templates=[(name, visit.voice.say(said)) for name, said in NAMES.items()],
            begun_from=visit.query.get("from", ""),
            **words(visit),
        )

    async def _posted(self, request: web.Request) -> tuple[Visit, Event, Form]:
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        return visit, await self._event(request), form

    async def _event(self, request: web.Request) -> Event:
        event = await self._desk.read(events.find, _number(request.match_info["event"]))
        if event is None:
            raise self._desk.not_found()
        return event

    def _home(self, request: web.Request) -> str:
        return self._public_url or f"{request.scheme}://{request.host}"


def _options(details: Details | None) -> list[str]:
    """What is ticked of what an event asks and gives."""
    chosen = {
        "needs": details is None or details.asks_needs,
        "certificate": details is None or details.has_certificate,
        "feedback": details is None or details.asks_feedback,
    }
    return [name for name, is_chosen in chosen.items() if is_chosen]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def words(visit: Visit) -> dict[str, object]:
    """What every template of events names things with."""
    say = visit.voice.say
    return {
        "kinds": [(str(kind), say(name)) for kind, name in KINDS.items()],
        "states": {str(state): (say(name), kind) for state, (name, kind) in STATES.items()},
        "state_options": [(str(state), say(name)) for state, (name, _kind) in STATES.items()],
        "topics": [("", "—"), *((topic, say(name)) for topic, name in TOPICS.items())],
        "regions": [("", "—"), *((region, in_language(names, visit.language)) for region, names in REGIONS.items())],
        "written": [(language, LANGUAGE_NAMES[language]) for language in WRITTEN],
        "said": lambda texts: in_language(texts, visit.language),
    }
