"""Questions nobody could answer yet, and what people thought of answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import feedback, questions


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    number: int
    person_id: int | None
    text: str  # "" where somebody only said that an answer was not useful
    language: str  # the one the person was spoken to in
    entry: str  # the answer that was not useful
    asked_at: dt.datetime
    alike: int = 0  # the question that an editor put this one with


@dataclass(frozen=True, slots=True)
class Settled:
    """A question that was answered, by which entry and when."""

    number: int
    answer: str
    at: dt.datetime


def ask(db: sa.Connection, person_id: int, text: str, language: str, at: dt.datetime, entry: str = "") -> int:
    """Keep a question for an editor; its reference number."""
    values = {"person_id": person_id, "text": text, "language": language, "entry": entry, "state": "open", "asked_at": at}
    return int(db.execute(questions.insert().values(values).returning(questions.c.number)).scalar_one())


def open_questions(db: sa.Connection, most: int = 100) -> tuple[OpenQuestion, ...]:
    """The oldest questions nobody has answered."""
    rows = db.execute(sa.select(questions).where(questions.c.state == "open").order_by(questions.c.number).limit(most))
    return tuple(_open(row) for row in rows)


def count_open(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(questions).where(questions.c.state == "open")).scalar_one()


def settle(db: sa.Connection, numbers: Collection[int], entry: str, at: dt.datetime) -> tuple[OpenQuestion, ...]:
    """Mark those of these questions that are still open as answered by an entry, and give them; whoever comes second gets none."""
    settled = (
        questions.update()
        .where(questions.c.number.in_(numbers), questions.c.state == "open")
        .values(state="answered", answer=entry, answered_at=at)
        .returning(questions)
    )
    return tuple(sorted((_open(row) for row in db.execute(settled)), key=lambda question: question.number))


def settled(db: sa.Connection, number: int) -> Settled | None:
    """A question that was answered; None when it was not, or when there is none."""
    row = db.execute(sa.select(questions).where(questions.c.number == number, questions.c.state == "answered")).first()
    return None if row is None else Settled(row.number, row.answer, row.answered_at)


def put_together(db: sa.Connection, number: int, others: Collection[int]) -> int:
    """Put open questions with another one, to be answered as one; how many."""
    wanted = questions.c.number.in_(set(others) - {number})
    return db.execute(questions.update().where(wanted, questions.c.state == "open").values(alike=number)).rowcount


def judge(db: sa.Connection, person_id: int, entry: str, useful: bool, at: dt.datetime) -> None:
    """Note whether an answer was useful to a person; the last word counts."""
    db.execute(feedback.delete().where(feedback.c.person_id == person_id, feedback.c.entry == entry))
    db.execute(feedback.insert().values(person_id=person_id, entry=entry, useful=useful, at=at))


def _open(row: sa.Row[tuple[object, ...]]) -> OpenQuestion:
    return OpenQuestion(row.number, row.person_id, row.text, row.language, row.entry, row.asked_at, row.alike or 0)
