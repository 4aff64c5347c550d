"""What each thing shown becomes on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.messages import ButtonKind, File, FileKind, Shown, ShownButton
from channels import telegram_requests as requests
from channels.contract import Sent
from channels.telegram import Telegram
from tests.fakes.telegram_api import TOKEN
from tests.fakes.telegram_html import plain
from tests.fakes.telegram_pair import a_pair

YES, NO = ShownButton("Yes", "t.q.yes"), ShownButton("No", "t.q.no")
LONG = ShownButton("I would rather not say it here", "t.q.no")
LINK = ShownButton("Law 31.13", kind=ButtonKind.LINK, url="https://www.example.ma/loi?a=1&b=2")
HERE = ShownButton("Send where I am", kind=ButtonKind.PLACE)
MY_CARD = ShownButton("Send my number", kind=ButtonKind.CONTACT)


def inline(*rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


YES_KEY, NO_KEY = {"text": "Yes", "callback_data": "t.q.yes"}, {"text": "No", "callback_data": "t.q.no"}
LONG_KEY = {"text": LONG.label, "callback_data": "t.q.no"}
LINK_KEY = {"text": "Law 31.13", "url": "https://www.example.ma/loi?a=1&b=2"}

KEYBOARDS: dict[str, tuple[tuple[ShownButton, ...], dict[str, Any]]] = {
    "two short ones side by side": ((YES, NO), inline([YES_KEY, NO_KEY])),
    "three short ones": ((YES, NO, YES), inline([YES_KEY, NO_KEY], [YES_KEY])),
    "a long one alone": ((YES, LONG, NO), inline([YES_KEY], [LONG_KEY], [NO_KEY])),
    "a link": ((LONG, LINK), inline([LONG_KEY], [LINK_KEY])),
    "the person's place": (
        (HERE, ShownButton("Skip", "t.q.skip"), ShownButton("Cancel", "t.q.cancel")),
        {
            "keyboard": [[{"text": "Send where I am", "request_location": True}], [{"text": "Skip"}, {"text": "Cancel"}]],
            "one_time_keyboard": True,
            "resize_keyboard": True,
        },
    ),
    "the person's card": (
        (MY_CARD,),
        {"keyboard": [[{"text": "Send my number", "request_contact": True}]], "one_time_keyboard": True, "resize_keyboard": True},
    ),
}


@pytest.mark.parametrize("case", KEYBOARDS)
def test_buttons_become_a_keyboard(case: str) -> None:
    buttons, expected = KEYBOARDS[case]
    assert requests.keyboard(buttons) == expected


def test_a_text_travels_as_html_that_nobody_can_break() -> None:
    part = Shown("Is <b>5 < 6</b> & true?", note="Source: law <31.13>")
    assert requests.message("77", part) == {
        "chat_id": 77,
        "text": "Is &lt;b&gt;5 &lt; 6&lt;/b&gt; &amp; true?\n\n<i>Source: law &lt;31.13&gt;</i>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    assert plain(requests.html_of(part)) == "Is <b>5 < 6</b> & true?\n\nSource: law <31.13>"


def test_links_stand_in_the_text_where_the_keyboard_asks_the_device() -> None:
    html = requests.html_of(Shown("Where is it?", buttons=(HERE, LINK), note="3/5"))
    assert html == 'Where is it?\n<a href="https://www.example.ma/loi?a=1&amp;b=2">Law 31.13</a>\n\n<i>3/5</i>'


def test_a_channel_is_named_by_its_name_and_a_chat_by_its_number() -> None:
    assert requests.message("@hiwar", Shown("a"))["chat_id"] == "@hiwar"
    assert requests.message("-100200", Shown("a"))["chat_id"] == -100200


def test_an_edit_of_a_message_with_a_file_changes_its_caption() -> None:
    file = File("telegram:F", FileKind.PICTURE)
    assert requests.edited("7", "12", Shown("a", files=(file,))) == (
        "editMessageCaption",
        {"chat_id": 7, "message_id": 12, "parse_mode": "HTML", "caption": "a"},
    )
    method, parameters = requests.edited("7", "12", Shown("a", buttons=(HERE,)))
    assert method == "editMessageText"
    assert "reply_markup" not in parameters  # a reply keyboard cannot be edited in


def test_one_reply_travels_in_the_answer_to_the_webhook_and_a_file_does_not() -> None:
    channel = Telegram(TOKEN)
    body = channel.instant("77", Shown("Yes?", buttons=(YES,)))
    assert body is not None
    assert json.loads(body) == {"method": "sendMessage", **requests.message("77", Shown("Yes?", buttons=(YES,)))}
    assert channel.instant("77", Shown("", files=(File("telegram:F"),))) is None


async def test_the_strict_server_takes_every_kind_of_message_and_shows_it_as_meant() -> None:
    async with a_pair() as (fake, channel):
        picture = File("telegram:" + fake.methods.add_file(b"PNG"), FileKind.PICTURE)
        parts = [
            Shown("سلام", buttons=(YES, NO, LINK), note="المصدر"),
            Shown("Where?", buttons=(HERE, YES, LINK)),
            Shown("Who?", buttons=(MY_CARD,)),
            Shown("A map", files=(picture,), buttons=(YES,)),
            *(Shown("", files=(File(picture.ref, kind),)) for kind in FileKind),
        ]
        for part in parts:
            assert isinstance(await channel.send("77", part), Sent)
        assert fake.refused == []
        assert fake.sent(77)[0].text == "سلام\n\nالمصدر"
        assert fake.sent(77)[0].buttons == [("Yes", "t.q.yes"), ("No", "t.q.no"), ("Law 31.13", LINK.url)]
        assert [one.method for one in fake.sent(77)[4:]] == ["sendPhoto", "sendDocument", "sendVoice", "sendVideo"]
