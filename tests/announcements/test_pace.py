"""The pace: never over the limit in any second, nearly all of it used, slower by itself when refused; on a clock of its own."""

from __future__ import annotations

import random
from collections import deque

import pytest

from scheduler.pace import CATCH_UP, MARGIN, Pace, Rates


def worst_window(times: list[float], width: float = 1.0) -> int:
    """The most messages in any window of this many seconds."""
    window: deque[float] = deque()
    worst = 0
    for time in times:
        window.append(time)
        while window[0] <= time - width:
            window.popleft()
        worst = max(worst, len(window))
    return worst


def run(pace: Pace, seconds: float, *, stall: float = 0.0, replies: float = 0.0, seed: int = 1) -> tuple[list[float], list[float]]:
    """Bulk at full rate, our own program pausing at times, with replies in between: when each left, and how long replies waited."""
    chance = random.Random(seed)
    now, times, waited, number = 100.0, [], [], 0
    next_reply = now + chance.expovariate(replies) if replies else float("inf")
    end = now + seconds
    while now < end:
        if now >= next_reply:
            wait = pace.reply_wait(now)
            waited.append(wait)
            now += wait
            pace.took("reply", now)
            times.append(now)
            next_reply = now + chance.expovariate(replies)
            continue
        wait = pace.bulk_wait(now)
        if wait <= 1e-9:
            number += 1
            pace.took(f"c{number}", now)
            times.append(now)
            now += chance.choice((0.0, 0.0, stall))
        else:
            now = min(now + wait, next_reply)
    return times, waited


@pytest.mark.parametrize("rate", [30, 1000])
def test_no_second_has_more_than_the_limit_and_nearly_all_of_it_is_used(rate: int) -> None:
    times, _waited = run(Pace(Rates(overall=rate)), 20)

    assert worst_window(times) <= rate
    assert len(times) / 20 >= 0.985 * rate


@pytest.mark.parametrize(("rate", "stall"), [(30, 0.03), (1000, 0.001)])
def test_pauses_of_our_own_are_made_good_inside_the_limit(rate: int, stall: float) -> None:
    times, _waited = run(Pace(Rates(overall=rate)), 30, stall=stall)

    assert worst_window(times) <= rate
    assert len(times) / 30 >= 0.97 * rate


@pytest.mark.parametrize(("rate", "replies"), [(30, 2.0), (1000, 50.0)])
def test_replies_count_and_wait_for_the_next_slot(rate: int, replies: float) -> None:
    times, waited = run(Pace(Rates(overall=rate)), 60, replies=replies)

    assert worst_window(times) <= rate
    assert len(waited) > 50
    assert sorted(waited)[int(0.9 * len(waited))] == 0  # a slot is left for whoever is answered next
    assert sorted(waited)[int(0.95 * len(waited))] <= 2 / rate
    assert max(waited) <= CATCH_UP + 3 / rate  # behind what made up for a pause of our own


def test_a_chat_gets_one_a_second_and_a_group_twenty_a_minute() -> None:
    pace = Pace(Rates(overall=30))
    pace.took("7", 100.0)
    pace.took("-7", 100.0)

    assert pace.chat_wait("7", 100.5) == pytest.approx(1 / MARGIN - 0.5)
    assert pace.chat_wait("7", 101.1) == 0
    assert pace.chat_wait("-7", 101.1) > 1.5
    assert pace.chat_wait("8", 100.0) == 0


def test_what_is_remembered_of_chats_stays_small() -> None:
    pace = Pace(Rates(overall=1000))
    for number in range(100_000):
        pace.took(str(number), 100 + number / 1000)

    assert len(pace._chats) <= 4000


def test_a_refusal_slows_down_by_itself_and_recovers_slowly() -> None:
    pace = Pace(Rates(overall=100))
    before = pace.rate(100.0)
    pace.refused(3.0, 100.0)
    pace.refused(3.0, 100.1)  # sent together, refused together: one step

    assert pace.bulk_wait(100.0) == pytest.approx(3.1, abs=0.2)
    assert pace.rate(103.2) == pytest.approx(before * 0.97, rel=0.01)  # alone: the way took longer once
    pace.refused(3.0, 104.0)  # again: the limit is lower than we were told
    assert pace.rate(107.1) == pytest.approx(before * 0.97 * 0.9, rel=0.01)
    assert pace.rate(107.1 + 300) == pytest.approx(before * 0.923, rel=0.01)
    assert pace.rate(107.1 + 3600) == before


def test_after_a_rest_the_first_second_waits_for_connections_being_opened() -> None:
    """The first messages leave some hundredths of a second later than they were let go, and so nearer to the ones that follow them."""
    pace, times, now = Pace(Rates(overall=1000)), [], 100.0
    while now < 104:
        now += pace.bulk_wait(now)
        slot = pace.took(f"c{now}", now)
        slot.left = now + 0.04 if len(times) < 100 else now
        times.append(slot.left)

    assert worst_window(sorted(times)) <= 1000
    assert len(times) / 4 >= 0.97 * 1000


@pytest.mark.parametrize("is_told", [True, False])
def test_what_the_machine_held_up_does_not_come_too_close_to_what_follows(is_told: bool) -> None:
    """Now and then thirty milliseconds' worth is let go and leaves in one burst; a pace that is told when it left makes room for that."""
    pace, times, now = Pace(Rates(overall=1000)), [], 100.0
    while now < 108:
        now += pace.bulk_wait(now)
        slot = pace.took(f"c{now}", now)
        held_up = now % 0.7 < 0.03
        left = now - now % 0.7 + 0.03 if held_up else now
        times.append(left)
        if is_told:
            slot.left = left

    assert (worst_window(sorted(times)) <= 1000) is is_told
    assert len(times) / 8 >= 0.95 * 1000


def test_a_way_that_is_always_as_long_costs_nothing() -> None:
    pace, times, now = Pace(Rates(overall=30)), [], 100.0
    while now < 160:
        now += pace.bulk_wait(now)
        slot = pace.took(f"c{now}", now)
        slot.left = now + 0.004
        times.append(slot.left)

    assert worst_window(times) <= 30
    assert len(times) / 60 >= 0.985 * 30
