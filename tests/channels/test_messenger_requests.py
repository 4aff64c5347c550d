"""What is shown -> bodies of the Send API, each within Meta's limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.layout import fit
from bot.messages import ButtonKind, File, FileKind, Shown, ShownButton
from channels import messenger_requests as requests
from tests.fakes.graph_rules import check_send

LINK = ShownButton("cndp.ma", kind=ButtonKind.LINK, url="https://www.cndp.ma")


def reply(label: str, data: str = "t.q.v.s") -> ShownButton:
    return ShownButton(label, data)


def bodies(shown: Shown) -> list[dict[str, object]]:
    """The messages of all parts, each accepted by the strict server's rules."""
    made = []
    for part in fit(shown, requests.LIMITS):
        message = requests.attachment(part.files[0].kind) if part.files else requests.message(part)
        check_send({"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": message})
        made.append(message)
    return made


def test_choices_are_quick_replies_and_the_note_stands_beneath() -> None:
    (body,) = bodies(Shown("Which?", (reply("A", "a"), reply("B", "b")), "Step 1 of 2", numbered=True))

    assert body == {
        "text": "Which?\n\nStep 1 of 2",
        "quick_replies": [
            {"content_type": "text", "title": "A", "payload": "a"},
            {"content_type": "text", "title": "B", "payload": "b"},
        ],
    }


def test_a_label_too_long_for_a_button_stands_in_the_list_and_its_number_on_the_button() -> None:
    (body,) = bodies(Shown("Which?", (reply("Access to information", "a"), reply("Youth", "b")), numbered=True))

    assert body["text"] == "Which?\n\n1. Access to information\n2. Youth"
    assert [(one["title"], one["payload"]) for one in body["quick_replies"]] == [("1", "a"), ("Youth", "b")]  # type: ignore[attr-defined]


def test_more_than_thirteen_choices_are_numbered_and_none_is_lost() -> None:
    (body,) = bodies(Shown("Which?", tuple(reply(f"Choice {number}") for number in range(1, 21)), numbered=True))

    assert all(f"{number}. Choice {number}" in str(body["text"]) for number in range(1, 21))
    assert len(body["quick_replies"]) == 13  # type: ignore[arg-type]


def test_few_buttons_with_an_address_stand_on_a_template_and_stay() -> None:
    (body,) = bodies(Shown("Answer", (LINK, reply("Useful", "y"), reply("Not useful", "n"))))
    payload = body["attachment"]["payload"]  # type: ignore[index]

    assert payload["template_type"] == "button"
    assert [button["type"] for button in payload["buttons"]] == ["web_url", "postback", "postback"]


def test_an_address_beside_many_choices_is_on_the_template_and_the_choices_are_quick_replies() -> None:
    (body,) = bodies(Shown("Answer", (LINK, *(reply(f"C{number}") for number in range(5)))))

    assert len(body["attachment"]["payload"]["buttons"]) == 1  # type: ignore[index]
    assert len(body["quick_replies"]) == 5  # type: ignore[arg-type]


def test_an_address_under_a_long_text_stands_in_the_text() -> None:
    made = bodies(Shown("word " * 200, (LINK, reply("Useful"))))

    assert "https://www.cndp.ma" in str(made[-1]["text"])
    assert len(made[-1]["quick_replies"]) == 1  # type: ignore[arg-type]


def test_a_place_is_written_and_a_phone_number_is_offered() -> None:
    (where,) = bodies(Shown("Where?", (ShownButton("Send where I am", kind=ButtonKind.PLACE), reply("Skip"))))
    (phone,) = bodies(Shown("Phone?", (ShownButton("Send my phone number", kind=ButtonKind.CONTACT), reply("Skip"))))

    assert [one["title"] for one in where["quick_replies"]] == ["Skip"]  # type: ignore[attr-defined]
    assert phone["quick_replies"][0] == {"content_type": "user_phone_number"}  # type: ignore[index]


def test_a_file_carries_no_words_and_the_words_follow() -> None:
    made = bodies(Shown("Here it is.", files=(File("f1", FileKind.PICTURE), File("f2", FileKind.DOCUMENT))))

    assert [one.get("text") or one["attachment"]["type"] for one in made] == ["image", "file", "Here it is."]  # type: ignore[index]


def test_files_alone_are_followed_by_nothing() -> None:
    assert len(bodies(Shown("", files=(File("f1", FileKind.PICTURE),)))) == 1


@pytest.mark.parametrize("length", [1, 640, 641, 1999, 2000, 2001, 9000])
def test_any_length_is_taken_whole(length: int) -> None:
    text = ("كلمة " * length)[:length].strip()
    made = bodies(Shown(text, (reply("نعم"),), "ملاحظة"))

    assert "".join(str(one["text"]) for one in made).count("كلمة") == text.count("كلمة")


_labels = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=40)
_buttons = st.lists(
    st.one_of(_labels.map(reply), _labels.map(lambda label: ShownButton(label, kind=ButtonKind.LINK, url="https://a.ma/x"))), max_size=20
)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=3000), _buttons, st.booleans())
def test_whatever_is_said_is_within_metas_limits_and_every_button_can_be_used(
    text: str, buttons: list[ShownButton], numbered: bool
) -> None:
    made = bodies(Shown(text, tuple(buttons), numbered=numbered))
    said = "\n".join(str(one.get("text") or one["attachment"]["payload"]["text"]) for one in made)  # type: ignore[index]
    pressed = str(made[-1])

    for button in buttons:
        assert button.label in said or button.label in str(made[-1].values()) or repr(button.label)[1:-1] in pressed
