"""Hundreds of proposals rejected from the queue for one reason with their authors blocked, over HTTP, and all of it undone.

`python -m benchmarks.desk` does the same with 5,000 and prints the longest slice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa

from civic.proposals import State
from storage import blocks, proposals
from tests.proposals_at_hand import BENCH, actions, citizen
from tests.running import running
from tests.web.desk import looking, said, signed_in

MANY, AUTHORS = 300, 40


def flood(db: sa.Connection) -> list[int]:
    now = dt.datetime.now(dt.UTC)
    promised = now.date() + dt.timedelta(days=28)
    writers = [citizen(db, f"flooder-{place}") for place in range(AUTHORS)]
    for place in range(MANY):
        proposals.file(db, writers[place % AUTHORS], "webchat", BENCH, promised, now)
    return writers


def standing(db: sa.Connection, writers: list[int]) -> tuple[Counter[State], int]:
    """How many proposals are in each state, and how many of the writers are blocked."""
    now = dt.datetime.now(dt.UTC)
    states = Counter(proposals.get(db, number).state for number in range(1, MANY + 1))
    return states, sum(blocks.find(db, writer, now) is not None for writer in writers)


@pytest.mark.asyncio
async def test_hundreds_are_rejected_with_their_authors_blocked_and_all_is_undone(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with running(tmp_path_factory.mktemp("desk_bulk") / "data", undo_seconds="600", team_of_one="true") as hiwar:
        writers = looking(hiwar.data, flood)
        async with signed_in(hiwar, "moderator") as salma:
            fields = {"act": "reject", "reason": "spam", "scope": "all", "block": "30"}
            assert (await salma.posts("/desk/proposals/decide", fields))[0] == 303
            page = await salma.follows()
            assert f"{MANY} proposals are decided." in said(page)
            assert f"{AUTHORS} authors are blocked." in said(page)
            assert looking(hiwar.data, lambda db: standing(db, writers)) == ({State.REJECTED: MANY}, AUTHORS)

            undo = page.partition('action="/desk/bulk/')[2].partition("/undo")[0]
            assert (await salma.posts(f"/desk/bulk/{undo}/undo"))[0] == 303
            assert f"{MANY} decisions are undone." in said(await salma.follows())
        assert looking(hiwar.data, lambda db: standing(db, writers)) == ({State.WAITING: MANY}, 0)
        counted = Counter(
            what for _by, what, _about, _more in looking(hiwar.data, actions) if what.startswith(("proposal", "person", "bulk"))
        )
        assert counted == {
            "proposal_rejected": MANY,
            "person_blocked": AUTHORS,
            "bulk_decided": 1,
            "proposal_rejected_undone": MANY,
            "person_unblocked": AUTHORS,
            "bulk_undone": 1,
        }
