"""What moderators look up beside a proposal: how many wait, what else its author sent, and which ones share its rare words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from civic.decisions import Standing
from civic.proposals import Act, Proposal, State
from storage import proposals, wordlist
from storage.schema import decisions, proposal_words
from storage.schema import proposals as table

_RARE = 300  # proposals a word may be in; a commoner one tells nothing, and reading on would take long
MOST_COUNTED = 9999


@dataclass(frozen=True, slots=True)
class Bundle:
    """Decisions of one bulk that wait for a second person."""

    bulk: str
    act: Act
    by: str
    count: int
    first: int  # the number of one of its proposals


def count(db: sa.Connection, states: Collection[State], most: int = MOST_COUNTED) -> int:
    """How many proposals stand so, counted up to `most`."""
    some = sa.select(sa.literal(1)).where(table.c.state.in_(list(states))).limit(most).subquery()
    return db.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def count_of_author(db: sa.Connection, author: int) -> dict[State, int]:
    """How many proposals of a person stand in which state."""
    rows = db.execute(sa.select(table.c.state, sa.func.count()).where(table.c.author_id == author).group_by(table.c.state))
    return {State(state): number for state, number in rows}


def similar(db: sa.Connection, proposal: Proposal, most: int = 5) -> tuple[Proposal, ...]:
    """Proposals that share the most rare words with this one."""
    shared: Counter[int] = Counter()
    for word in wordlist.hashes(db, f"{proposal.title} {proposal.text}"):
        having = sa.select(proposal_words.c.number).where(proposal_words.c.word == word).limit(_RARE + 1)
        numbers = db.execute(having).scalars().all()
        if len(numbers) <= _RARE:
            shared.update(numbers)
    del shared[proposal.number]
    return proposals.all_of(db, [number for number, words in shared.most_common(most) if words > 1])


def count_proposed(db: sa.Connection) -> int:
    """How many decisions wait for a second person; those of a bulk count as one."""
    waiting = decisions.c.state == Standing.PROPOSED
    singles = db.execute(sa.select(sa.func.count()).where(waiting, decisions.c.bulk == "")).scalar_one()
    bulks = sa.select(sa.func.count(decisions.c.bulk.distinct())).where(waiting, decisions.c.bulk != "")
    return singles + db.execute(bulks).scalar_one()


def bundles(db: sa.Connection) -> tuple[Bundle, ...]:
    """The bulks that wait for a second person, oldest first."""
    columns = decisions.c.bulk, decisions.c.act, decisions.c.by
    waiting = decisions.c.state == Standing.PROPOSED, decisions.c.bulk != ""
    grouped = sa.select(*columns, sa.func.count().label("many"), sa.func.min(decisions.c.number).label("first"))
    rows = db.execute(grouped.where(*waiting).group_by(*columns).order_by(sa.func.min(decisions.c.id)))
    return tuple(Bundle(row.bulk, Act(row.act), row.by, row.many, row.first) for row in rows)


def count_filed_since(db: sa.Connection, moment: dt.datetime) -> int:
    """How many proposals came in after a moment."""
    newest = sa.select(table.c.filed_at).order_by(table.c.number.desc()).limit(MOST_COUNTED).subquery()
    return db.execute(sa.select(sa.func.count()).select_from(newest).where(newest.c.filed_at > moment)).scalar_one()
