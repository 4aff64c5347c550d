"""Many proposals decided at once: one reason, one notice an author, one undo, and everything in the log."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from civic.decisions import MOST_AT_ONCE, Details, Standing
from civic.errors import Refusal
from civic.proposals import Act, State
from handlers.desk import bulk
from handlers.desk.decisions import decide
from storage import decisions, proposals
from tests.proposals_at_hand import ALONE, HOUSE, LATER, NOW, SALMA, UNDO, YOUSSEF, actions, filed, plain, tell_all, told

SPAM = Details(reason="spam")


def flood(db: sa.Connection, count: int) -> list[int]:
    """Amina files many, Brahim one."""
    return [filed(db).number for _each in range(count)] + [filed(db, author="brahim").number]


def slices(numbers: list[int]) -> list[list[int]]:
    return [numbers[start : start + bulk.SLICE] for start in range(0, len(numbers), bulk.SLICE)]


def reject_all(db: sa.Connection, numbers: list[int], house: object = ALONE) -> None:
    for part in slices(numbers):
        batch = bulk.decide_some(db, house, part, Act.REJECT, SPAM, SALMA, "b1", NOW)  # type: ignore[arg-type]
        assert batch.done == tuple(part)
    bulk.close(db, ALONE, "b1", SALMA, "decided", len(numbers), NOW)


def states(db: sa.Connection, numbers: list[int]) -> set[State]:
    return {proposals.get(db, number).state for number in numbers}


def test_a_bulk_is_decided_told_once_an_author_and_audited_whole(db: sa.Connection) -> None:
    numbers = flood(db, 60)
    reject_all(db, numbers)

    assert states(db, numbers) == {State.REJECTED}
    tell_all(db, LATER - dt.timedelta(microseconds=1))
    assert told(db, "amina") == []
    tell_all(db)
    tell_all(db, LATER + UNDO)
    (amina,), (brahim,) = told(db, "amina"), told(db, "brahim")
    assert plain(amina).startswith("60 proposals of yours are not published: P-1, P-2,")
    assert "and 50 more." in amina
    assert "is not published" in brahim
    audited = actions(db)
    assert [what for _actor, what, _subject, _details in audited] == ["proposal_rejected"] * 61 + ["bulk_decided"]
    assert {details for _actor, what, _subject, details in audited[:-1]} == {"reason: spam · bulk: b1 · team of one: no second person"}


def test_a_bulk_is_undone_as_a_whole_and_nobody_hears_of_it(db: sa.Connection) -> None:
    numbers = flood(db, 60)
    reject_all(db, numbers)

    bulk.hold(db, "b1", NOW + UNDO / 2)
    after: int | None = 0
    undone: list[int] = []
    while after is not None:
        batch = bulk.undo_some(db, "b1", SALMA, LATER + UNDO, after)  # longer than the window: what was begun in time is finished
        undone, after = [*undone, *batch.done], batch.next

    assert undone == numbers
    assert states(db, numbers) == {State.WAITING}
    tell_all(db, LATER + dt.timedelta(hours=1))
    assert (told(db, "amina"), told(db, "brahim")) == ([], [])
    with pytest.raises(Refusal, match="undone"):
        bulk.hold(db, "b1", NOW)


def test_a_bulk_that_is_told_cannot_be_undone(db: sa.Connection) -> None:
    reject_all(db, flood(db, 2))
    with pytest.raises(Refusal, match="too_late"):
        bulk.hold(db, "b1", LATER)


def test_a_bulk_rejection_needs_a_second_person_who_confirms_or_declines_it_whole(db: sa.Connection) -> None:
    numbers = flood(db, 60)
    reject_all(db, numbers, HOUSE)
    assert states(db, numbers) == {State.WAITING}
    own = bulk.confirm_some(db, HOUSE, "b1", SALMA, NOW)
    assert set(own.refused.values()) == {"same_person"}

    first = bulk.confirm_some(db, HOUSE, "b1", YOUSSEF, NOW)
    declined: list[int] = []
    after: int | None = 0
    while after is not None:
        batch = bulk.decline_some(db, "b1", "These are no spam.", YOUSSEF, NOW, after)
        declined, after = [*declined, *batch.done], batch.next
    bulk.close(db, HOUSE, "b1", YOUSSEF, "confirmed", len(first.done), NOW)
    assert (first.done, declined) == (tuple(numbers[: bulk.SLICE]), numbers[bulk.SLICE :])
    assert states(db, numbers[: bulk.SLICE]) == {State.REJECTED}
    assert states(db, numbers[bulk.SLICE :]) == {State.WAITING}
    tell_all(db)
    assert len(told(db, "amina")) == 1
    assert told(db, "brahim") == []


def test_a_program_that_dies_in_a_bulk_leaves_nobody_untold(db: sa.Connection) -> None:
    """Nobody ends the bulk: people are told after ten minutes."""
    numbers = flood(db, 1)
    bulk.decide_some(db, ALONE, numbers, Act.REJECT, SPAM, SALMA, "b1", NOW)
    tell_all(db, LATER)
    assert told(db, "amina") == []
    tell_all(db, NOW + dt.timedelta(minutes=10))
    assert len(told(db, "amina")) == 1


def test_what_cannot_be_decided_is_left_and_named(db: sa.Connection) -> None:
    numbers = flood(db, 2)
    decide(db, ALONE, numbers[1], Act.PUBLISH, Details(), SALMA, NOW)

    batch = bulk.decide_some(db, ALONE, [*numbers, 99], Act.PUBLISH, Details(), SALMA, "b1", NOW)
    assert (batch.done, batch.refused) == ((numbers[0], numbers[2]), {numbers[1]: "not_now", 99: "unknown"})
    assert [each.standing for each in decisions.of_bulk(db, "b1", Standing.DONE, 9)] == [Standing.DONE] * 2


def test_a_bulk_has_a_size() -> None:
    bulk.check_size([1])
    for wrong, reason in (([], "none_chosen"), (list(range(MOST_AT_ONCE + 1)), "too_many")):
        with pytest.raises(Refusal, match=reason):
            bulk.check_size(wrong)
