"""Files that are made when they are fetched: for the one they belong to, in the web chat."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.events.made import training
from tests.running import Running, running
from tests.web.desk import looking
from tests.web.guests import guest

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("files") / "data") as hiwar:
        yield hiwar


async def test_a_guest_registers_and_only_they_get_the_files(hiwar: Running) -> None:
    event = looking(hiwar.data, lambda db: training(db, at=dt.datetime.now(dt.UTC), link="https://meet.example/hiwar"))
    async with guest(hiwar.url, "fr") as amina, guest(hiwar.url, "ar") as idir:
        for text in ("/language fr", f"/register {event.id}", "Amina", "/skip", "non"):
            await amina.says(text)
        lines = await amina.says("1")
        files = [file for line in lines for file in line["files"]]
        assert [file["name"] for file in files] == ["hiwar-R-1.ics"]
        async with amina.session.get(hiwar.url.rstrip("/") + files[0]["url"]) as answer:
            assert answer.status == 200 and answer.content_type == "text/calendar"
            calendar = await answer.text()
        assert "DTSTART:" in calendar and "Z\r\n" in calendar and "Demander" in calendar
        assert "https://meet.example/hiwar" in calendar.replace("\r\n ", "")
        await amina.says("/registrations 1-code")
        async with amina.session.get(f"{hiwar.url}chat/files/pass-1") as answer:
            assert (await answer.read()).startswith(b"\x89PNG")
        await idir.says("/language ar")
        for ref in ("ics-1", "pass-1", "certificate-1", "ics-999"):
            async with idir.session.get(f"{hiwar.url}chat/files/{ref}") as answer:
                assert answer.status == 404
        async with amina.session.get(f"{hiwar.url}chat/files/certificate-1") as answer:
            assert answer.status == 404  # nobody was checked in yet


async def test_the_online_address_is_for_those_with_a_seat(hiwar: Running) -> None:
    event = looking(hiwar.data, lambda db: training(db, at=dt.datetime.now(dt.UTC), link="https://meet.example/secret"))
    async with guest(hiwar.url, "fr") as sara:
        lines = await sara.says(f"/events {event.id}")
        assert "meet.example" not in str(lines)
        async with sara.session.get(f"{hiwar.url}feeds/events.ics") as answer:
            assert "meet.example/secret" not in await answer.text()
