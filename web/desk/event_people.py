"""The people of a session at the desk: who is registered, the lists to export and to print, and the seats."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from aiohttp import web

from bot.phrases import Phrase, Voice, _
from civic.errors import Refusal
from civic.events import Event, Extra, Session
from civic.seats import LIVE, Place
from civic.staff import Role
from handlers.desk import organising, organising_people
from handlers.event_words import code_shown, in_language
from storage import audit, events, registrants, registrations
from storage.registrations import Registration
from web.desk.event_forms import WRONG, read_dates, read_seats, typed_dates
from web.desk.events import words
from web.desk.frame import Desk, Visit
from web.desk.sections import Section
from web.forms import Form

PLACES: dict[str, tuple[Phrase, str]] = {
    Place.REGISTERED: (_("Registered"), "done"),
    Place.OFFERED: (_("Offered a seat"), "needs"),
    Place.WAITING: (_("Waiting"), "open"),
    Place.CANCELLED: (_("Cancelled"), "refused"),
    Place.LAPSED: (_("Did not answer"), "quiet"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP: what begins like this is a formula to a spreadsheet


class EventPeople:
    """Sessions and those who come to them."""

    sections: tuple[Section, ...] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/desk/events/{event}/sessions", self.add),
            web.get("/desk/sessions/{session}", self.page),
            web.post("/desk/sessions/{session}", self.change),
            web.post("/desk/sessions/{session}/seats", self.seats),
            web.post("/desk/sessions/{session}/cancel", self.cancel),
            web.post("/desk/sessions/{session}/people/{registration}/cancel", self.cancel_person),
            web.get("/desk/sessions/{session}/list", self.printed),
            web.get("/desk/sessions/{session}/people.csv", self.as_csv),
            web.get("/desk/sessions/{session}/people.xlsx", self.as_xlsx),
        ]

    async def add(self, request: web.Request) -> web.Response:
        """`POST /desk/events/{event}/sessions`: one more date."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        event = await self._desk.read(events.find, _number(request.match_info["event"]))
        if event is None:
            raise self._desk.not_found()
        try:
            dates = read_dates(form.fields)
            await self._desk.write(
                organising.add_session,
                event.id,
                visit.actor,
                visit.now,
                starts_at=dates.starts_at,
                ends_at=dates.ends_at,
                capacity=dates.capacity,
                reserved=dates.reserved,
                reserved_until=dates.reserved_until,
                place=dates.place,
                point=dates.point,
                link=dates.link,
                language=dates.language,
            )
        except Refusal as refusal:
            return self._desk.render(
                visit,
                "desk/event_dates.html",
                section="events",
                status=400,
                event=event,
                session=None,
                typed=form.fields,
                wrong=WRONG[refusal.reason],
                **words(visit),
            )
        return self._desk.done(visit, f"/desk/events/{event.id}", _("The date is added."))

    async def page(self, request: web.Request, wrong: Phrase | None = None) -> web.Response:
        """`GET /desk/sessions/{session}`: who is registered, waits, came; `?state=`, `?arrived=`, `?name=` show some of them."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event, session = await self._session(request)
        everybody = await self._desk.read(registrations.of_session, session.id)
        return self._desk.render(
            visit,
            "desk/event_people.html",
            section="events",
            status=400 if wrong else 200,
            event=event,
            session=session,
            state=str(event.state_of(session, visit.now)),
            found=_filtered(everybody, request.query),
            total=len(everybody),
            came=sum(each.arrived_at is not None for each in everybody),
            places={place: (visit.voice.say(name), kind) for place, (name, kind) in PLACES.items()},
            place_options=[(str(place), visit.voice.say(name)) for place, (name, _kind) in PLACES.items()],
            brought=await self._desk.read(registrants.brought_to, session.id),
            ratings=[each.rating for each in everybody if each.rating],
            remarks=[each.remark for each in everybody if each.remark],
            typed=typed_dates(session),
            wrong=wrong,
            answers_of=lambda each: _answers(event, each, visit.voice),
            code_shown=code_shown,
            **words(visit),
        )

    async def change(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions/{session}`: another time or place; whoever is registered or waits is told what has changed."""
        visit, _event, session, form = await self._posted(request)
        try:
            dates = read_dates({**typed_dates(session), **form.fields})
            changed = await self._desk.write(
                organising.change_session,
                session.id,
                visit.actor,
                visit.now,
                starts_at=dates.starts_at,
                ends_at=dates.ends_at,
                place=dates.place,
                point=dates.point,
                link=dates.link,
                language=dates.language,
            )
        except Refusal as refusal:
            return await self.page(request, WRONG[refusal.reason])
        told = _("Changed. Everybody who is registered or waits is told.") if changed else _("The changes are kept.")
        return self._desk.done(visit, f"/desk/sessions/{session.id}", told)

    async def seats(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions/{session}/seats`: more or fewer seats; who waits gets what is free."""
        visit, _event, session, form = await self._posted(request)
        try:
            capacity, reserved, until = read_seats(form.fields)
            await self._desk.write(organising.change_seats, session.id, capacity, reserved, until, visit.actor, visit.now)
        except Refusal as refusal:
            return await self.page(request, WRONG[refusal.reason])
        return self._desk.done(visit, f"/desk/sessions/{session.id}", _("The seats are changed. Whoever waits gets what is free."))

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions/{session}/cancel`: call one date off."""
        visit, event, session, _form = await self._posted(request)
        await self._desk.write(organising.cancel_session, session.id, visit.actor, visit.now)
        return self._desk.done(visit, f"/desk/events/{event.id}", _("Cancelled. Everybody who is registered or waits is told."))

    async def cancel_person(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions/{session}/people/{registration}/cancel`: give a seat back for somebody who asked for it."""
        visit, _event, session, _form = await self._posted(request)
        made = await self._desk.read(registrations.find, _number(request.match_info["registration"]))
        if made is None or made.session_id != session.id:
            raise self._desk.not_found()
        await self._desk.write(organising_people.cancel_for, made.id, visit.actor, visit.now)
        return self._desk.done(visit, f"/desk/sessions/{session.id}", _("The registration {number} is cancelled.", number=made.number))

    async def printed(self, request: web.Request) -> web.Response:
        """`GET /desk/sessions/{session}/list`: the list at the entrance, to print and to sign."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event, session = await self._session(request)
        everybody = [each for each in await self._desk.read(registrations.of_session, session.id) if each.state is Place.REGISTERED]
        found = sorted(everybody, key=lambda each: each.name.casefold())
        return self._desk.render(
            visit,
            "desk/event_list.html",
            section="events",
            status=200,
            event=event,
            session=session,
            found=found,
            **words(visit),
        )

    async def as_csv(self, request: web.Request) -> web.Response:
        """`GET /desk/sessions/{session}/people.csv`: the table for other programs; no cell can be a formula."""
        _visit, _event, session, rows = await self._table(request)
        made = io.StringIO()
        csv.writer(made).writerows([_harmless(cell) for cell in row] for row in rows)
        return _download(made.getvalue().encode("utf-8-sig"), "text/csv", f"hiwar-session-{session.id}.csv")

    async def as_xlsx(self, request: web.Request) -> web.Response:
        """`GET /desk/sessions/{session}/people.xlsx`: the same for spreadsheets; every cell is text."""
        _visit, _event, session, rows = await self._table(request)
        import xlsxwriter  # type: ignore[import-untyped]  # it ships no types; and few processes ever write a table

        made = io.BytesIO()
        book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, cell)
        sheet.freeze_panes(1, 0)
        book.close()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _download(made.getvalue(), kind, f"hiwar-session-{session.id}.xlsx")

    async def _table(self, request: web.Request) -> tuple[Visit, Event, Session, list[list[str]]]:
        visit = await self._desk.enter(request, Role.EDITOR)
        event, session = await self._session(request)
        everybody = await self._desk.read(registrations.of_session, session.id)
        await self._desk.write(audit.note, visit.now, visit.actor, "registrations_exported", f"session:{session.id}")
        say = visit.voice.say
        heads = [_("Number"), _("State"), _("Name"), _("Needs"), _("Registered on"), _("Came on")]
        rows = [[*(say(head) for head in heads), *(in_language(extra.text, visit.language) for extra in event.details.extra)]]
        for each in _filtered(everybody, request.query):
            answers = [_answer(extra, each.answers.get(extra.id), visit.voice) for extra in event.details.extra]
            came = visit.voice.show(each.arrived_at) if each.arrived_at else ""
            state = say(PLACES[each.state][0])
            rows.append([each.number, state, each.name, each.needs, visit.voice.show(each.made_at), came, *answers])
        return visit, event, session, rows

    async def _posted(self, request: web.Request) -> tuple[Visit, Event, Session, Form]:
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        event, session = await self._session(request)
        return visit, event, session, form

    async def _session(self, request: web.Request) -> tuple[Event, Session]:
        number = _number(request.match_info["session"])
        event = await self._desk.read(events.of_session, number)
        session = event.session(number) if event is not None else None
        if event is None or session is None:
            raise self._desk.not_found()
        return event, session


def _filtered(everybody: Iterable[Registration], query: Mapping[str, str]) -> list[Registration]:
    """Those a filter leaves; without one everybody who has or wants a seat."""
    state, arrived, name = query.get("state", ""), query.get("arrived", ""), query.get("name", "").strip().casefold()
    found = [each for each in everybody if each.state == state or (not state and each.state in LIVE) or state == "all"]
    if arrived:
        found = [each for each in found if (each.arrived_at is not None) == (arrived == "yes")]
    return [each for each in found if name in each.name.casefold() or name == each.number.casefold()]


def _answers(event: Event, made: Registration, voice: Voice) -> list[tuple[str, str]]:
    return [
        (in_language(extra.text, voice.language), said)
        for extra in event.details.extra
        if (said := _answer(extra, made.answers.get(extra.id), voice))
    ]


def _answer(extra: Extra, answer: object, voice: Voice) -> str:
    if answer is None or answer == "":
        return ""
    if isinstance(answer, bool):
        return voice.say(_("Yes") if answer else _("No"))
    return next((in_language(option.label, voice.language) for option in extra.options if option.id == answer), str(answer))


def _harmless(cell: str) -> str:
    """A cell no spreadsheet takes for a formula, whatever a citizen wrote."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _download(content: bytes, kind: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=kind, headers=headers)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
