"""What a moderator decides, for tests of what citizens see: one door, so that every test decides the same way."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from civic.proposals import Act, Proposal, State, leads_to
from storage import answers, backing, proposals, steps
from storage.answers import Answer

_KINDS = {Act.PUBLISH: "published", Act.ASK: "asked", Act.REJECT: "rejected", Act.MERGE: "merged", Act.ANSWER: "answered"}
_MODERATOR = 7


def decide(db: sa.Connection, number: int, act: Act, at: dt.datetime, *words: str) -> Proposal:
    """Decide: `words` are the question, the reason and a message, the number of the other proposal, or the outcome and the answer."""
    proposal = proposals.get(db, number)
    values: dict[str, object] = {"decided_by": _MODERATOR}
    details = "\n".join(words)
    match act:
        case Act.PUBLISH:
            values |= {"public_title": proposal.title, "public_text": proposal.text, "published_at": at}
        case Act.ASK:
            values |= {"promised": None}
        case Act.REJECT:
            values |= {"promised": None, "public_title": None, "public_text": None}
        case Act.MERGE:
            values |= {"promised": None, "merged_into": int(words[0])}
            backing.hand_over(db, number, int(words[0]), at)
        case Act.ANSWER:
            values |= {"promised": None, "public_title": proposal.title, "public_text": proposal.text}
            values |= {} if proposal.published_at else {"published_at": at}
            outcome, text = words
            said = dict.fromkeys(("ar", "fr", "zgh", "en"), text)
            answers.put(db, number, Answer(outcome=outcome, who="Ministry of Digital Transition", words=said, at=at))
            details = outcome
    steps.note(db, number, at, _KINDS[act], f"staff:{_MODERATOR}", details)
    return proposals.change(db, proposal, at, state=leads_to(act, State(proposal.state)), **values)
