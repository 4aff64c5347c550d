"""Carrying everything of a person to another and back: whatever tables there are, nothing is lost and nothing stands twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from bot.conversation import Conversation, TalkState
from civic.moving import LASTS
from storage import belongings, conversations, lines, moving, people, questions
from storage.engines import open_writer
from storage.schema import feedback, metadata, moving_codes
from storage.schema import people as people_table
from storage.sealing import Seal

AT = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DIGEST = "d" * 48

Write = Callable[[Callable[[sa.Connection], object]], object]


@pytest.fixture
def db(database_url: str, seal: Seal) -> Iterator[sa.Connection]:
    engine = open_writer(database_url, seal)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def amina(db: sa.Connection) -> int:
    """Amina in the web chat, with something of every kind."""
    person = people.meet(db, "webchat", "guest", AT).id
    questions.ask(db, person, "Where are the minutes?", "en", AT)
    db.execute(feedback.insert().values(person_id=person, entry="privacy-delete", useful=True, at=AT))
    db.execute(feedback.insert().values(person_id=person, entry="only-there", useful=False, at=AT))
    lines.keep_file(db, "f1", person, "a.jpg", "image/jpeg", b"\x00picture", AT)
    lines.add(db, person, "you", lines.Said(lines.Shown("hello")), AT)
    conversations.keep_draft(db, person, TalkState("t1", "form", AT, answers={"seats": 3}), AT)
    open_talk = TalkState("t2", "idea", AT, answers={"theme": "youth"}, pending="title", sources={"m1": "theme"})
    conversations.save(db, person, Conversation(talks=[open_talk], offered=["x"]), 0, AT)
    return person


@pytest.fixture
def there(db: sa.Connection) -> int:
    """The same Amina on Messenger, who has said there already that an answer was useful."""
    person = people.meet(db, "messenger", "7001", AT).id
    db.execute(feedback.insert().values(person_id=person, entry="privacy-delete", useful=False, at=AT))
    conversations.save(db, person, Conversation(), 0, AT)
    return person


def everything(db: sa.Connection) -> dict[str, set[tuple[object, ...]]]:
    """All rows of all tables that belong to people, but for moving itself, the audit log and the conversations' versions."""
    kept = {}
    for table in metadata.sorted_tables:
        if any(key.column is people_table.c.id for key in table.foreign_keys) and table.name not in ("moves", "conversations"):
            kept[table.name] = {tuple(row) for row in db.execute(sa.select(table))}
    return kept


def test_every_table_that_belongs_to_people_is_carried_or_stays_on_purpose() -> None:
    """A table added later is carried by itself; one that must stay is named."""
    tables = {table.name for table in metadata.sorted_tables if any(key.column is people_table.c.id for key in table.foreign_keys)}
    carried = {table.name for table, _column in belongings.owned()}

    assert {"drafts", "feedback", "files", "questions"} <= carried
    assert tables - carried == belongings.STAYS


def test_all_of_a_person_goes_along_and_what_was_there_twice_stands_once(db: sa.Connection, amina: int, there: int) -> None:
    moving.issue(db, amina, DIGEST, "carry", AT)
    _move, talks = moving.make(db, DIGEST, amina, there, "carry", AT)
    votes = {(row.person_id, row.entry): row.useful for row in db.execute(sa.select(feedback))}

    assert [(talk.feature, talk.answers, talk.sources) for talk in talks] == [("idea", {"theme": "youth"}, {})]
    assert votes == {(there, "privacy-delete"): False, (there, "only-there"): False}
    assert lines.file_of(db, there, "f1") is not None
    assert [draft.feature for draft in conversations.drafts_of(db, there)] == ["form"]
    assert [question.person_id for question in questions.open_questions(db)] == [there]
    assert len(lines.after(db, amina, 0)) == 1  # what was said in a channel stays there
    assert moving.find(db, DIGEST, AT) is None


def test_undone_it_is_as_it_was(db: sa.Connection, amina: int, there: int) -> None:
    before = everything(db)
    moving.issue(db, amina, DIGEST, "carry", AT)
    move, _talks = moving.make(db, DIGEST, amina, there, "carry", AT)
    assert everything(db) != before
    moving.undo(db, move, there, AT)
    audit = [row.action for row in db.execute(sa.text("select action from audit order by id"))]

    assert everything(db) == before
    assert audit == ["conversation_carried", "conversation_brought_back"]
    assert moving.move_of(db, there) is None


def test_what_was_added_after_the_move_stays_when_it_is_undone(db: sa.Connection, amina: int, there: int) -> None:
    moving.issue(db, amina, DIGEST, "carry", AT)
    move, _talks = moving.make(db, DIGEST, amina, there, "carry", AT)
    new = questions.ask(db, there, "Something new", "en", AT)
    moving.undo(db, move, there, AT)

    assert {question.number: question.person_id for question in questions.open_questions(db)} == {1: amina, new: there}


def test_a_draft_of_both_stays_with_each(db: sa.Connection, amina: int, there: int) -> None:
    conversations.keep_draft(db, there, TalkState("t9", "form", AT, answers={"seats": 9}), AT)
    moving.issue(db, amina, DIGEST, "carry", AT)
    moving.make(db, DIGEST, amina, there, "carry", AT)

    assert conversations.take_draft(db, amina, "form") is not None
    found = conversations.take_draft(db, there, "form")
    assert found is not None
    assert found[0].answers == {"seats": 9}


def test_joined_channels_share_everything_and_the_one_used_last_has_it(db: sa.Connection, amina: int, there: int) -> None:
    moving.issue(db, amina, DIGEST, "join", AT)
    move, talks = moving.make(db, DIGEST, amina, there, "join", AT)
    assert [talk.feature for talk in talks] == ["idea"]
    assert moving.gather(db, there, AT) is False  # it is here
    assert moving.gather(db, amina, AT) is True
    assert [question.person_id for question in questions.open_questions(db)] == [amina]
    assert moving.gather(db, amina, AT) is False
    assert moving.gather(db, there, AT) is True
    new = questions.ask(db, there, "Something new", "en", AT)
    moving.undo(db, move, there, AT)

    assert {question.number: question.person_id for question in questions.open_questions(db)} == {1: amina, new: there}
    assert lines.file_of(db, amina, "f1") is not None
    assert moving.gather(db, amina, AT) is False
    assert not moving.is_joined(db, amina)


def test_a_turn_that_is_under_way_on_the_other_channel_is_overtaken(db: sa.Connection, amina: int, there: int) -> None:
    """Two devices at once: the answer that lost its conversation is not written over the other's."""
    moving.issue(db, amina, DIGEST, "carry", AT)
    moving.make(db, DIGEST, amina, there, "carry", AT)

    with pytest.raises(conversations.Overtaken):
        conversations.save(db, amina, Conversation(), 1, AT)


def test_a_code_is_one_a_person_and_ends(db: sa.Connection, amina: int, there: int) -> None:
    assert moving.issue(db, amina, DIGEST, "carry", AT)
    assert not moving.issue(db, there, DIGEST, "carry", AT)
    assert moving.issue(db, amina, "e" * 48, "join", AT)

    assert moving.find(db, DIGEST, AT) is None
    assert moving.find(db, "e" * 48, AT) == moving.Code(amina, "join")
    assert moving.find(db, "e" * 48, AT + LASTS) is None
    assert moving.issue(db, there, "f" * 48, "carry", AT + LASTS)
    assert db.execute(sa.select(sa.func.count()).select_from(moving_codes)).scalar_one() == 1


def test_who_is_forgotten_takes_codes_moves_and_presence_along(db: sa.Connection, amina: int, there: int) -> None:
    moving.issue(db, amina, DIGEST, "carry", AT)
    moving.make(db, DIGEST, amina, there, "carry", AT)
    moving.issue(db, there, DIGEST, "carry", AT)
    moving.note_attempt(db, there, AT)
    people.forget(db, there, AT)

    for name in ("moves", "moving_codes", "moving_attempts", "presence"):
        assert db.execute(sa.text(f"select count(*) from {name}")).scalar_one() == 0  # names of the test


def test_who_is_forgotten_on_one_of_two_joined_channels_is_forgotten_on_both(db: sa.Connection, amina: int, there: int) -> None:
    """All of it lies at Messenger when she presses "Forget this conversation" in the web chat."""
    moving.issue(db, amina, DIGEST, "join", AT)
    moving.make(db, DIGEST, amina, there, "join", AT)
    conversations.keep_draft(db, there, TalkState("t5", "idea", AT), AT)
    people.forget(db, amina, AT)

    for name in ("drafts", "files", "conversations"):
        assert db.execute(sa.text(f"select count(*) from {name}")).scalar_one() == 0
    assert [question.person_id for question in questions.open_questions(db)] == [None]


def test_wrong_codes_are_counted_for_each_and_for_all(db: sa.Connection, amina: int, there: int) -> None:
    for _number in range(3):
        moving.note_attempt(db, amina, AT)
    moving.note_attempt(db, there, AT)

    assert moving.attempts(db, amina, AT) == (3, 4)
    assert moving.attempts(db, amina, AT + LASTS) == (0, 0)


def test_moves_are_forgotten_but_the_joined_stay_joined(db: sa.Connection, amina: int, there: int) -> None:
    moving.issue(db, amina, DIGEST, "join", AT)
    moving.make(db, DIGEST, amina, there, "join", AT)
    other = people.meet(db, "telegram", "8", AT).id
    moving.issue(db, other, DIGEST, "carry", AT)
    moving.make(db, DIGEST, other, there, "carry", AT)

    assert moving.forget_before(db, AT + dt.timedelta(days=40)) == 1
    assert moving.is_joined(db, amina)
