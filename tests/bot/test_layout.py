"""Messages fitted to what a channel can carry: nothing is lost, links and graphemes stay whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.layout import Limits, Unit, fit
from bot.messages import ButtonKind, File, Shown, ShownButton

NARROW = Limits(text=40, caption=20, buttons=3, label=20)


def button(label: str, kind: ButtonKind = ButtonKind.REPLY, url: str = "") -> ShownButton:
    return ShownButton(label, "data", kind, url)


def test_a_short_message_is_one_part_as_it_is() -> None:
    shown = Shown("Hello", (button("Menu"),), "note")

    assert fit(shown, NARROW) == (shown,)


def test_a_long_text_is_parted_between_sentences_with_buttons_on_the_last_part() -> None:
    parts = fit(Shown("One sentence stands here. Another one here. The last.", (button("Menu"),)), NARROW)

    assert [part.text for part in parts] == ["One sentence stands here.", "Another one here. The last."]
    assert not parts[0].buttons
    assert parts[-1].buttons


def test_arabic_sentences_part_at_their_own_signs() -> None:
    parts = fit(Shown("هل يمكن أن أطلب وثيقة من الجماعة؟ نعم، يمكنكم ذلك مجانا."), NARROW)

    assert parts[0].text.endswith("؟")


def test_a_link_is_never_parted() -> None:
    link = "https://www.gouvernement-ouvert.ma/a/long/path"
    parts = fit(Shown(f"Read more at {link}"), Limits(text=50, caption=20, buttons=3, label=20))

    assert any(link in part.text for part in parts)


def test_choices_that_do_not_fit_become_a_numbered_list() -> None:
    shown = Shown("Which?", tuple(button(label) for label in "ABCD"), numbered=True)
    parts = fit(shown, NARROW)

    assert parts[-1].text == "Which?\n\n1. A\n2. B\n3. C\n4. D"
    assert parts[-1].buttons == ()


def test_a_place_button_survives_a_numbered_list() -> None:
    """It has no number to type, so it stays a button where other labels are too long."""
    shown = Shown("Where?", (button("x" * 30), button("Send place", ButtonKind.PLACE)), numbered=True)
    parts = fit(shown, NARROW)

    assert [each.label for part in parts for each in part.buttons] == ["Send place"]


def test_files_come_first_one_by_one() -> None:
    parts = fit(Shown("See both", files=(File("a"), File("b"))), NARROW)

    assert [part.files[0].ref for part in parts[:2]] == ["a", "b"]
    assert parts[2].text == "See both"


TEXTS = st.text(alphabet=st.sampled_from("abc déé ⵣⵉ بتث\n.؟👩‍👩‍👧\u0301 "), max_size=300)


@given(TEXTS, st.sampled_from(list(Unit)), st.text(alphabet="note ", max_size=10))
def test_no_part_is_too_long_and_no_letter_is_lost(text: str, unit: Unit, note: str) -> None:
    limits = Limits(text=60, caption=20, buttons=3, label=20, unit=unit)
    measure = {
        Unit.CODE_POINTS: len,
        Unit.UTF16: lambda each: len(each.encode("utf-16-le")) // 2,
        Unit.BYTES: lambda each: len(each.encode()),
    }[unit]
    parts = fit(Shown(text, note=note), limits)

    assert all(measure(part.text) <= limits.text for part in parts)
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
