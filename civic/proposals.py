"""What a citizen proposes, the states it passes through, and who may do what to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from civic.errors import Refusal

KINDS = ("proposal", "remark", "contribution", "comment")  # a remark is on a service or document, a comment on a commitment
THEMES = (
    "access-to-information",
    "participation",
    "public-services",
    "integrity",
    "open-data",
    "local",
    "justice",
    "environment",
    "equality",
    "youth-education",
    "health-social",
    "other",
)
# The twelve regions of Morocco, decree 2-15-40 of 20 February 2015, in its order; the number is how ISO 3166-2:MA knows them.
REGIONS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
REASONS = (  # why a proposal is not published; handlers/proposal_words.py says them in each language
    "not-open-government",
    "unclear",
    "already-answered",
    "information-request",
    "complaint",
    "petition",
    "court-case",
    "personal-data",
    "offensive",
    "advertising",
    "false-statement",
    "spam",
)
OUTCOMES = ("accepted", "accepted-in-part", "already-done", "under-study", "not-accepted")  # of an official answer

LONGEST_TITLE, SHORTEST_TITLE = 120, 5
LONGEST_TEXT, SHORTEST_TEXT = 4000, 20
MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024  # bytes
CONSENT = "2026-11"  # the version of the text a person agrees to before the first personal datum
LOCK = dt.timedelta(minutes=15)  # how long a moderator holds a proposal that was opened for a decision


class State(StrEnum):
    """Where a proposal stands."""

    WAITING = "waiting"  # for a moderator
    ASKED = "asked"  # for its author, whom a moderator asked something
    PUBLISHED = "published"
    ANSWERED = "answered"  # has an official answer
    REJECTED = "rejected"
    MERGED = "merged"  # into another one that says the same
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What a moderator decides."""

    PUBLISH = "publish"
    ASK = "ask"
    REJECT = "reject"
    MERGE = "merge"
    FORWARD = "forward"  # to the body it concerns; its state stays
    ANSWER = "answer"
    DELAY = "delay"  # a later promise, with a reason
    NOTE = "note"  # private


OPEN = frozenset({State.WAITING, State.ASKED, State.PUBLISHED})
PUBLIC = frozenset({State.PUBLISHED, State.ANSWERED})
_FROM: dict[Act, frozenset[State]] = {
    Act.PUBLISH: frozenset({State.WAITING}),
    Act.ASK: frozenset({State.WAITING}),
    Act.REJECT: frozenset({State.WAITING, State.ASKED, State.PUBLISHED}),
    Act.MERGE: frozenset({State.WAITING, State.PUBLISHED}),
    Act.FORWARD: frozenset({State.WAITING, State.PUBLISHED}),
    Act.ANSWER: frozenset({State.WAITING, State.PUBLISHED, State.ANSWERED}),
    Act.DELAY: frozenset({State.WAITING, State.PUBLISHED}),
    Act.NOTE: frozenset(State),
}
NEEDS_SECOND = frozenset({Act.REJECT, Act.ANSWER})  # four eyes
_LEADS_TO: dict[Act, State] = {
    Act.PUBLISH: State.PUBLISHED,
    Act.ASK: State.ASKED,
    Act.REJECT: State.REJECTED,
    Act.MERGE: State.MERGED,
    Act.ANSWER: State.ANSWERED,
}


class Spot(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place a proposal is about: a point in degrees (WGS 84), words for it, or both."""

    latitude: float | None = None
    longitude: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a citizen has written, before it is filed; `name` is empty for an author who is not shown."""

    kind: str
    theme: str
    title: str
    text: str
    language: str
    about: str = ""  # the commitment, document or service it is about
    region: str = ""
    spot: Spot | None = None
    name: str = ""
    consent: str = CONSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as it is kept."""

    number: int
    author: int | None  # the person, while known
    kind: str
    theme: str
    about: str
    title: str
    text: str
    language: str
    region: str
    spot: Spot | None
    name: str
    state: State
    version: int  # rises with each change, so that two people cannot overwrite each other
    filed_at: dt.datetime
    changed_at: dt.datetime
    promised: dt.date | None  # by which day an answer is promised; None while nothing is
    published_at: dt.datetime | None = None
    appealed_at: dt.datetime | None = None
    missed_at: dt.datetime | None = None  # when the author was told that the promise was missed
    decided_by: int | None = None  # the moderator whose decision stands; an appeal goes to another
    body: str = ""  # the body it was forwarded to
    merged_into: int | None = None
    supports: int = 0
    signals: tuple[str, ...] = ()  # of abuse, seen when it was filed
    held_by: int | None = None  # the moderator who is looking at it
    held_until: dt.datetime | None = None

    @property
    def reference(self) -> str:
        return reference(self.number)

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC

    def is_held(self, at: dt.datetime) -> bool:
        return self.held_until is not None and self.held_until > at


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderator:
    """Who decides, as far as the rules need to know: `own` are the persons this staff member is known to be in the chats."""

    id: int
    own: Collection[int] = ()


def reference(number: int) -> str:
    """How a proposal is named to people."""
    return f"P-{number}"


def number_in(text: str) -> int | None:
    """The number in "P-12", "p 12" or "12"; None for anything else."""
    plain = text.strip().upper().removeprefix("P").lstrip(" -–")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= 12 else None


def needs_second(act: Act, *, team_of_one: bool) -> bool:
    """Whether another moderator has to confirm this act before it counts."""
    return act in NEEDS_SECOND and not team_of_one


def leads_to(act: Act, state: State) -> State:
    """The state after an act."""
    return _LEADS_TO.get(act, state)


def check_act(proposal: Proposal, act: Act, by: Moderator, at: dt.datetime) -> None:
    """Whether a moderator may do this now. Raises Refusal: own, not_now, held, same_moderator."""
    if proposal.author is not None and proposal.author in by.own:
        raise Refusal("own")
    if proposal.state not in _FROM[act]:
        raise Refusal("not_now", state=proposal.state)
    if proposal.is_held(at) and proposal.held_by != by.id and act is not Act.NOTE:
        raise Refusal("held", until=proposal.held_until)
    if proposal.appealed_at is not None and proposal.decided_by == by.id and act is not Act.NOTE:
        raise Refusal("same_moderator")


def check_second(proposal: Proposal, act: Act, first: int, second: Moderator, *, team_of_one: bool) -> None:
    """Whether a moderator may confirm what another one decided. Raises Refusal: own, not_now, same_person, same_moderator."""
    if proposal.author is not None and proposal.author in second.own:
        raise Refusal("own")
    if proposal.state not in _FROM[act]:
        raise Refusal("not_now", state=proposal.state)
    if first == second.id and not team_of_one:
        raise Refusal("same_person")
    if proposal.appealed_at is not None and proposal.decided_by == second.id and not team_of_one:
        raise Refusal("same_moderator")


def may_correct(proposal: Proposal) -> bool:
    """Whether its author may send a corrected text: while it waits, when asked, and after a rejection."""
    return proposal.state in (State.WAITING, State.ASKED, State.REJECTED)


def may_withdraw(proposal: Proposal) -> bool:
    return proposal.state in OPEN


def may_appeal(proposal: Proposal) -> bool:
    """Once, against a rejection or an official answer."""
    return proposal.state in (State.REJECTED, State.ANSWERED) and proposal.appealed_at is None


def may_support(proposal: Proposal, person_id: int) -> bool:
    """Anybody but its author, while it is published and not yet answered."""
    return proposal.state is State.PUBLISHED and proposal.author != person_id
