"""What is open data: published proposals with their official answers, in the wording that is public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from civic.proposals import PUBLIC, Proposal
from storage import answers, proposals
from storage.answers import Answer
from storage.schema import proposals as table

A_PAGE = 500


@dataclass(frozen=True, slots=True)
class OpenProposal:
    proposal: Proposal
    answer: Answer | None


def everything(db: sa.Connection) -> Iterator[OpenProposal]:
    """Every published proposal, oldest first, a page in memory at once."""
    last = 0
    while True:
        page = (
            sa.select(table.c.number).where(table.c.state.in_(list(PUBLIC)), table.c.number > last).order_by(table.c.number).limit(A_PAGE)
        )
        numbers = list(db.execute(page).scalars())
        if not numbers:
            return
        answered = answers.all_of(db, numbers)
        for proposal in proposals.all_of(db, numbers):
            yield OpenProposal(proposal, answered.get(proposal.number))
        last = numbers[-1]
