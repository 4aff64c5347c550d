"""Official answers and blocks in the database."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage import answers, blocks, people
from storage.answers import Answer
from storage.blocks import Block
from tests.proposals_at_hand import NOW, citizen, filed


def test_an_answer_is_read_in_its_language_or_in_the_one_named_instead(db: sa.Connection) -> None:
    number = filed(db).number
    answer = Answer(outcome="accepted", who="MTNRA", words={"ar": "نعم", "fr": "Oui"}, instead={"zgh": "fr"}, at=NOW)
    answers.put(db, number, answer)

    assert answers.find(db, number) == answer
    assert [answer.language_for(language) for language in ("ar", "fr", "zgh", "en")] == ["ar", "fr", "fr", "ar"]
    later = Answer(outcome="under-study", who="MTNRA", words={"ar": "ربما"}, by_when=dt.date(2027, 1, 4), at=NOW)
    answers.put(db, number, later)
    assert answers.find(db, number) == later
    answers.drop(db, number)
    assert answers.find(db, number) is None


def test_a_block_ends_by_itself_by_hand_and_with_the_person(db: sa.Connection) -> None:
    amina, idir = citizen(db, "amina"), citizen(db, "idir")
    until = NOW + dt.timedelta(days=30)
    for person in (amina, idir):
        blocks.put(db, Block(person, until, "staff:1", "spam", NOW))

    assert blocks.find(db, amina, NOW) == Block(amina, until, "staff:1", "spam", NOW)
    assert blocks.find(db, amina, until) is None
    assert [block.person_id for block in blocks.standing(db, NOW, 1)] == [amina]
    assert [block.person_id for block in blocks.standing(db, NOW, 9, after=amina)] == [idir]
    assert blocks.lift(db, amina)
    assert not blocks.lift(db, amina)
    people.forget(db, idir, NOW)
    assert blocks.standing(db, NOW, 9) == ()
