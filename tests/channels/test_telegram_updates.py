"""What each kind of Telegram update becomes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Contact, File, FileKind, Incoming, Place
from channels.errors import Unreadable
from channels.telegram_updates import order_of, parse

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures"
COLLECTED = sorted(path for path in FIXTURES.glob("telegram_updates_*/*.json") if path.name != "index.json")
NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
SENT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)

AMINA = {"id": 7001, "is_bot": False, "first_name": "Amina", "language_code": "ar"}  # a citizen of Tiznit
HIWAR = {"id": 123456, "is_bot": True, "first_name": "Hiwar", "username": "HiwarBot"}
PRIVATE = {"id": 7001, "type": "private", "first_name": "Amina"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Association"}


def update(**kinds: Any) -> bytes:
    return json.dumps({"update_id": 501, **kinds}).encode()


def message(**fields: Any) -> bytes:
    return update(message=a_message(**fields))


def a_message(**fields: Any) -> dict[str, Any]:
    return {"message_id": 11, "from": AMINA, "chat": PRIVATE, "date": int(SENT.timestamp()), **fields}


def incoming(**fields: Any) -> Incoming:
    said = {"channel": "telegram", "event": "501", "address": "7001", "at": SENT, "message": "11", "language": "ar"}
    return Incoming(**{**said, **fields})


def a_size(name: str, width: int) -> dict[str, Any]:
    return {"file_id": name, "file_unique_id": name, "width": width, "height": width, "file_size": width * 100}


def a_file(**fields: Any) -> dict[str, Any]:
    return {"file_id": "F1", "file_unique_id": "u", "duration": 3, "width": 1, "height": 1, **fields}


def membership(status: str, chat: dict[str, Any] = PRIVATE) -> bytes:
    member = {"user": HIWAR, "status": status}
    change = {"chat": chat, "from": AMINA, "date": int(SENT.timestamp()), "old_chat_member": member, "new_chat_member": member}
    return update(my_chat_member=change)


def press(**fields: Any) -> bytes:
    return update(callback_query={"id": "9900", "from": AMINA, "chat_instance": "1", "data": "t1.theme.water.x", **fields})


UNDER = {"message_id": 10, "from": HIWAR, "chat": PRIVATE, "date": int(SENT.timestamp()), "text": "What is it about?"}
PLACE = {"latitude": 29.6974, "longitude": -9.7316}
VOICE_FILE = (File(ref="telegram:F1", kind=FileKind.VOICE, mime="audio/ogg"),)

CASES: dict[str, tuple[bytes, Incoming | None]] = {
    "a text": (message(text="سلام"), incoming(text="سلام")),
    "a command in a private chat": (message(text="/help"), incoming(text="/help")),
    "a command with the bot's name": (message(text="/Help@HiwarBot me"), incoming(text="/help me")),
    "a slash that is no command": (message(text="/a@b.ma is my mail"), incoming(text="/a@b.ma is my mail")),
    "the start": (message(text="/start"), incoming(text="/start", opened=True)),
    "a deep link": (message(text="/start training-12_a"), incoming(text="/start", opened=True, payload="training-12_a")),
    "an edited text": (update(edited_message=a_message(text="سلام!", edit_date=1)), incoming(text="سلام!", edits=True)),
    "a picture with a caption": (
        message(photo=[a_size("S", 90), a_size("L", 1280), a_size("M", 320)], caption="the well"),
        incoming(text="the well", files=(File(ref="telegram:L", kind=FileKind.PICTURE, mime="image/jpeg", size=128000),)),
    ),
    "a picture of an album": (
        message(photo=[a_size("S", 90)], media_group_id="31337"),
        incoming(album="31337", files=(File(ref="telegram:S", kind=FileKind.PICTURE, mime="image/jpeg", size=9000),)),
    ),
    "a document": (
        message(document=a_file(file_name="طلب.pdf", mime_type="application/pdf", file_size=2048)),
        incoming(files=(File(ref="telegram:F1", kind=FileKind.DOCUMENT, name="طلب.pdf", mime="application/pdf", size=2048),)),
    ),
    "a voice message": (message(voice=a_file(mime_type="audio/ogg")), incoming(files=VOICE_FILE, unread="voice")),
    "a voice message with a caption": (
        message(voice=a_file(mime_type="audio/ogg"), caption="about water"),
        incoming(files=VOICE_FILE, text="about water"),
    ),
    "a video": (message(video=a_file()), incoming(files=(File(ref="telegram:F1", kind=FileKind.VIDEO),), unread="video")),
    "a round video": (message(video_note=a_file()), incoming(files=(File(ref="telegram:F1", kind=FileKind.VIDEO),), unread="video_note")),
    "music": (message(audio=a_file()), incoming(files=(File(ref="telegram:F1", kind=FileKind.VOICE),), unread="audio")),
    "an animation, which is a document for old bots": (
        message(animation=a_file(), document=a_file()),
        incoming(files=(File(ref="telegram:F1", kind=FileKind.VIDEO),), unread="animation"),
    ),
    "a thumb as a sticker": (message(sticker=a_file(emoji="👍🏽")), incoming(text="👍")),
    "any other sticker": (message(sticker=a_file(emoji="😹")), incoming(unread="sticker")),
    "a place": (message(location=PLACE), incoming(place=Place(latitude=29.6974, longitude=-9.7316))),
    "a venue": (
        message(location=PLACE, venue={"location": PLACE, "title": "Souk", "address": "Tiznit"}),
        incoming(place=Place(latitude=29.6974, longitude=-9.7316, title="Souk", address="Tiznit")),
    ),
    "a live place that moves": (update(edited_message=a_message(location={**PLACE, "live_period": 900})), None),
    "a contact": (
        message(contact={"phone_number": "+212600000000", "first_name": "Amina", "last_name": "B"}),
        incoming(contact=Contact(name="Amina B", phone="+212600000000")),
    ),
    "a poll": (message(poll={"id": "1", "question": "?"}), incoming(unread="poll")),
    "a kind invented later": (message(hologram={"id": "1"}), incoming(unread="hologram")),
    "a notice of Telegram": (message(pinned_message=UNDER), None),
    "a group that moved": (message(chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005), None),
    "a press": (press(message=UNDER), incoming(at=NOW, message="10", pressed="t1.theme.water.x", callback="9900")),
    "a press under a message too old to show": (
        press(message={"chat": PRIVATE, "message_id": 3, "date": 0}),
        incoming(at=NOW, message="3", pressed="t1.theme.water.x", callback="9900"),
    ),
    "a press without its message": (press(), incoming(at=NOW, message="", pressed="t1.theme.water.x", callback="9900")),
    "a press in a group": (
        press(message={**UNDER, "chat": GROUP}),
        incoming(at=NOW, address="-100200", message="10", pressed="t1.theme.water.x", callback="9900", group=True),
    ),
    "a press on a game": (update(callback_query={"id": "1", "from": AMINA, "chat_instance": "1", "game_short_name": "g"}), None),
    "blocking": (membership("kicked"), incoming(message="", language="", left=True)),
    "unblocking": (membership("member"), incoming(message="", language="", returned=True)),
    "being added to a group": (membership("member", GROUP), None),
    "a text in a group": (message(chat=GROUP, text="/vote"), incoming(address="-100200", text="/vote", group=True)),
    "a command for another bot": (message(chat=GROUP, text="/vote@OtherBot"), None),
    "an anonymous administrator": (message(chat=GROUP, sender_chat=GROUP, text="hello"), None),
    "a channel post": (update(channel_post=a_message(text="news")), None),
    "another bot": (message(**{"from": HIWAR}, text="I am a bot"), None),
    "a text as long as clients let it be": (message(text="ا" * 4000), incoming(text="ا" * 4000, cut=True)),
    "a NUL": (message(text="a\x00b"), incoming(text="ab")),
    "an inline query": (update(inline_query={"id": "1", "from": AMINA, "query": "", "offset": ""}), None),
}


@pytest.mark.parametrize("case", CASES)
def test_an_update_is_read(case: str) -> None:
    raw, expected = CASES[case]
    assert parse(raw, now=NOW, username="HiwarBot") == expected


@pytest.mark.skipif(not COLLECTED, reason="../shared/fixtures is not beside this checkout")
def test_every_collected_payload_is_read_without_a_crash() -> None:
    assert len(COLLECTED) == 108 + 126
    for path in COLLECTED:
        raw = path.read_bytes()
        read = parse(raw)
        assert read is None or read.event == str(json.loads(raw)["update_id"]), path.name
        assert order_of(raw)[0] == json.loads(raw)["update_id"], path.name


HOSTILE = {
    "nothing": b"",
    "half an object": b'{"update_id": 1, "message": {',
    "not an object": b"[1]",
    "null": b"null",
    "no JSON": b"update_id=1",
    "not UTF-8": b'{"update_id": 1, "message": "\xff"}',
    "no id": b'{"message": {}}',
    "a text for an id": b'{"update_id": "1"}',
    "an id beyond 64 bits": b'{"update_id": ' + b"9" * 4000 + b"}",
    "an infinite id": b'{"update_id": 1e999}',
    "deep lists": b'{"update_id": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"update_id": 1, "message": ' + b'{"a":' * 100_000,
    "an object for a text": message(text={"a": 1}),
    "a list for a chat": message(chat=[1]),
    "a place off the globe": message(location={"latitude": 91, "longitude": 0}),
    "a date after the calendar": message(text="a", date=10**17),
    "a date before the calendar": message(text="a", date=-(10**17)),
    "half a surrogate": b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1},"from":{"id":1},"text":"\\ud800"}}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_payload_is_unreadable_or_nothing_and_never_another_error(case: str) -> None:
    secret = "never-in-an-error"
    for raw in (HOSTILE[case], HOSTILE[case].replace(b"message", secret.encode())):
        try:
            read = parse(raw)
        except Unreadable as error:
            assert secret not in str(error)
        else:
            assert read is None or read.text == "\ufffd"
        with contextlib.suppress(Unreadable):
            order_of(raw)


def test_updates_of_one_chat_share_its_key() -> None:
    keys = [order_of(raw) for raw in (message(text="a"), press(message=UNDER), press(), membership("kicked"), message(poll={}))]
    assert keys == [(501, "7001")] * 5
    assert order_of(update(inline_query={}))[1] not in ("", "7001")
