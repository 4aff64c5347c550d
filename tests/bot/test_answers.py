"""How replies become values, in four languages and two alphabets of digits."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.answers import Card, Number, Refused, Words, clean
from bot.calendar import read_day
from bot.conversation import Reply

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2026", dt.date(2026, 12, 31)),
        ("31-12-26", dt.date(2026, 12, 31)),
        ("2027-01-05", dt.date(2027, 1, 5)),
        ("٠٥/٠١/٢٠٢٧", dt.date(2027, 1, 5)),
        ("5 janvier 2027", dt.date(2027, 1, 5)),
        ("1er mars", dt.date(2027, 3, 1)),
        ("5 دجنبر", dt.date(2026, 12, 5)),
        ("12 غشت 2027", dt.date(2027, 8, 12)),
        ("12 أغسطس 2027", dt.date(2027, 8, 12)),
        ("the 5th of December", dt.date(2026, 12, 5)),
        ("5 ⴷⵓⵊⴰⵏⴱⵉⵔ 2026", dt.date(2026, 12, 5)),
        ("demain", dt.date(2026, 11, 24)),
        ("غدا", dt.date(2026, 11, 24)),
        ("ghedda", dt.date(2026, 11, 24)),
        ("today", TODAY),
        ("31/02/2027", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: dt.date | None) -> None:
    assert read_day(text, TODAY) == day


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("١٢", 12), (" 1 200 ", 1200), ("1.200", 1200)])
def test_a_number_is_read_in_either_digits(text: str, number: int) -> None:
    assert Number(text="", least=1, most=5000).read(Reply(text=text), TODAY) == number


@pytest.mark.parametrize(
    ("text", "phone"), [("06 12 34 56 78", "0612345678"), ("+212 612-345678", "+212612345678"), ("٠٦١٢٣٤٥٦٧٨", "0612345678")]
)
def test_a_phone_number_is_read_in_digits(text: str, phone: str) -> None:
    assert Card(text="").read(Reply(text=text), TODAY).phone == phone


def test_words_lose_what_turns_or_hides_text() -> None:
    """A right-to-left override would show a moderator other words than were written."""
    assert clean("\u202eabc\u2066 d\u0000ef\u200f ") == "abc def"


def test_a_text_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(Refused) as refused:
        Words(text="", longest=10).read(Reply(text="x" * 11), TODAY)

    assert refused.value.phrase.values == {"length": 11, "limit": 10}
