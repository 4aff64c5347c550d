"""The desk's figures: right numbers, one bar each, and nobody to be recognised in a small one."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from civic.decisions import Details
from civic.proposals import Act
from handlers.desk.decisions import decide, undo
from storage import figures, proposals, questions
from tests.proposals_at_hand import ALONE, NOW, SALMA, citizen, filed
from web.desk.figures import FEWEST, plot, plots

YEAR = dt.timedelta(days=365)


def test_what_happened_is_counted(db: sa.Connection) -> None:
    """Six come; one is published within a day, one rejected after five, one publication is undone, one promise is missed."""
    numbers = [filed(db, author=f"citizen-{n}").number for n in range(6)]
    decide(db, ALONE, numbers[0], Act.PUBLISH, Details(), SALMA, NOW)
    decide(db, ALONE, numbers[1], Act.REJECT, Details(reason="spam"), SALMA, NOW + dt.timedelta(days=5))
    undo(db, decide(db, ALONE, numbers[2], Act.PUBLISH, Details(), SALMA, NOW).id, SALMA, NOW)
    proposals.change(db, proposals.get(db, numbers[3]), NOW, promised=NOW.date() - dt.timedelta(days=1))
    questions.ask(db, citizen(db, "citizen-0"), "are trainings free", "en", NOW)

    counted = figures.count(db, NOW - YEAR, NOW.date())
    assert counted.filed == {"2026-11": 6}
    assert counted.decided_within == {1: 1, 3: 0, 7: 1, 14: 0, 28: 0, -1: 0}
    assert counted.promises == {"kept": 1, "missed": 1, "running": 4}
    assert counted.states == {"waiting": 4, "published": 1, "rejected": 1}
    assert (counted.themes, counted.languages) == ({"local": 6}, {"en": 6})
    assert counted.found == {"useful": 0, "not_useful": 0, "unanswered": 1, "answered_later": 0}
    assert figures.count(db, NOW, NOW.date()).filed == {}
    assert len(plots(counted)) == 9


def test_small_numbers_are_hidden_and_their_bars_are_alike() -> None:
    bars = plot("Which?", "People", [("a", 100), ("b", FEWEST), ("c", 4), ("d", 1), ("e", 0)]).bars  # type: ignore[arg-type]

    assert [bar.count for bar in bars] == [100, FEWEST, None, None, 0]
    assert bars[0].width > bars[1].width > bars[2].width == bars[3].width > bars[4].width == 0
    assert plot("Which?", "People", []).is_empty  # type: ignore[arg-type]
