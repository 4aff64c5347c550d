"""Proposals: filed, found, listed and changed; each under a version, so that two people cannot overwrite each other."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import namedtuple
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from civic.proposals import PUBLIC, Draft, Proposal, Spot, State
from storage import hooks, steps, wordlist
from storage.ledger import wake
from storage.prepared import Prepared
from storage.schema import proposals

TOPIC = "published"


class Changed(RuntimeError):
    """Somebody else changed the proposal meanwhile; look at it again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which proposals: an empty field means any."""

    states: Collection[State] = ()
    theme: str = ""
    region: str = ""
    kind: str = ""
    about: str = ""
    language: str = ""
    body: str = ""
    words: str = ""
    suspect: bool = False  # only those with signs of abuse


_find = Prepared(sa.select(proposals).where(proposals.c.number == sa.bindparam("wanted")))
_Row = namedtuple("_Row", [column.name for column in proposals.c])  # type: ignore[misc]  # its fields are the table's columns
_decode_spot = msgspec.json.Decoder(Spot).decode


def file(
    db: sa.Connection,
    author: int,
    channel: str,
    draft: Draft,
    promised: dt.date,
    at: dt.datetime,
    *,
    claim: str = "",
    signals: Collection[str] = (),
) -> Proposal:
    """Keep a new proposal, waiting for a moderator. `claim` is the code that follows it from anywhere; only its hash is kept."""
    values = _written(draft) | {
        "author_id": author,
        "channel": channel,
        "kind": draft.kind,
        "consent": draft.consent,
        "claim": _hashed(claim) if claim else None,
        "state": State.WAITING,
        "version": 1,
        "filed_at": at,
        "changed_at": at,
        "promised": promised,
        "signals": " ".join(signals),
    }
    number = int(db.execute(proposals.insert().values(values).returning(proposals.c.number)).scalar_one())
    wordlist.learn(db, number, draft.title, draft.text)
    steps.note(db, number, at, "filed", "author")
    hooks.announce(db, "proposal.filed", number, State.WAITING, at)
    return get(db, number)


def correct(
    db: sa.Connection, proposal: Proposal, draft: Draft, promised: dt.date, at: dt.datetime, *, kind: str = "corrected"
) -> Proposal:
    """Put a new text in the place of the old one, which the timeline keeps, and let it wait for a moderator again."""
    steps.note(db, proposal.number, at, kind, "author", f"{proposal.title}\n\n{proposal.text}")
    wordlist.learn(db, proposal.number, draft.title, draft.text)
    return change(db, proposal, at, state=State.WAITING, promised=promised, missed_at=None, **_written(draft))


def change(db: sa.Connection, proposal: Proposal, at: dt.datetime, **values: object) -> Proposal:
    """Change columns of a proposal that is still the version at hand; raises Changed when it is not."""
    still = proposals.c.number == proposal.number, proposals.c.version == proposal.version
    values |= {"version": proposal.version + 1, "changed_at": at}
    if db.execute(proposals.update().where(*still).values(values)).rowcount != 1:
        raise Changed(f"{proposal.reference} was changed meanwhile")
    if not values.keys().isdisjoint({"state", "public_text"}):
        wake(db, TOPIC)
    return get(db, proposal.number)


def get(db: sa.Connection, number: int) -> Proposal:
    """A proposal that is known to be there; raises LookupError."""
    proposal = find(db, number)
    if proposal is None:
        raise LookupError(f"there is no proposal {number}")
    return proposal


def find(db: sa.Connection, number: int) -> Proposal | None:
    row = _find.first(db, wanted=number)
    return None if row is None else _proposal(_Row(*row))


def find_by_claim(db: sa.Connection, claim: str) -> Proposal | None:
    """The proposal that a claim code follows."""
    row = db.execute(sa.select(proposals).where(proposals.c.claim == _hashed(claim))).first()
    return None if row is None else _proposal(row)


def all_of(db: sa.Connection, numbers: Collection[int]) -> tuple[Proposal, ...]:
    """Those of these numbers that there are, in the order given."""
    found = {row.number: _proposal(row) for row in db.execute(sa.select(proposals).where(proposals.c.number.in_(numbers)))}
    return tuple(found[number] for number in numbers if number in found)


def of_author(db: sa.Connection, author: int, most: int, before: int | None = None) -> tuple[Proposal, ...]:
    """A person's own, the newest first; `before` is the last number of the page before."""
    own = sa.select(proposals).where(proposals.c.author_id == author).order_by(proposals.c.number.desc()).limit(most)
    if before is not None:
        own = own.where(proposals.c.number < before)
    return tuple(_proposal(row) for row in db.execute(own))


def newest(db: sa.Connection, wanted: Wanted, most: int, before: int | None = None) -> tuple[Proposal, ...]:
    """A page of proposals, the newest first; `before` is the last number of the page before."""
    page = _where(db, wanted).order_by(proposals.c.number.desc()).limit(most)
    if before is not None:
        page = page.where(proposals.c.number < before)
    return tuple(_proposal(row) for row in db.execute(page))


def most_supported(db: sa.Connection, wanted: Wanted, most: int, before: tuple[int, int] | None = None) -> tuple[Proposal, ...]:
    """A page of proposals by how many support them; `before` is supports and number of the last one of the page before."""
    key = proposals.c.supports, proposals.c.number
    page = _where(db, wanted).order_by(*(column.desc() for column in key)).limit(most)
    if before is not None:
        page = page.where(sa.tuple_(*key) < sa.tuple_(*map(sa.literal, before)))
    return tuple(_proposal(row) for row in db.execute(page))


def queue(db: sa.Connection, wanted: Wanted, most: int, after: tuple[dt.date, int] | None = None) -> tuple[Proposal, ...]:
    """A page of proposals with a promise, the oldest promise first; `after` is promise and number of the last one of the page before."""
    key = proposals.c.promised, proposals.c.number
    page = _where(db, wanted).where(proposals.c.promised.is_not(None)).order_by(*key).limit(most)
    if after is not None:
        page = page.where(sa.tuple_(*key) > sa.tuple_(sa.literal(after[0], sa.Date), sa.literal(after[1])))
    return tuple(_proposal(row) for row in db.execute(page))


def missed(db: sa.Connection, today: dt.date, most: int) -> tuple[Proposal, ...]:
    """Proposals whose promise is past and whose authors have not been told of it."""
    late = proposals.c.promised < today, proposals.c.missed_at.is_(None), proposals.c.state.in_([State.WAITING, State.PUBLISHED])
    return tuple(_proposal(row) for row in db.execute(sa.select(proposals).where(*late).order_by(proposals.c.number).limit(most)))


def published_texts(db: sa.Connection, most: int) -> dict[int, str]:
    """The titles and texts of the newest published proposals, by number."""
    one = proposals.c
    newest = sa.select(one.number, one.public_title, one.public_text).where(one.state == State.PUBLISHED, one.public_text.is_not(None))
    rows = db.execute(newest.order_by(one.number.desc()).limit(most))
    return {row.number: f"{row.public_title}\n{row.public_text}" for row in rows}


def filed_since(db: sa.Connection, author: int, moment: dt.datetime) -> tuple[Proposal, ...]:
    """What a person filed since a moment, for the signs of abuse."""
    recent = proposals.c.author_id == author, proposals.c.filed_at >= moment
    return tuple(_proposal(row) for row in db.execute(sa.select(proposals).where(*recent).order_by(proposals.c.number)))


def hold(db: sa.Connection, number: int, member: int, until: dt.datetime, at: dt.datetime) -> bool:
    """Let a moderator hold a proposal nobody else holds; False when somebody does."""
    free = sa.or_(proposals.c.held_until.is_(None), proposals.c.held_until <= at, proposals.c.held_by == member)
    held = proposals.update().where(proposals.c.number == number, free).values(held_by=member, held_until=until)
    return db.execute(held).rowcount == 1


def let_go(db: sa.Connection, number: int, member: int) -> None:
    """End a hold of this moderator's."""
    mine = proposals.c.number == number, proposals.c.held_by == member
    db.execute(proposals.update().where(*mine).values(held_by=None, held_until=None))


def _where(db: sa.Connection, wanted: Wanted) -> sa.Select[tuple[object, ...]]:
    columns = {
        "theme": wanted.theme,
        "region": wanted.region,
        "kind": wanted.kind,
        "about": wanted.about,
        "language": wanted.language,
        "body": wanted.body,
    }
    found: sa.Select[tuple[object, ...]] = sa.select(proposals).where(
        *(proposals.c[name] == value for name, value in columns.items() if value)
    )
    if wanted.states:
        found = found.where(proposals.c.state.in_(list(wanted.states)))
    if wanted.suspect:
        found = found.where(proposals.c.signals != "")
    if wanted.words:
        matching = wordlist.matching(db, wanted.words)
        found = found.where(sa.false() if matching is None else proposals.c.number.in_(matching))
    return found


def _written(draft: Draft) -> dict[str, object]:
    return {
        "theme": draft.theme,
        "about": draft.about,
        "title": draft.title,
        "text": draft.text,
        "language": draft.language,
        "region": draft.region,
        "spot": msgspec.json.encode(draft.spot).decode() if draft.spot else None,
        "name": draft.name,
    }


def _hashed(claim: str) -> str:
    return hashlib.sha256(claim.encode()).hexdigest()


def _proposal(row: Any) -> Proposal:  # Any: a row of Core or of a prepared statement
    state = State(row.state)
    is_public = state in PUBLIC and row.public_text is not None
    return Proposal(
        number=row.number,
        author=row.author_id,
        kind=row.kind,
        theme=row.theme,
        about=row.about,
        title=row.public_title if is_public else row.title,
        text=row.public_text if is_public else row.text,
        language=row.language,
        region=row.region,
        spot=_decode_spot(row.spot) if row.spot else None,
        name=row.name,
        state=state,
        version=row.version,
        filed_at=row.filed_at,
        changed_at=row.changed_at,
        promised=row.promised,
        published_at=row.published_at,
        appealed_at=row.appealed_at,
        missed_at=row.missed_at,
        decided_by=row.decided_by,
        body=row.body,
        merged_into=row.merged_into,
        supports=row.supports,
        signals=tuple(row.signals.split()),
        held_by=row.held_by,
        held_until=row.held_until,
    )
