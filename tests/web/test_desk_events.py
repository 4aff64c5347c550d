"""Organisers at the desk: from a draft to the list at the entrance, over HTTP."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from civic.event_templates import QUESTIONS, TEMPLATES
from civic.events import Event
from civic.local_time import zone
from civic.seats import Place
from storage import audit, certificates, errands, event_messages, events, people, registrations
from storage.schema import errands as errand_table
from tests.events.made import codes, filled
from tests.running import Running, running
from tests.web.desk import looking, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = dt.datetime.now(dt.UTC)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:abc\r\nSUMMARY:Consultation\r\nDTSTART:20301203T100000\r\nDTEND:20301203T120000\r\n"
    b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:old\r\nSUMMARY:Long ago\r\nDTSTART:20101203T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_numbers = codes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("events") / "data", message_confirm_above="1") as hiwar:
        yield hiwar


def at(days: float) -> str:
    """A moment as a form takes it."""
    return (NOW + dt.timedelta(days=days)).astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def details(**more: str) -> dict[str, str | list[str]]:
    return {
        "kind": "training",
        "title_ar": "ورشة",
        "title_fr": "Atelier",
        "reminders": "24, 1",
        "offer_hours": "24",
        "options": ["needs", "certificate", "feedback"],
        **more,
    }


def dates(**more: str) -> dict[str, str]:
    return {
        "starts_at": at(10),
        "ends_at": at(10.1),
        "capacity": "2",
        "place_ar": "الرباط",
        "point": "34.02, -6.84",
        "language": "ar",
        **more,
    }


def event_of(hiwar: Running, event_id: int) -> Event:
    found = looking(hiwar.data, lambda db: events.find(db, event_id))
    assert found is not None
    return found


def register(hiwar: Running, session_id: int, *names: str) -> list[registrations.Registration]:
    def do(db: sa.Connection) -> list[registrations.Registration]:
        made = []
        for name in names:
            person = people.meet(db, "webchat", f"{name}-{session_id}", NOW)
            made.append(registrations.register(db, session_id, person.id, filled(name, needs="=1+1"), _numbers, NOW))
        return made

    return looking(hiwar.data, do)


def typed_in(page: str) -> dict[str, str | list[str]]:
    """What the form of an event has in its fields, as a browser would send it."""
    form = page[page.index('id="details"') : page.index("</form>", page.index('id="details"'))]
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) | {"tag": tag} for tag in re.findall(r"<input [^>]*>", form)]
    typed: dict[str, str | list[str]] = {each["name"]: unescape(each.get("value", "")) for each in inputs if each["name"] != "token"}
    typed["options"] = [each["value"] for each in inputs if each["name"] == "options" and each["tag"].endswith(" checked>")]
    for name, text in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        typed[name] = unescape(text)
    for name, options in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        typed[name] = chosen[1] if chosen else ""
    return typed


async def published(hiwar: Running) -> Event:
    """A published event with one date for two people."""
    async with signed_in(hiwar, "editor") as salma:
        await salma.posts("/desk/events/new", details())
        number = int(salma.headers["Location"].rpartition("/")[2])
        await salma.posts(f"/desk/events/{number}/sessions", dates())
        await salma.posts(f"/desk/events/{number}/publish")
        assert "Published" in await salma.follows()
    return event_of(hiwar, number)


async def test_only_editors_come_here(hiwar: Running) -> None:
    async with signed_in(hiwar, "moderator") as someone:
        for path in ("/desk/events", "/desk/events/new", "/desk/events/import", "/desk/events/1"):
            assert (await someone.gets(path))[0] == 403


async def test_from_a_draft_to_the_chat(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        status, page = await salma.gets("/desk/events/new")
        assert status == 200 and 'name="title_ar"' in page
        status, page = await salma.posts("/desk/events/new", details(title_ar="", title_fr=""))
        assert status == 400 and "Write a title" in page
        status, page = await salma.posts("/desk/events/new", details(reminders="soon"))
        assert status == 400 and "hours before the start" in page and "Atelier" in page
        await salma.posts(
            "/desk/events/new",
            details(extra0_kind="choice", extra0_fr="Comment ?", extra0_options="بالحافلة | En bus\nبالسيارة | En voiture"),
        )
        path = salma.headers["Location"]
        number = int(path.rpartition("/")[2])
        assert "The draft is kept" in await salma.follows()
        status, page = await salma.posts(f"{path}/publish")
        assert status == 400 and "Add a date" in page
        status, page = await salma.posts(f"{path}/sessions", dates(ends_at=at(9)))
        assert status == 400 and "end must be after" in page
        await salma.posts(f"{path}/sessions", dates())
        assert "The date is added" in await salma.follows()
        await salma.posts(f"{path}/publish")
        await salma.follows()
    event = event_of(hiwar, number)
    assert event.status == "published"
    assert [option.label["fr"] for option in event.details.extra[0].options] == ["En bus", "En voiture"]
    assert event.sessions[0].seats.capacity == 2 and event.sessions[0].latitude == 34.02
    planned = looking(
        hiwar.data,
        lambda db: db.execute(sa.select(errand_table.c.kind).where(errand_table.c.session_id == event.sessions[0].id)).scalars().all(),
    )
    assert sorted(planned) == ["reminder", "reminder", "thanks"]
    log = looking(hiwar.data, lambda db: [note.action for note in audit.page(db, limit=10)])
    assert "event_published" in log


async def test_a_draft_is_edited_translated_duplicated_and_deleted(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor", language="fr") as salma:
        await salma.posts("/desk/events/new", details())
        path = salma.headers["Location"]
        status, page = await salma.gets(f"{path}/edit")
        assert status == 200 and "Atelier" in page
        await salma.posts(f"{path}/edit", details(title_en="Workshop", description_fr="Deux heures"))
        await salma.follows()
        await salma.posts(f"{path}/duplicate")
        copy = int(re.findall(r"/(\d+)/", salma.headers["Location"])[0])
        assert event_of(hiwar, copy).details.title["en"] == "Workshop"
        await salma.posts(f"/desk/events/{copy}/delete")
        await salma.follows()
        assert (await salma.gets(f"/desk/events/{copy}"))[0] == 404
        status, page = await salma.gets("/desk/events?state=draft")
        assert "Atelier" in page


async def test_a_change_and_a_cancellation_are_planned_to_be_told(hiwar: Running) -> None:
    event = await published(hiwar)
    session = event.sessions[0]
    register(hiwar, session.id, "Amina", "Idir", "Brahim")
    async with signed_in(hiwar, "editor") as salma:
        await salma.posts(f"/desk/sessions/{session.id}", dates(starts_at=at(11), ends_at=at(11.1)))
        assert "is told" in await salma.follows()
        await salma.posts(f"/desk/sessions/{session.id}/seats", {"capacity": "3", "reserved": ""})
        await salma.follows()
        assert looking(hiwar.data, lambda db: registrations.of_session(db, session.id))[2].state is Place.OFFERED
        status, page = await salma.posts(f"/desk/sessions/{session.id}/seats", {"capacity": "many"})
        assert status == 400 and "number of 0 or more" in page
        await salma.posts(f"/desk/events/{event.id}/cancel")
        await salma.follows()

    def told(db: sa.Connection) -> list[str]:
        return list(db.execute(sa.select(errand_table.c.kind).where(errand_table.c.session_id == session.id)).scalars())

    assert {"changed", "offer", "cancelled"} <= set(looking(hiwar.data, told))
    assert event_of(hiwar, event.id).status == "cancelled"


async def test_the_table_is_filtered_and_exported_without_formulas(hiwar: Running) -> None:
    event = await published(hiwar)
    session = event.sessions[0]
    register(hiwar, session.id, "Amina", "=cmd|'/c calc'!A1", "Brahim")
    async with signed_in(hiwar, "editor") as salma:
        status, page = await salma.gets(f"/desk/sessions/{session.id}?name=amina")
        assert status == 200 and "Amina" in page and "Brahim" not in page
        status, page = await salma.gets(f"/desk/sessions/{session.id}?state=waiting")
        assert "Brahim" in page and "Amina" not in page
        status, text = await salma.gets(f"/desk/sessions/{session.id}/people.csv")
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
        assert status == 200 and len(rows) == 4
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
        async with salma.http.get(f"{hiwar.url}desk/sessions/{session.id}/people.xlsx") as answer:
            book = zipfile.ZipFile(io.BytesIO(await answer.read()))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "=cmd" in book.read("xl/sharedStrings.xml").decode()
        status, page = await salma.gets(f"/desk/sessions/{session.id}/list")
        assert status == 200 and "Amina" in page and "Brahim" not in page


async def test_a_message_to_many_needs_a_second_person(hiwar: Running) -> None:
    event = await published(hiwar)
    register(hiwar, event.sessions[0].id, "Amina", "Idir")
    async with signed_in(hiwar, "editor") as salma, signed_in(hiwar, "editor", name="Karim Alaoui") as karim:
        status, page = await salma.posts(f"/desk/events/{event.id}/message", {"text_ar": " "})
        assert status == 400 and "Write the message" in page
        await salma.posts(f"/desk/events/{event.id}/message", {"text_ar": "أحضروا حواسيبكم", "text_fr": "Apportez votre ordinateur"})
        assert "waits until a colleague" in await salma.follows()
        message = looking(hiwar.data, lambda db: event_messages.of_event(db, event.id))[0]
        path = f"/desk/events/{event.id}/messages/{message.id}"
        status, page = await salma.posts(path, {"wish": "send"})
        assert status == 400 and "second person" in page
        await karim.posts(path, {"wish": "send"})
        assert "on its way" in await karim.follows()
        status, page = await karim.posts(path, {"wish": "send"})
        assert status == 400
    kinds = looking(
        hiwar.data,
        lambda db: db.execute(sa.select(errand_table.c.kind).where(errand_table.c.session_id == event.sessions[0].id)).scalars().all(),
    )
    assert kinds.count("message") == 1


async def test_the_entrance_lets_each_in_once(hiwar: Running) -> None:
    event = await published(hiwar)
    session = event.sessions[0]
    amina, idir, brahim = register(hiwar, session.id, "Amina", "Idir", "Brahim")
    other = register(hiwar, (await published(hiwar)).sessions[0].id, "Sara")[0]
    json = {"Accept": "application/json"}
    door = f"/desk/sessions/{session.id}/door"
    async with signed_in(hiwar, "editor") as salma:
        status, page = await salma.gets(door)
        assert status == 200 and amina.code not in page and "Amina" in page
        assert "camera=(self)" in salma.headers["Permissions-Policy"]
        for _twice in range(2):
            status, told = await salma.posts(door, {"code": amina.code.lower(), "at": NOW.isoformat()}, **json)
            assert status == 200 and "Amina" in told
        status, told = await salma.posts(door, {"code": f"r-{idir.id}"}, **json)
        assert status == 200
        for code, why in ((brahim.code, "no seat"), (other.code, "another date"), ("NOBODY22", "Nobody has")):
            status, told = await salma.posts(door, {"code": code}, **json)
            assert status == 409 and why in told
        for _twice in range(2):
            status, told = await salma.posts(door, {"name": "Fatima", "id": "W0123456789ABCDE"}, **json)
            assert status == 200
        await salma.posts(door, {"code": amina.code})
        assert "Amina" in await salma.follows()
        status, _script = await salma.gets("/desk/door-worker.js")
        assert salma.headers["Service-Worker-Allowed"] == "/desk/"
    came = [each for each in looking(hiwar.data, lambda db: registrations.of_session(db, session.id)) if each.arrived_at]
    assert sorted(each.name for each in came) == ["Amina", "Fatima", "Idir"]


async def test_a_calendar_becomes_drafts_once(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        for made, known in ((1, False), (0, True)):
            status, page = await salma.posts("/desk/events/import", {"calendar": CALENDAR.decode(), "language": "fr"})
            assert status == 200
            assert ("1 draft was made" in page) == (made == 1)
            assert ("1 entry was there already" in page) == known
            assert "Long ago" in page and "is over" in page
        status, page = await salma.posts("/desk/events/import", {"calendar": "no calendar"})
        assert status == 400 and "no calendar file" in page
        for inside in ("http://127.0.0.1:1/a.ics", "http://169.254.169.254/", "file:///etc/passwd"):
            status, page = await salma.posts("/desk/events/import", {"url": inside})
            assert status == 400 and "could not be fetched" in page
    number = looking(hiwar.data, lambda db: events.with_uid(db, "abc"))
    assert number is not None
    assert event_of(hiwar, number).sessions[0].starts_at == dt.datetime(2030, 12, 3, 10, tzinfo=dt.UTC)


async def test_a_calendar_of_a_megabyte_is_taken_and_a_larger_one_refused_with_that_reason(hiwar: Running) -> None:
    entry = CALENDAR.replace(b"UID:abc", b"UID:large")
    filling = b"X-NOTE:" + b"n" * 60 + b"\r\n"

    def padded(size: int) -> bytes:
        head, tail = entry.split(b"BEGIN:VEVENT", 1)
        return head + filling * ((size - len(entry)) // len(filling)) + b"BEGIN:VEVENT" + tail

    async with signed_in(hiwar, "editor") as salma:
        for size, wanted, words in ((990_000, 200, "1 draft was made"), (1_100_000, 400, "at most 1 MB"), (5_000_000, 400, "at most 1 MB")):
            form = aiohttp.FormData({"token": salma.token, "language": "fr"})
            form.add_field("calendar", io.BytesIO(padded(size)), filename="a.ics", content_type="text/calendar")
            async with salma.http.post(hiwar.url.rstrip("/") + "/desk/events/import", data=form) as answer:
                page = await answer.text()
            assert (answer.status, words in page) == (wanted, True)
    assert looking(hiwar.data, lambda db: events.with_uid(db, "large")) is not None


async def test_a_new_event_begins_with_what_is_usual_for_its_kind(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        _status, page = await salma.gets("/desk/events/new")
        for name in TEMPLATES:
            assert f'href="/desk/events/new?from={name}"' in page
            _status, begun = await salma.gets(f"/desk/events/new?from={name}")
            typed = {**typed_in(begun), "title_ar": name, "title_zgh": name}
            await salma.posts("/desk/events/new", typed)
        _status, unknown = await salma.gets("/desk/events/new?from=nothing")
        assert typed_in(unknown) == typed_in(page)
    drafts = {event.details.title.get("ar", ""): event.details for event in looking(hiwar.data, lambda db: events.newest(db, 20))}
    for name, template in TEMPLATES.items():
        made = drafts[name]
        assert (made.kind, made.reminders, made.offer_minutes) == (template.kind, template.reminders, template.offer_minutes)
        given = (made.asks_needs, made.has_certificate, made.asks_feedback)
        assert given == (template.asks_needs, template.has_certificate, template.asks_feedback)
        assert len(made.extra) == len(template.questions)
        for question, extra in zip(template.questions, made.extra, strict=True):
            assert set(extra.text) == {"ar", "fr", "zgh", "en"} and len(set(extra.text.values())) == 4
            assert len(extra.options) == len(QUESTIONS[question])
            assert all(set(option.label) == {"ar", "fr", "zgh", "en"} for option in extra.options)


async def test_papers_have_a_title_in_each_language_or_one_for_all(hiwar: Running) -> None:
    papers = "محضر | Compte rendu | Minutes | https://example.ma/a.pdf\nSlides | https://example.ma/b.pdf\n| https://example.ma/c.pdf"
    async with signed_in(hiwar, "editor") as salma:
        event = await published(hiwar)
        await salma.posts(f"/desk/events/{event.id}/edit", details(papers=papers))
        titles = [paper.title for paper in event_of(hiwar, event.id).details.papers]
        assert titles == [{"ar": "محضر", "fr": "Compte rendu", "en": "Minutes"}, {"ar": "Slides"}, {"ar": "https://example.ma/c.pdf"}]
        _status, page = await salma.gets(f"/desk/events/{event.id}/edit")
        await salma.posts(f"/desk/events/{event.id}/edit", details(papers=typed_in(page)["papers"]))
    assert [paper.title for paper in event_of(hiwar, event.id).details.papers] == titles


async def test_feeds_poster_and_certificates_are_public(hiwar: Running) -> None:
    event = await published(hiwar)
    session = event.sessions[0]
    amina = register(hiwar, session.id, "أمينة")[0]
    code = looking(hiwar.data, lambda db: certificates.give(db, amina, event, session, lambda: "ABCDEFGHJKMN", NOW)).code
    async with signed_in(hiwar, "editor") as salma:
        status, page = await salma.gets(f"/desk/events/{event.id}/poster")
        assert status == 200 and f"/chat?e={event.id}" in page
    async with signed_in(hiwar) as guest:
        status, calendar = await guest.gets("/feeds/events.ics?lang=fr")
        assert status == 200 and f"session-{session.id}@hiwar" in calendar and "Atelier" in calendar
        assert guest.headers["Content-Type"].startswith("text/calendar")
        assert (await guest.gets("/feeds/events/open-data.ics"))[0] == 200
        assert (await guest.gets("/feeds/events/nothing.ics"))[0] == 404
        status, feed = await guest.gets("/feeds/events.xml?lang=ar")
        assert status == 200 and "ورشة" in feed and f"?e={event.id}" in feed
        status, svg = await guest.gets(f"/events/{event.id}/qr.svg")
        assert status == 200 and svg.startswith("<svg")
        assert (await guest.gets("/events/999999/qr.svg"))[0] == 404
        status, page = await guest.gets(f"/certificates/{code}?lang=en")
        assert status == 200 and "genuine" in page and "أمينة" not in page
        status, page = await guest.posts(f"/certificates/{code}?lang=en", {"name": "أمينة"})
        assert "is the one on the certificate" in page
        status, page = await guest.posts(f"/certificates/{code}?lang=en", {"name": "Somebody"})
        assert "is not the one" in page
        status, page = await guest.gets("/certificates/ZZZZZZZZZZZZ?lang=en")
        assert status == 404 and "no certificate" in page
        status, page = await guest.gets("/certificates?code=abcd-efgh-jkmn&lang=en")
        assert status == 200 and "genuine" in page
        status, _page = await guest.gets(f"/chat?e={event.id}&lang=fr")
        assert status == 303


async def test_errands_are_looked_for_before_anybody_writes(hiwar: Running) -> None:
    assert looking(hiwar.data, lambda db: errands.is_due(db, NOW - dt.timedelta(days=1))) is False
