"""The whole program beside a strict fake WhatsApp: a talk, the window, and the paid template within its budget."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.messages import Outgoing
from handlers.telling import Post, tell
from service.settings import Settings
from service.wiring import Program, open_program
from storage import outbox, people
from tests.fakes.whatsapp_api import PHONE, SECRET, TEMPLATE, TOKEN, VERIFY, FakeWhatsApp
from tests.serve import SMALL
from tests.service.test_messenger_window import DAY, Clock
from tests.talks import TEST_CONTENTS
from web.messenger_hook import WhatsAppHook

AMINA, IDIR = "212600000001", "212600000002"


@contextlib.asynccontextmanager
async def program(tmp_path: Path, fake: FakeWhatsApp, *, budget: int = 1, url: str = ""):  # type: ignore[no-untyped-def]  # a Program
    settings = Settings(
        data=tmp_path / "data",
        content=SMALL,
        encoder=False,
        database_url=SecretStr(url),
        whatsapp_token=SecretStr(TOKEN),
        whatsapp_phone=PHONE,
        whatsapp_app_secret=SecretStr(SECRET),
        whatsapp_verify_token=SecretStr(VERIFY),
        whatsapp_base_url=fake.url,
        whatsapp_template=TEMPLATE,
        whatsapp_templates_a_day=budget,
    )
    async with open_program(settings, contents=TEST_CONTENTS, now=fake.now) as opened:
        yield opened


def hook(opened: Program) -> WhatsAppHook:
    assert opened.whatsapp is not None
    return WhatsAppHook(opened.whatsapp, opened.reception, VERIFY, opened.metrics)


async def notice(opened: Program, address: str, words: str) -> None:
    def put(db: object) -> None:
        person = people.find_by_address(db, "whatsapp", address)  # type: ignore[arg-type]  # the ledger's connection
        assert person is not None
        post = Post(voices=opened.voices, signer=opened.house.signer, keeping=frozenset())
        tell(db, post, person.id, lambda reader: Outgoing(words), opened.now())  # type: ignore[arg-type]

    await opened.ledger.write(put)
    opened.delivery.deliver(await opened.ledger.write(outbox.claim, ("whatsapp",), opened.house.node, 10, opened.now()))
    await opened.delivery.finish()


async def test_an_idea_is_written_on_whatsapp(tmp_path: Path, database_url: str) -> None:
    async with FakeWhatsApp() as fake, program(tmp_path, fake, url=database_url) as opened:
        door = hook(opened)
        for text in ("/language fr", "/idea", "2", "Ouvrir le samedi", "Les mairies.", "passer", "Azilal"):
            await door.handle(fake.text(AMINA, text))
            await opened.delivery.finish()
        send = dict(fake.ledger[-1].buttons)["Send"]
        press = fake.said(AMINA, type="interactive", interactive={"type": "list_reply", "list_reply": {"id": send, "title": "Send"}})
        await asyncio.gather(door.handle(press), door.handle(press))
        await opened.delivery.finish()

    assert fake.ledger[-1].text.endswith("Number 1")
    assert fake.refused == []
    assert fake.read


async def test_a_notice_that_waits_is_told_of_once_within_the_budget_and_shown_at_the_answer(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    async with FakeWhatsApp(now=clock) as fake, program(tmp_path, fake, budget=1, url=database_url) as opened:
        door = hook(opened)
        for address in (AMINA, IDIR):
            await door.handle(fake.text(address, "/language fr"))
        await opened.delivery.finish()
        clock.at += DAY + dt.timedelta(hours=1)
        await notice(opened, AMINA, "Votre proposition est publiée.")
        await notice(opened, AMINA, "Une administration a répondu.")
        await notice(opened, IDIR, "La session a changé de salle.")
        templates = [(one.address, one.text) for one in fake.ledger if one.kind == "template"]
        clock.at += DAY
        await notice(opened, IDIR, "La session est demain.")
        later = [one.address for one in fake.ledger if one.kind == "template"]
        await door.handle(fake.said(AMINA, type="button", button={"payload": "x", "text": "Lire"}))
        await opened.delivery.finish()

    assert templates == [(AMINA, "fr")]
    assert later == [AMINA, IDIR]
    assert any("En votre absence" in one.text and "Une administration a répondu." in one.text for one in fake.ledger)


async def test_no_budget_sends_no_template(tmp_path: Path) -> None:
    clock = Clock()
    async with FakeWhatsApp(now=clock) as fake, program(tmp_path, fake, budget=0) as opened:
        await hook(opened).handle(fake.text(AMINA, "/language fr"))
        await opened.delivery.finish()
        clock.at += DAY + dt.timedelta(hours=1)
        await notice(opened, AMINA, "Votre proposition est publiée.")

    assert [one.kind for one in fake.ledger if one.kind == "template"] == []


def test_pywa_is_not_loaded_where_whatsapp_is_off() -> None:
    code = "import sys, service.wiring; print([name for name in sys.modules if name.startswith(('pywa', 'httpx'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "pywa" not in done.stdout


def test_half_of_the_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="HIWAR_WHATSAPP_PHONE"):
        Settings(whatsapp_token=SecretStr("t"))
