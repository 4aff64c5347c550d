"""Subscriptions: nothing but what a person does on purpose changes them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.buttons import Signer
from bot.messages import Incoming
from civic.subscriptions import Habits, Standing, digest_moment, next_hours
from service.wiring import open_time_zone
from storage import people, subscriptions
from tests.bot.test_any_conversation import STEPS, Conversing, _step, new_conversation
from tests.stage import MORNING

ZONE = open_time_zone()
_PURPOSE = ("subscribe", "stop", "quiet_hours")
EVENTS = st.one_of(
    STEPS,
    st.tuples(st.just("leaves"), st.none()),
    st.tuples(st.just("returns"), st.none()),
    st.tuples(st.just("language"), st.sampled_from(["ar", "fr", "zgh", "en"])),
    st.tuples(st.just("moves"), st.none()),
    st.tuples(st.just("wants"), st.sampled_from(["meetings", "trainings", "region-oriental", "off-meetings", "again", "often-daily"])),
    st.tuples(st.just("stops"), st.sampled_from(["stop", "/stop", "حبس", "désabonner", "sbedd"])),
)


def _standing(conversing: Conversing) -> Standing:
    with conversing.engine.begin() as db:
        person = people.find_by_address(db, "console", "idir")
        return subscriptions.standing(db, person.id) if person else Standing()


def _is_on_purpose(incoming: Incoming) -> bool:
    pressed = Signer(b"s" * 32).open("console:idir", incoming.pressed) if incoming.pressed else None
    if pressed is not None:
        return pressed.question in _PURPOSE
    return incoming.text in ("stop",)


def _happens(conversing: Conversing, what: str, which: object) -> tuple[Incoming | None, bool]:
    """The message an event makes, and whether it was meant to change a subscription."""
    if what in ("leaves", "returns"):
        number = next(conversing.numbers)
        kind = {"left": what == "leaves", "returned": what == "returns"}
        return Incoming(channel="console", event=f"e{number}", address="idir", at=conversing.now, **kind), False
    if what == "language":
        return conversing.incoming(text=f"/language {which}"), False
    if what == "moves":
        with conversing.engine.begin() as db:
            person = people.find_by_address(db, "console", "idir")
            if person is not None:
                people.set_language(db, person.id, "fr", chosen=False)
        return None, False
    if what == "wants":
        return conversing.incoming(text=f"/subscribe {which}"), True
    if what == "stops":
        return conversing.incoming(text=str(which)), True
    incoming = _step(conversing, what, which)
    # A number presses the button it stands before, whatever that is.
    is_number = incoming is not None and incoming.text.strip().isdecimal()
    return incoming, incoming is not None and (_is_on_purpose(incoming) or is_number)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, min_size=4, max_size=30))
def test_nothing_but_an_explicit_act_changes_a_subscription(events: list[tuple[str, object]]) -> None:
    """Talks, languages, blocking, coming back, repeats: the topics stay. Leaving stops them, and coming back does not start them."""
    conversing = new_conversation()
    conversing.hear(conversing.incoming(text="/subscribe calls"))
    for what, which in events:
        before = _standing(conversing)
        incoming, on_purpose = _happens(conversing, what, which)
        if incoming is None:
            continue
        conversing.hear(incoming)
        after = _standing(conversing)
        if what in ("leaves", "stops") and not (what == "stops" and conversing.state()[0].talks):
            assert after.is_stopped
        if not on_purpose and what != "repeats":
            assert (after.topics, after.paused, after.habits) == (before.topics, before.paused, before.habits)
            assert after.is_stopped == (before.is_stopped or what == "leaves")
        if what == "repeats":
            assert after == before
    conversing.engine.dispose()


def test_subscribing_to_one_thing_after_a_stop_starts_nothing_else() -> None:
    conversing = new_conversation()
    for text in ("/subscribe calls", "/subscribe meetings", "stop", "/subscribe trainings"):
        conversing.hear(conversing.incoming(text=text))

    assert _standing(conversing) == Standing(("trainings",), ("calls", "meetings"), Habits(), False)
    conversing.hear(conversing.incoming(text="/subscribe again"))
    assert set(_standing(conversing).topics) == {"calls", "meetings", "trainings"}


def test_whoever_blocked_the_bot_and_comes_back_gets_nothing_until_they_say_so() -> None:
    conversing = new_conversation()
    conversing.hear(conversing.incoming(text="/subscribe calls"))
    for kind in ({"left": True}, {"returned": True}):
        conversing.hear(Incoming(channel="console", event=f"x{kind}"[:20], address="idir", at=conversing.now, **kind))
    conversing.hear(conversing.incoming(text="salam"))
    assert _standing(conversing).is_stopped
    conversing.hear(conversing.incoming(text="/language fr"))
    shown = conversing.hear(conversing.incoming(text="/start"))
    again = next(button for message in shown for button in message.buttons if "go.subscribe.again" in button.data)
    conversing.hear(conversing.incoming(pressed=again.data))
    assert not _standing(conversing).is_stopped


@pytest.mark.parametrize(
    ("quiet", "hour", "expected"),
    [((21, 8), 22, True), ((21, 8), 7, True), ((21, 8), 8, False), ((9, 12), 9, True), ((9, 12), 12, False), ((5, 5), 5, False)],
)
def test_quiet_hours_may_pass_midnight(quiet: tuple[int, int], hour: int, expected: bool) -> None:
    assert Habits("once", *quiet).is_quiet(hour) is expected


def test_a_digest_comes_at_nine_the_weekly_one_on_monday() -> None:
    monday = MORNING.replace(hour=9, minute=1)

    assert digest_moment("once", monday, ZONE) == monday
    assert digest_moment("daily", monday, ZONE) == dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
    assert digest_moment("weekly", monday, ZONE) == dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
    assert next_hours(monday, ZONE)[10] == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
