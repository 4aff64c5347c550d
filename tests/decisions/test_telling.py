"""Who hears of a decision: each once, in their language, whatever dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from civic.decisions import Details
from civic.proposals import Act, State
from handlers.desk import blocking
from handlers.desk.decisions import decide
from storage import backing, blocks, people, proposals
from storage.engines import open_writer
from storage.outbox import Lane
from storage.schema import outbox
from storage.sealing import Seal
from tests.proposals_at_hand import ALONE, ANSWER, LATER, NOW, POST, SALMA, UNDO, actions, citizen, filed, plain, tell_all, told


def published(db: sa.Connection) -> int:
    number = filed(db).number
    proposals.change(db, proposals.get(db, number), NOW, state=State.PUBLISHED)
    return number


def test_an_official_answer_is_told_to_everyone_once_in_their_language(db: sa.Connection) -> None:
    """Amina wrote it, Tuda showed its claim code, Idir supports and follows it, Lalla follows it on Telegram, Brahim wants no messages."""
    number = published(db)
    people.stop(db, citizen(db, "amina"), NOW)
    people.stop(db, citizen(db, "tuda", "fr"), NOW)
    backing.follow(db, number, citizen(db, "tuda"), NOW, is_own=True)
    backing.support(db, number, citizen(db, "idir", "ar"), NOW)
    backing.follow(db, number, citizen(db, "idir"), NOW)
    backing.follow(db, number, citizen(db, "lalla", "zgh", "telegram"), NOW)
    backing.support(db, number, citizen(db, "brahim"), NOW)
    people.stop(db, citizen(db, "brahim"), NOW)

    decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)
    tell_all(db)
    tell_all(db, LATER + UNDO)

    (amina,), (tuda,), (idir,) = told(db, "amina"), told(db, "tuda"), told(db, "idir")
    assert plain(amina) == (
        "There is an official answer to P-1, A bench at every bus stop: Accepted.\n\nYes, before the summer.\n\n"
        "Who answers: Ministère de la Transition numérique\n\nTo be done by 30 June 2027."
    )
    assert "Il y a une réponse officielle" in tuda and "Oui, avant l'été." in tuda
    assert "صدر رد رسمي" in idir and "نعم، قبل الصيف." in idir
    assert told(db, "brahim") == []
    ((lane, body),) = [(row.lane, row.body) for row in db.execute(sa.select(outbox))]
    assert lane == Lane.BULK
    assert "نعم، قبل الصيف." in body  # instead of Tamazight, and the notice says so
    assert "العربية" in body


def test_followers_are_told_in_slices_and_the_author_only_in_the_first(db: sa.Connection) -> None:
    number = published(db)
    names = [f"follower-{n}" for n in range(7)]
    for name in names:
        backing.follow(db, number, citizen(db, name), NOW)
    decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)

    assert tell_all(db, most=2) > 3
    assert [len(told(db, name)) for name in ("amina", *names)] == [1] * 8


def test_a_rejected_proposal_that_was_public_is_told_to_its_followers_without_the_reason(db: sa.Connection) -> None:
    number = published(db)
    proposals.change(db, proposals.get(db, number), NOW, public_title="A bench", public_text="Elderly people wait.")
    backing.follow(db, number, citizen(db, "idir"), NOW)
    decide(db, ALONE, number, Act.REJECT, Details(reason="personal-data", message="It names your neighbour."), SALMA, NOW)
    tell_all(db)

    assert "It names your neighbour." in told(db, "amina")[0]
    assert [plain(text) for text in told(db, "idir")] == ["P-1, A bench, is no longer published."]


def test_a_question_reaches_the_author_with_a_button_to_answer(db: sa.Connection) -> None:
    number = filed(db).number
    decide(db, ALONE, number, Act.ASK, Details(message="Which town do you mean?"), SALMA, NOW)
    tell_all(db)

    assert "Which town do you mean?" in told(db, "amina")[0]


def test_who_left_is_not_written_to_and_stops_nobody_else(db: sa.Connection) -> None:
    number = published(db)
    people.leave(db, citizen(db, "amina"), NOW)
    backing.follow(db, number, citizen(db, "idir"), NOW)
    decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)
    tell_all(db)

    assert (told(db, "amina"), len(told(db, "idir"))) == ([], 1)


def test_a_block_is_told_keeps_from_filing_until_its_end_and_can_be_lifted(db: sa.Connection) -> None:
    amina = citizen(db, "amina")
    blocking.block(db, POST, amina, NOW + 30 * UNDO, "The same text fifty times.", SALMA, NOW)

    assert blocks.find(db, amina, NOW) is not None
    assert "The same text fifty times." in told(db, "amina")[0]
    blocking.unblock(db, POST, amina, SALMA, NOW)
    assert blocks.find(db, amina, NOW) is None
    assert told(db, "amina")[1] == "You can send proposals again."
    assert [what for _actor, what, _subject, _details in actions(db)] == ["person_blocked", "person_unblocked"]


KILLED = """
import datetime as dt, os, sys
from storage import decisions
from storage.engines import open_writer
from storage.sealing import open_seal
from tests.proposals_at_hand import LATER, POST
from handlers.notices import tell_some
from pathlib import Path
place, count = sys.argv[3], int(sys.argv[4])
real = getattr(decisions, place) if place else None
def dies(*arguments):
    global count
    count -= 1
    if not count:
        os.kill(os.getpid(), 9)
    return real(*arguments)
if place:
    setattr(decisions, place, dies)
engine = open_writer(sys.argv[1], open_seal(Path(sys.argv[2])))
more = True
while more:
    with engine.begin() as db:
        more = tell_some(db, POST, LATER, 3)
"""


@pytest.mark.parametrize("deaths", [[("told", 1), ("told", 2), ("all_told", 1)]])
def test_killed_at_any_moment_everyone_is_told_exactly_once(
    database_url: str, seal: Seal, tmp_path_factory: pytest.TempPathFactory, deaths: list[tuple[str, int]]
) -> None:
    """The program dies (kill -9) in the first slice, in the second one, and at the last, and is started again each time."""
    ring = next(tmp_path_factory.getbasetemp().glob("key*/hiwar.key"))  # of the fixture `seal`, by which the database was made
    names = [f"follower-{n}" for n in range(8)]
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        number = published(db)
        for name in names:
            backing.follow(db, number, citizen(db, name), NOW)
        decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)
    engine.dispose()
    for place, count in [*deaths, ("", 0)]:
        done = subprocess.run(
            [sys.executable, "-c", KILLED, database_url, str(ring), place, str(count)],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            check=False,
        )
        assert done.returncode == (-signal.SIGKILL if place else 0)
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        assert [len(told(db, name)) for name in ("amina", *names)] == [1] * 9
    engine.dispose()
