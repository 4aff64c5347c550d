"""Deliveries of Messenger's webhook -> what people did."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.messages import FileKind, Incoming
from channels.errors import Unreadable
from channels.messenger_updates import parse

PAGE, AMINA, IDIR = "104000000000001", "7001", "7002"
AT = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
STAMP = int(AT.timestamp() * 1000)
CDN = "https://scontent.xx.fbcdn.net/v/t1/photo.jpg?oh=1&oe=2"


def event(sender: str = AMINA, **what: Any) -> dict[str, Any]:
    return {"sender": {"id": sender}, "recipient": {"id": PAGE}, "timestamp": STAMP, **what}


def delivery(*entries: list[dict[str, Any]], page: str = PAGE) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": page, "time": STAMP, "messaging": events} for events in entries]}).encode()


def only(**what: Any) -> Incoming:
    (incoming,) = parse(delivery([event(**what)]), page=PAGE)
    assert isinstance(incoming, Incoming)
    assert (incoming.channel, incoming.address, incoming.at) == ("messenger", AMINA, AT)
    return incoming


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    return {"message": {"mid": "m_1", "attachments": [{"type": kind, "payload": payload}]}}


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"message": {"mid": "m_1", "text": "سلام"}}, {"event": "m_1", "message": "m_1", "text": "سلام"}),
        ({"message": {"mid": "m_1", "text": "Oui", "quick_reply": {"payload": "t.q.y.s"}}}, {"pressed": "t.q.y.s", "text": ""}),
        (
            {"message": {"mid": "m_1", "text": "+212612345678", "quick_reply": {"payload": "+212612345678"}}},
            {"pressed": "", "contact.phone": "+212612345678"},
        ),
        ({"postback": {"mid": "m_2", "title": "Utile", "payload": "go.useful.y.s"}}, {"event": "m_2", "pressed": "go.useful.y.s"}),
        ({"postback": {"title": "Démarrer", "payload": "GET_STARTED"}}, {"opened": True, "payload": "", "text": "/start"}),
        (
            {"postback": {"title": "Démarrer", "payload": "GET_STARTED", "referral": {"ref": "move-12345678", "source": "SHORTLINK"}}},
            {"opened": True, "payload": "move-12345678"},
        ),
        (
            {"referral": {"ref": "ask-petitions", "source": "SHORTLINK", "type": "OPEN_THREAD"}},
            {"opened": True, "payload": "ask-petitions"},
        ),
        ({"message": {"mid": "m_1", "referral": {"ref": "ask-x"}}}, {"opened": True, "payload": "ask-x"}),
        ({"postback": {"title": "القائمة", "payload": "/menu"}}, {"text": "/menu", "pressed": ""}),
        ({"postback": {"title": "What is open government?", "payload": "SAY"}}, {"text": "What is open government?"}),
        (attached("image", url=CDN), {"files.0.kind": FileKind.PICTURE, "files.0.ref": f"messenger:{CDN}", "unread": ""}),
        (attached("image", url=CDN, sticker_id=369239263222822), {"text": "👍", "files": (), "unread": ""}),
        (attached("image", url=CDN, sticker_id=12345), {"text": "", "files": (), "unread": "sticker"}),
        (attached("audio", url=CDN), {"files.0.kind": FileKind.VOICE, "unread": "voice"}),
        (attached("video", url=CDN), {"files.0.kind": FileKind.VIDEO, "unread": "video"}),
        (attached("file", url="https://cdn.fbsbx.com/v/a/%D8%B7%D9%84%D8%A8.pdf?x=1"), {"files.0.name": "طلب.pdf", "unread": ""}),
        (
            attached("location", coordinates={"lat": 31.6, "long": -8.0}, title="Marrakech"),
            {"place.latitude": 31.6, "place.title": "Marrakech"},
        ),
        (attached("fallback", url="https://www.chafafiya.ma", title="Chafafiya"), {"text": "https://www.chafafiya.ma"}),
        (attached("ig_reel", url=CDN), {"unread": "ig_reel"}),
        ({"message": {"mid": "m_1"}}, {"unread": "message"}),
        ({"message_edit": {"mid": "m_1", "text": "Azrou", "num_edit": 2}}, {"edits": True, "message": "m_1", "event": "m_1:2"}),
    ],
)
def test_what_a_person_did(what: dict[str, Any], expected: dict[str, object]) -> None:
    incoming = only(**what)
    for path, value in expected.items():
        found: Any = incoming
        for step in path.split("."):
            found = found[int(step)] if step.isdigit() else getattr(found, step)
        assert found == value, path


@pytest.mark.parametrize(
    "what",
    [
        {"message": {"mid": "m_1", "text": "sent by the page", "is_echo": True, "app_id": 205}},
        {"read": {"watermark": STAMP}},
        {"delivery": {"mids": ["m_1"], "watermark": STAMP}},
        {"reaction": {"mid": "m_1", "action": "react", "reaction": "love", "emoji": "❤"}},
        {"pass_thread_control": {"new_owner_app_id": "1"}},
        {"policy_enforcement": {"action": "warning"}},
        {"optin": {"ref": "x"}},
        {"something_invented_later": {"a": 1}},
    ],
    ids=lambda what: next(iter(what)),
)
def test_what_asks_nothing_of_hiwar(what: dict[str, Any]) -> None:
    assert parse(delivery([event(**what)]), page=PAGE) == ()


def test_the_pages_own_words_and_other_pages_are_left_alone() -> None:
    said = {"message": {"mid": "m_1", "text": "hello"}}

    assert parse(delivery([event(sender=PAGE, **said)]), page=PAGE) == ()
    assert parse(delivery([event(**said)], page="999"), page=PAGE) == ()
    assert parse(delivery([{**event(**said), "recipient": {"id": "999"}}]), page=PAGE) == ()


def test_every_event_of_every_entry_is_read_and_a_bad_one_spoils_no_other() -> None:
    raw = delivery(
        [event(message={"mid": "m_1", "text": "one"}), event(message={"mid": 5})],
        [event(sender=IDIR, message={"mid": "m_2", "text": "two"}), event(timestamp=10**18, message={"mid": "m_3", "text": "x"})],
    )
    found = parse(raw, page=PAGE)

    assert [type(one) for one in found] == [Incoming, Unreadable, Incoming, Unreadable]
    assert [one.text for one in found if isinstance(one, Incoming)] == ["one", "two"]


def test_several_pictures_of_one_message_are_one_message() -> None:
    pictures = [{"type": "image", "payload": {"url": f"{CDN}&n={number}"}} for number in range(3)]

    assert len(only(message={"mid": "m_1", "text": "Voilà", "attachments": pictures}).files) == 3


def test_a_long_name_of_an_event_fits_into_the_inbox_and_stays_the_same() -> None:
    mid = "m_" + "x" * 300
    first, again = only(message={"mid": mid, "text": "a"}), only(message={"mid": mid, "text": "a"})

    assert first.event == again.event
    assert len(first.event) <= 128
    assert first.event != only(message={"mid": f"{mid}y", "text": "a"}).event


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"object":"page","entry":[{"id":5}]}',
        b'{"object":"instagram","entry":[]}',
        b'{"object":"page","entry":"x"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_delivery_is_unreadable_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(raw, page=PAGE)


@pytest.mark.parametrize(
    "inside", ['"x"', "5", "null", "{}", '{"sender":5}', '{"sender":{"id":"1"},"message":[]}', '{"sender":{"id":"1"},"timestamp":-1e300}']
)
def test_a_hostile_event_raises_nothing(inside: str) -> None:
    raw = f'{{"object":"page","entry":[{{"id":"{PAGE}","messaging":[{inside}]}}]}}'.encode()

    assert all(isinstance(one, Unreadable) for one in parse(raw, page=PAGE))


def test_an_error_names_the_place_and_never_the_content() -> None:
    (found,) = parse(delivery([event(message={"mid": "m_1", "text": ["a secret"]})]), page=PAGE)

    assert isinstance(found, Unreadable)
    assert "secret" not in str(found)
    assert "$.message.text" in str(found)
