"""What moderators decide, for tests of what citizens see: Salma decides, Youssef is the second person, and people are told at once."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from civic.decisions import Decider, Details, House, Standing
from civic.proposals import Act
from handlers.desk import decisions
from handlers.notices import tell_some
from handlers.telling import Post

SALMA, YOUSSEF = Decider(id=1, actor="staff:1"), Decider(id=2, actor="staff:2")
TUDA, HASSAN = Decider(id=3, actor="staff:3"), Decider(id=4, actor="staff:4")  # to whom an appeal goes
AT_ONCE = House(undo=dt.timedelta())


def decide(db: sa.Connection, post: Post, number: int, act: Act, at: dt.datetime, *words: str, by: Decider = SALMA) -> None:
    """Decide: `words` are the question, the reason and a message, the number of the other proposal, or the outcome and the answer."""
    decision = decisions.decide(db, AT_ONCE, number, act, _details(act, words), by, at)
    if decision.standing is Standing.PROPOSED:
        decisions.confirm(db, AT_ONCE, decision.id, YOUSSEF if by is SALMA else HASSAN, at)
    while tell_some(db, post, at):
        pass


def _details(act: Act, words: tuple[str, ...]) -> Details:
    match act:
        case Act.ASK | Act.DELAY | Act.NOTE:
            return Details(message=words[0])
        case Act.REJECT:
            return Details(reason=words[0], message=words[1] if len(words) > 1 else "")
        case Act.MERGE:
            return Details(target=int(words[0]))
        case Act.ANSWER:
            outcome, text = words
            said = dict.fromkeys(("ar", "fr", "zgh", "en"), text)
            return Details(outcome=outcome, who="Ministry of Digital Transition", words=said)
    return Details()
