"""Questions nobody could answer yet, and what people thought of answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import feedback, questions


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    number: int
    person_id: int | None
    text: str
    language: str
    entry: str
    asked_at: dt.datetime


def ask(db: sa.Connection, person_id: int, text: str, language: str, at: dt.datetime, entry: str = "") -> int:
    """Keep a question for an editor; its reference number."""
    values = {"person_id": person_id, "text": text, "language": language, "entry": entry, "state": "open", "asked_at": at}
    return int(db.execute(questions.insert().values(values).returning(questions.c.number)).scalar_one())


def open_questions(db: sa.Connection, most: int = 100) -> tuple[OpenQuestion, ...]:
    rows = db.execute(sa.select(questions).where(questions.c.state == "open").order_by(questions.c.number).limit(most))
    return tuple(OpenQuestion(row.number, row.person_id, row.text, row.language, row.entry, row.asked_at) for row in rows)


def judge(db: sa.Connection, person_id: int, entry: str, useful: bool, at: dt.datetime) -> None:
    """Note whether an answer was useful to a person; the last word counts."""
    db.execute(feedback.delete().where(feedback.c.person_id == person_id, feedback.c.entry == entry))
    db.execute(feedback.insert().values(person_id=person_id, entry=entry, useful=useful, at=at))
