"""What speaks of abuse, and how many proposals one person may file."""

from __future__ import annotations

import datetime as dt

import pytest

from civic import abuse
from civic.errors import Refusal
from civic.proposals import Proposal, State

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
TEXT = "Elderly people wait standing for half an hour at the stop."


def filed(minutes: int, text: str = TEXT) -> Proposal:
    """A proposal filed so many minutes ago."""
    at = NOW - dt.timedelta(minutes=minutes)
    return Proposal(
        number=minutes,
        author=1,
        kind="proposal",
        theme="local",
        about="",
        title="A bench",
        text=text,
        language="en",
        region="",
        spot=None,
        name="",
        state=State.WAITING,
        version=1,
        filed_at=at,
        changed_at=at,
        promised=None,
    )


@pytest.mark.parametrize(
    ("title", "text", "recent", "seen"),
    [
        ("A bench", TEXT, (), ()),
        ("A bench", TEXT, (filed(600),), ("repeated",)),
        ("A bench", "ELDERLY people wait... standing for half an hour, at the stop!", (filed(600),), ("repeated",)),
        ("Buy", "See https://a.example and www.b.example and c.shop for prices", (), ("links",)),
        ("A source", "As https://www.mmsp.gov.ma says, benches are cheap.", (), ()),
        ("A bench", "Another text altogether, on lamps.", (filed(10), filed(20), filed(30)), ("many",)),
        ("A bench", "Another text altogether, on lamps.", (filed(10), filed(20), filed(90)), ()),
        ("LISTEN", "THIS IS THE ONLY THING THAT MATTERS IN THE WHOLE COUNTRY", (), ("loud",)),
        ("ONCF", "Les trains devraient afficher leurs retards.", (), ()),
        ("مقعد", "نقترح وضع مقعد في كل محطة حافلات لكبار السن", (), ()),
    ],
)
def test_signs_are_seen_and_nothing_else(title: str, text: str, recent: tuple[Proposal, ...], seen: tuple[str, ...]) -> None:
    assert abuse.signs(title, text, recent, NOW) == seen


def test_ten_a_day_may_be_filed_and_the_next_when_the_first_is_a_day_old() -> None:
    ten = [filed(60 * hour) for hour in range(1, 11)]
    abuse.check_rate(ten[1:], NOW)

    with pytest.raises(Refusal) as refused:
        abuse.check_rate(ten, NOW)
    assert refused.value.reason == "too_many"
    assert refused.value.values["again"] == ten[-1].filed_at + abuse.DAY
    abuse.check_rate(ten, NOW + dt.timedelta(hours=14))
