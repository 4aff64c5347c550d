"""Two moderators at the same moment, through the ledger as it runs: one decides, the other is told so."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from civic.decisions import Decider, Details
from civic.errors import Refusal
from civic.proposals import Act, State
from handlers.desk.decisions import confirm, decide, undo
from handlers.notices import tell_some
from storage import decisions, proposals
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.proposals import Changed
from storage.sealing import Seal
from tests.proposals_at_hand import HOUSE, LATER, NOW, POST, SALMA, YOUSSEF, actions, filed, told


async def test_two_moderators_at_once_leave_one_decision(database_url: str, seal: Seal) -> None:
    ledgers = [Ledger(open_writer(database_url, seal)) for _node in range(2)]
    seen = await ledgers[0].write(filed)
    outcomes = await asyncio.gather(
        ledgers[0].write(decide, HOUSE, seen.number, Act.PUBLISH, Details(), SALMA, NOW, version=seen.version),
        ledgers[1].write(decide, HOUSE, seen.number, Act.ASK, Details(message="Where?"), YOUSSEF, NOW, version=seen.version),
        return_exceptions=True,
    )

    assert [isinstance(outcome, Changed | Refusal) for outcome in outcomes].count(True) == 1
    found = await ledgers[0].write(proposals.get, seen.number)
    assert found.state in (State.PUBLISHED, State.ASKED)
    assert len(await ledgers[0].write(decisions.of, seen.number)) == len(await ledgers[0].write(actions)) == 1
    for ledger in ledgers:
        await ledger.close()


async def test_two_second_persons_at_once_confirm_it_once(database_url: str, seal: Seal) -> None:
    ledgers = [Ledger(open_writer(database_url, seal)) for _node in range(2)]
    number = (await ledgers[0].write(filed)).number
    decision = await ledgers[0].write(decide, HOUSE, number, Act.REJECT, Details(reason="spam"), SALMA, NOW)
    third = Decider(id=3, actor="staff:3")
    outcomes = await asyncio.gather(
        *(ledger.write(confirm, HOUSE, decision.id, who, NOW) for ledger, who in zip(ledgers, (YOUSSEF, third), strict=True)),
        return_exceptions=True,
    )

    assert [isinstance(outcome, Changed | Refusal) for outcome in outcomes].count(True) == 1
    await asyncio.gather(*(ledger.write(tell_some, POST, LATER) for ledger in ledgers))
    assert len(await ledgers[0].write(told, "amina")) == 1
    for ledger in ledgers:
        await ledger.close()


async def test_a_decision_is_either_undone_or_told(database_url: str, seal: Seal) -> None:
    ledgers = [Ledger(open_writer(database_url, seal)) for _node in range(2)]
    number = (await ledgers[0].write(filed)).number
    decision = await ledgers[0].write(decide, HOUSE, number, Act.PUBLISH, Details(), SALMA, NOW)

    def late(db: sa.Connection) -> None:
        undo(db, decision.id, SALMA, LATER)

    _told, undone = await asyncio.gather(ledgers[0].write(tell_some, POST, LATER), ledgers[1].write(late), return_exceptions=True)
    assert isinstance(undone, Refusal)
    assert undone.reason == "too_late"
    assert len(await ledgers[0].write(told, "amina")) == 1
    for ledger in ledgers:
        await ledger.close()
