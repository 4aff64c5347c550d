"""Official answers to proposals: what was decided, by whom, by when, and in which words of each language."""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from civic.knowledge import LANGUAGES
from storage.schema import answers


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The official answer to a proposal."""

    outcome: str
    who: str
    words: dict[str, str]
    instead: dict[str, str] = {}
    by_when: dt.date | None = None
    at: dt.datetime

    def language_for(self, language: str) -> str:
        """The language it is read in: the one asked for, the one named instead, or the first there is."""
        if language in self.words:
            return language
        instead = self.instead.get(language, "")
        return instead if instead in self.words else next(known for known in LANGUAGES if known in self.words)


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    words: dict[str, str]
    instead: dict[str, str] = {}


_decode = msgspec.json.Decoder(_Kept).decode


def put(db: sa.Connection, number: int, answer: Answer) -> None:
    """Keep the answer to a proposal, in the place of an earlier one."""
    drop(db, number)
    kept = msgspec.json.encode(_Kept(answer.words, answer.instead)).decode()
    values = {"outcome": answer.outcome, "who": answer.who, "by_when": answer.by_when, "words": kept, "at": answer.at}
    db.execute(answers.insert().values(number=number, **values))


def find(db: sa.Connection, number: int) -> Answer | None:
    row = db.execute(sa.select(answers).where(answers.c.number == number)).first()
    if row is None:
        return None
    kept = _decode(row.words)
    return Answer(outcome=row.outcome, who=row.who, words=kept.words, instead=kept.instead, by_when=row.by_when, at=row.at)


def drop(db: sa.Connection, number: int) -> None:
    db.execute(answers.delete().where(answers.c.number == number))
