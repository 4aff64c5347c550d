"""Files that Hiwar makes reach Telegram: calendar entry, code and certificate, uploaded when they are sent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pypdfium2

from handlers.event_notices import tell_next
from storage import registrations
from storage.lines import StoredFile
from tests.events.made import HOUR, training
from tests.fakes.telegram_api import FakeTelegram
from tests.service.test_telegram_whole import hook, program, update

NOW = dt.datetime.now(dt.UTC)


async def test_registering_on_telegram_brings_calendar_code_and_certificate(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        door = hook(opened)
        event = await opened.ledger.write(training, at=NOW)
        numbers = iter(range(1, 100))
        for text in ("/language ar", "/register 1", "أمينة الإدريسي", "/skip", "لا", "1"):
            await door.handle(update(next(numbers), 7, text))
        sent = await fake.wait_for(7, 7, patience=30)
        made = await opened.ledger.write(registrations.find, 1)
        assert made is not None and made.name == "أمينة الإدريسي"
        assert [each.method for each in sent][-2:] == ["sendDocument", "sendMessage"]
        await door.handle(update(next(numbers), 7, "/registrations 1-code"))
        sent = await fake.wait_for(9, 7, patience=30)
        assert sent[-2].method == "sendPhoto"
        session = event.sessions[0]
        await opened.ledger.write(registrations.check_in, made.id, session.starts_at)
        await opened.ledger.write(lambda db: _end(db, session.id, NOW - HOUR))
        await door.handle(update(next(numbers), 7, "/registrations 1-certificate"))
        sent = await fake.wait_for(11, 7, patience=60)
        assert [each.method for each in sent][-2:] == ["sendDocument", "sendMessage"]
        assert fake.refused == []
        paper = await _made(opened, "certificate-1")
        with pypdfium2.PdfDocument(paper.content) as document:
            page = document[0]
            drawn = page.render(scale=1.0).to_numpy()
            words = page.get_textpage().get_text_bounded()
        assert paper.mime == "application/pdf"
        assert (drawn < 128).any(), "the page is empty"
        assert "CERT" not in words  # no English stands on an Arabic certificate
        assert await opened.ledger.write(lambda db: tell_next(db, opened.post, NOW)) is None


def _end(db, session_id: int, ended: dt.datetime) -> None:  # type: ignore[no-untyped-def]
    """Let a session be over."""
    import sqlalchemy as sa

    from storage.schema import errands, event_sessions

    db.execute(event_sessions.update().where(event_sessions.c.id == session_id).values(starts_at=ended - HOUR, ends_at=ended))
    db.execute(sa.delete(errands))


async def _made(opened, ref: str) -> StoredFile:  # type: ignore[no-untyped-def]
    from handlers import papers

    async with opened.reader.connect() as db:
        paper = await db.run_sync(papers.read, ref)
    assert paper is not None
    return papers.draw(paper, opened.voices, "https://hiwar.example")
