"""People, proposals and a desk for tests of decisions: Amina files, Salma and Youssef moderate, Idir and Tuda support and follow."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa

from bot.buttons import Signer
from bot.phrases import open_voices
from civic.bodies import Body
from civic.decisions import Decider, Details, House
from civic.proposals import Draft, Proposal
from handlers.notices import tell_some
from handlers.telling import Post
from storage import lines, people, proposals
from storage.schema import audit

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
PROMISED = dt.date(2026, 12, 21)
UNDO = dt.timedelta(seconds=10)
HOUSE, ALONE = House(undo=UNDO), House(undo=UNDO, team_of_one=True)
SALMA, YOUSSEF, TOOL = Decider(id=1, actor="staff:1"), Decider(id=2, actor="staff:2"), Decider(id=-1, actor="api:1")
LATER = NOW + UNDO
VOICES = open_voices(Path(__file__).parent.parent / "locales")
POST = Post(voices=VOICES, signer=Signer(b"k" * 32), keeping=frozenset({"webchat"}))
BENCH = Draft(
    kind="proposal",
    theme="local",
    title="A bench at every bus stop",
    text="Elderly people wait standing for half an hour. Call me: 0612345678.",
    language="en",
    region="04",
)
MASKED_TEXT = "Elderly people wait standing for half an hour. Call me: ▇▇▇."
ANSWER = Details(
    outcome="accepted",
    who="Ministère de la Transition numérique",
    by_when=dt.date(2027, 6, 30),
    words={"ar": "نعم، قبل الصيف.", "fr": "Oui, avant l'été.", "en": "Yes, before the summer."},
    instead={"zgh": "ar"},
)

COMMITTEE = Body(
    id="oversight-committee",
    name={"ar": "لجنة الإشراف", "fr": "Comité de pilotage", "en": "Oversight committee"},
    role={},
    composition={},
    join={},
    uncertain={},
    links=(),
    sources=(),
    confidence="high",
    as_of="2026-11",
)


def citizen(db: sa.Connection, name: str, language: str = "en", channel: str = "webchat") -> int:
    """A person by a name that stands for their address; met when they are new."""
    known = people.find_by_address(db, channel, name)
    if known is not None:
        return known.id
    person = people.meet(db, channel, name, NOW)
    people.set_language(db, person.id, language, chosen=True)
    return person.id


def filed(db: sa.Connection, draft: Draft = BENCH, author: str = "amina", language: str = "en", at: dt.datetime = NOW) -> Proposal:
    return proposals.file(db, citizen(db, author, language), "webchat", draft, PROMISED, at - dt.timedelta(hours=1))


def tell_all(db: sa.Connection, at: dt.datetime = LATER, most: int = 100) -> int:
    """Everything that is due is told; how many slices it took."""
    slices = 1
    while tell_some(db, POST, at, most):
        slices += 1
    return slices


def told(db: sa.Connection, name: str) -> list[str]:
    """What stands in somebody's chat."""
    return [line.said.shown.text for line in lines.after(db, citizen(db, name), 0)]


def plain(text: str) -> str:
    """Without the marks that keep a title from turning its sentence around."""
    return text.replace("\u2068", "").replace("\u2069", "")


def actions(db: sa.Connection) -> list[tuple[str, str, str, str]]:
    """The audit log: actor, action, subject, details."""
    return [(row.actor, row.action, row.subject, row.details) for row in db.execute(sa.select(audit).order_by(audit.c.id))]
