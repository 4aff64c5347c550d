"""What the desk's figures count: numbers only, nobody's words or names."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from civic.decisions import Standing
from civic.proposals import Act
from storage.schema import conversations, decisions, entries, feedback, people, proposals, questions

FIRST_DECISIONS = (Act.PUBLISH, Act.REJECT, Act.MERGE, Act.ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts by what they are about; `months` are written 2026-11."""

    filed: dict[str, int]  # proposals, by month
    decided_within: dict[int, int]  # first decisions, by the days they took at most; -1 for longer
    promises: dict[str, int]  # kept, missed, running
    states: dict[str, int]
    languages: dict[str, int]  # of people
    channels: dict[str, int]  # of people
    themes: dict[str, int]  # of proposals
    topics: dict[str, int]  # of answers that people judged
    found: dict[str, int]  # useful, not_useful, unanswered


WITHIN = (1, 3, 7, 14, 28)  # days


def count(db: sa.Connection, since: dt.datetime, today: dt.date) -> Figures:
    """The figures of what happened since a moment."""
    recent = proposals.c.filed_at >= since
    return Figures(
        filed=_filed(db, since),
        decided_within=_decided(db, since),
        promises=_promises(db, since, today),
        states=_by(db, proposals.c.state, recent),
        languages=_by(db, people.c.language, people.c.language != ""),
        channels=_by(db, people.c.channel, people.c.id.in_(sa.select(conversations.c.person_id))),
        themes=_by(db, proposals.c.theme, recent),
        topics=_topics(db, since),
        found=_answers(db, since),
    )


def _by(db: sa.Connection, column: sa.Column[str], *which: sa.ColumnElement[bool]) -> dict[str, int]:
    rows = db.execute(sa.select(column, sa.func.count()).where(*which).group_by(column).order_by(sa.func.count().desc()))
    return {str(value): number for value, number in rows}


def _filed(db: sa.Connection, since: dt.datetime) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for moment in db.execute(sa.select(proposals.c.filed_at).where(proposals.c.filed_at >= since)).scalars():
        counts[f"{moment:%Y-%m}"] += 1
    return dict(sorted(counts.items()))


def _decided(db: sa.Connection, since: dt.datetime) -> dict[int, int]:
    first = (
        sa.select(decisions.c.number, sa.func.min(sa.func.coalesce(decisions.c.second_at, decisions.c.at)).label("at"))
        .where(decisions.c.state == Standing.DONE, decisions.c.act.in_(list(FIRST_DECISIONS)))
        .group_by(decisions.c.number)
        .subquery()
    )
    rows = db.execute(
        sa.select(proposals.c.filed_at, sa.type_coerce(first.c.at, proposals.c.filed_at.type))
        .join(first, first.c.number == proposals.c.number)
        .where(proposals.c.filed_at >= since)
    )
    counts: Counter[int] = Counter()
    for filed_at, decided_at in rows:
        took = (decided_at - filed_at) / dt.timedelta(days=1)
        counts[next((days for days in WITHIN if took <= days), -1)] += 1
    return {days: counts[days] for days in (*WITHIN, -1)}


def _promises(db: sa.Connection, since: dt.datetime, today: dt.date) -> dict[str, int]:
    recent = proposals.c.filed_at >= since
    missed = sa.or_(proposals.c.missed_at.is_not(None), proposals.c.promised < today)

    def number(*which: sa.ColumnElement[bool]) -> int:
        return db.execute(sa.select(sa.func.count()).select_from(proposals).where(recent, *which)).scalar_one()

    return {
        "kept": number(proposals.c.promised.is_(None), proposals.c.missed_at.is_(None)),
        "missed": number(missed),
        "running": number(proposals.c.promised >= today, proposals.c.missed_at.is_(None)),
    }


def _topics(db: sa.Connection, since: dt.datetime) -> dict[str, int]:
    return _by(db, entries.c.topic, entries.c.id == feedback.c.entry, feedback.c.at >= since)


def _answers(db: sa.Connection, since: dt.datetime) -> dict[str, int]:
    verdicts = sa.select(feedback.c.useful, sa.func.count()).where(feedback.c.at >= since).group_by(feedback.c.useful)
    judged = {bool(useful): number for useful, number in db.execute(verdicts)}
    unanswered = sa.select(sa.func.count()).select_from(questions).where(questions.c.asked_at >= since)
    return {
        "useful": judged.get(True, 0),
        "not_useful": judged.get(False, 0),
        "unanswered": db.execute(unanswered.where(questions.c.answered_at.is_(None))).scalar_one(),
        "answered_later": db.execute(unanswered.where(questions.c.answered_at.is_not(None))).scalar_one(),
    }
