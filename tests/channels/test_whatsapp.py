"""WhatsApp: its webhook's messages, what is sent, and what its errors mean."""

from __future__ import annotations

import builtins
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.layout import fit
from bot.messages import ButtonKind, File, FileKind, Incoming, Shown, ShownButton
from channels.contract import Failed, Nudging, Sender, Sent
from channels.errors import ExtraMissing, FileRefused, Unreadable
from channels.whatsapp import LIMITS, WhatsApp
from channels.whatsapp_errors import meaning
from channels.whatsapp_updates import parse
from tests.conftest import shared
from tests.fakes.whatsapp_api import PHONE, SECRET, TEMPLATE, TOKEN, VERIFY, FakeWhatsApp

AMINA = "212612345678"
CHOOSE = {"ar": "اختيار", "fr": "Choisir", "en": "Choose"}


def fixture(name: str) -> dict[str, Any]:
    return json.loads((shared("fixtures/whatsapp_updates_pywa") / f"{name}.json").read_text("utf-8"))  # type: ignore[no-any-return]


def read(payload: object) -> tuple[Incoming | Unreadable, ...]:
    return parse(json.dumps(payload).encode())


@asynccontextmanager
async def a_pair(**more: Any) -> AsyncIterator[tuple[FakeWhatsApp, WhatsApp]]:
    """A fake to which Amina has written, and a channel with its token."""
    async with FakeWhatsApp() as fake:
        fake.text(AMINA, "hello")
        given = {"choose": CHOOSE, "base_url": fake.url, "template": TEMPLATE, "nudges": 5, **more}
        channel = WhatsApp(given.pop("token", TOKEN), PHONE, SECRET, VERIFY, **given)
        try:
            yield fake, channel
        finally:
            await channel.close()


@pytest.mark.parametrize(
    ("name", "case", "expected"),
    [
        ("message", "text", {"text": "Body Text", "address": "972987654321", "event": "wamid.xyzxyz"}),
        ("message", "image", {"files.0.kind": FileKind.PICTURE, "files.0.ref": "whatsapp:65463453", "unread": ""}),
        ("message", "document", {"files.0.name": "filename.pdf", "text": "caption"}),
        ("message", "video", {"files.0.kind": FileKind.VIDEO, "text": "caption", "unread": ""}),
        ("message", "voice", {"files.0.kind": FileKind.VOICE, "unread": "voice"}),
        ("message", "static_sticker", {"unread": "sticker"}),
        ("message", "current_location", {"place.latitude": 12.25089}),
        ("message", "chosen_location", {"place.title": "Facebook HQ"}),
        ("message", "contacts", {"contact.name": "Chandler Bing", "contact.phone": "+1 555-555-5555"}),
        ("message", "order", {"unread": "order"}),
        ("message", "unsupported", {"unread": "unsupported"}),
        ("message", "reply", {"text": "replied text"}),
        ("message", "interactive_message_with_err", {"unread": "interactive"}),
        ("message", "referral", {"text": "BODY"}),
        ("callback_button", "button", {"pressed": "callback_data"}),
        ("callback_button", "quick_reply", {"text": "title", "pressed": ""}),
        ("callback_selection", "callback", {"pressed": "callback_data"}),
        ("edited_message", "image", {"edits": True, "text": "Updated image caption"}),
    ],
)
def test_what_a_person_did(name: str, case: str, expected: dict[str, object]) -> None:
    (incoming,) = read(fixture(name)[case])
    for path, value in expected.items():
        found: Any = incoming
        for step in path.split("."):
            found = found[int(step)] if step.isdigit() else getattr(found, step)
        assert found == value, path


def test_every_sample_is_read_without_any_error() -> None:
    """Statuses, calls, templates, deletions and reactions ask nothing of Hiwar."""
    silent = {"message_status", "call_status", "account_update", "template_status_update", "deleted_message", "call_connect"}
    for path in sorted(shared("fixtures/whatsapp_updates_pywa").glob("*.json")):
        for case, payload in json.loads(path.read_text("utf-8")).items():
            found = read(payload)
            assert not any(isinstance(one, Unreadable) for one in found) or "<" in json.dumps(payload), (path.stem, case)
            if path.stem in silent or case in ("reaction", "unreaction_empty"):
                assert found == (), (path.stem, case)


@pytest.mark.parametrize("raw", [b"", b"null", b"{", b"[" * 100_000, b'{"object":"page","entry":[]}', b"\xff"])
def test_what_is_no_delivery_is_unreadable_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(raw)


def test_another_number_is_left_alone() -> None:
    assert parse(json.dumps(fixture("message")["text"]).encode(), phone="999") == ()


async def test_a_signature_is_over_the_raw_bytes() -> None:
    async with a_pair() as (fake, channel):
        raw = fake.text(AMINA, "سلام")
        assert channel.is_signed(raw, fake.signature(raw))
        for wrong in ("", "sha256=", fake.signature(raw + b" "), "é"):
            assert not channel.is_signed(raw, wrong)


async def test_choices_are_buttons_or_a_list_and_addresses_stand_in_the_text() -> None:
    async with a_pair() as (fake, channel):
        sender: Sender = channel
        link = ShownButton("ogp.ma", kind=ButtonKind.LINK, url="https://www.ogp.ma/x")
        few = Shown("Which?", (link, *(ShownButton(f"Choice {number}", f"d{number}") for number in range(2))), "note", language="fr")
        many = Shown("Which?", tuple(ShownButton(f"Choice {number}", f"d{number}") for number in range(7)), language="ar", numbered=True)
        for shown in (few, many, Shown("Plain")):
            for part in fit(shown, LIMITS):
                assert isinstance(await sender.send(AMINA, part), Sent)

    assert [(one.kind, len(one.buttons)) for one in fake.ledger] == [("buttons", 2), ("list", 7), ("text", 0)]
    assert "https://www.ogp.ma/x" in fake.ledger[0].text
    assert fake.refused == []


async def test_a_file_is_uploaded_and_fetched_within_its_limit() -> None:
    async def load(ref: str) -> bytes:
        return b"content"

    async with a_pair(load=load) as (fake, channel):
        assert isinstance(await channel.send(AMINA, Shown("", files=(File("f1", FileKind.PICTURE, "a.jpg", "image/jpeg"),))), Sent)
        assert isinstance(await channel.send(AMINA, Shown("", files=(File("f2", FileKind.DOCUMENT, "a.pdf", "application/pdf"),))), Sent)
        fake.media["65"] = b"x" * 100
        assert await channel.fetch(File("whatsapp:65"), 100) == b"x" * 100
        for ref, most in (("whatsapp:65", 99), ("whatsapp:66", 100), ("telegram:1", 100)):
            with pytest.raises(FileRefused):
                await channel.fetch(File(ref), most)

    assert [one.kind for one in fake.ledger] == ["image", "document"]


@pytest.mark.parametrize(
    ("code", "reason", "retry"),
    [
        (131047, "outside_window", False),
        (131026, "undeliverable", False),
        (130429, "too_many_requests", True),
        (131056, "too_many_requests", True),
        (190, "unauthorized", True),
        (200, "permission_missing", True),
        (368, "page_restricted", True),
        (131053, "file_refused", False),
        (132001, "template_refused", False),
        (131016, "vendor_down", True),
        (987654, "content_refused", False),
    ],
)
async def test_what_whatsapp_refuses_is_a_value(code: int, reason: str, retry: bool) -> None:
    async with a_pair() as (fake, channel):
        fake.errors.append(code)
        failed = await channel.send(AMINA, Shown("سلام"))

    assert isinstance(failed, Failed)
    assert (failed.reason, failed.retry) == (reason, retry)
    assert meaning(code).reason == reason


async def test_a_closed_window_a_dead_network_and_a_wrong_token() -> None:
    async with a_pair() as (fake, channel):
        fake.heard[AMINA] -= dt.timedelta(hours=25)
        closed = await channel.send(AMINA, Shown("سلام"))
        assert isinstance(channel, Nudging)
        assert isinstance(await channel.nudge(AMINA, "ar"), Sent)
    gone = await channel_to_nobody()
    async with a_pair(token="EAAGother") as (_, other):
        refused = await other.send(AMINA, Shown("سلام"))

    assert isinstance(closed, Failed) and closed.closed
    assert (fake.ledger[0].kind, fake.ledger[0].text) == ("template", "ar")
    assert isinstance(gone, Failed) and (gone.reason, gone.unknown) == ("network_failed", False)
    assert isinstance(refused, Failed) and (refused.reason, refused.everyone) == ("unauthorized", True)


async def channel_to_nobody() -> Sent | Failed:
    channel = WhatsApp(TOKEN, PHONE, SECRET, VERIFY, choose=CHOOSE, base_url="http://127.0.0.1:9")
    try:
        return await channel.send(AMINA, Shown("سلام"))
    finally:
        await channel.close()


def test_without_the_extra_the_operator_reads_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("pywa"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)  # an installation without the extra cannot be made in a test
    with pytest.raises(ExtraMissing, match="hiwar\\[whatsapp\\]"):
        WhatsApp(TOKEN, PHONE, SECRET, VERIFY, choose=CHOOSE)
