"""The promise clock: finds promises that were missed, and has their authors told, once each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from civic.proposals import Proposal
from storage import proposals, steps

MOST = 100  # a run: the ledger serves everyone else between two runs

Tell = Callable[[sa.Connection, Proposal, dt.datetime], None]


def remind(db: sa.Connection, tell: Tell, at: dt.datetime) -> int:
    """Note promises whose day is past and tell of each in the same transaction, so that it is told once; how many there were."""
    late = proposals.missed(db, at.date(), MOST)
    for proposal in late:
        noted = proposals.change(db, proposal, at, missed_at=at)
        steps.note(db, proposal.number, at, "missed", "clock", str(proposal.promised))
        tell(db, noted, at)
    return len(late)
