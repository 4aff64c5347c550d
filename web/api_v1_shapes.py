"""What programs send and get at `/api/v1`: the shapes that the OpenAPI document is made from."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from civic.decisions import Details
from civic.events import Event
from civic.news import LONGEST_TEXT as LONGEST_NEWS_TEXT
from civic.news import LONGEST_TITLE as LONGEST_NEWS_TITLE
from civic.news import MOST_TOPICS
from civic.proposals import Act, Proposal, State
from storage.answers import Answer
from storage.decisions import Decision
from storage.questions import OpenQuestion

Number = Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]
Language = Literal["ar", "fr", "zgh", "en"]
ActName = Literal["publish", "ask", "reject", "merge", "forward", "answer", "delay", "note"]


class ProposalShape(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal. `name` is empty for an author who is not shown; `official_answer` is null without one."""

    number: int
    reference: str
    state: str
    version: int
    kind: str
    theme: str
    region: str
    about: str
    language: str
    title: str
    text: str
    name: str
    supports: int
    filed_at: dt.datetime
    changed_at: dt.datetime
    published_at: dt.datetime | None
    promised: dt.date | None
    appealed_at: dt.datetime | None
    merged_into: int | None
    body: str
    signs: tuple[str, ...]
    official_answer: AnswerShape | None = None


class AnswerShape(msgspec.Struct, frozen=True, kw_only=True):
    """An official answer; a language without words reads those of the language in `instead`."""

    outcome: str
    who: str
    by_when: dt.date | None
    words: dict[str, str]
    instead: dict[str, str]
    at: dt.datetime


class ProposalPage(msgspec.Struct, frozen=True):
    """A page of proposals; `next` is the cursor of the following one, null at the end."""

    items: tuple[ProposalShape, ...]
    next: str | None


class DecisionWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision to be taken. With `version`, only when the proposal is still the version you saw."""

    act: ActName
    version: Number | None = None
    details: Details = Details()


class Declined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a proposed decision is declined."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1500)]


class DecisionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. `standing` is proposed (waits for a second person), done, declined or undone; people are told at `tell_at`."""

    id: int
    proposal: int
    act: str
    standing: str
    by: str
    at: dt.datetime
    second: str
    second_at: dt.datetime | None
    details: Details
    tell_at: dt.datetime | None
    told_at: dt.datetime | None


class DecisionPage(msgspec.Struct, frozen=True):
    """Decisions that wait for a second person; `next` is the cursor of the following page, null at the end."""

    items: tuple[DecisionShape, ...]
    next: str | None


class QuestionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A question nobody could answer; `entry` names the answer that was not useful, "" where there was none."""

    number: int
    text: str
    language: str
    entry: str
    asked_at: dt.datetime


class QuestionPage(msgspec.Struct, frozen=True):
    """Questions that wait for an answer."""

    items: tuple[QuestionShape, ...]


class AnswersWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answer questions with an entry that exists; everyone who asked is told once."""

    questions: Annotated[tuple[Number, ...], msgspec.Meta(min_length=1, max_length=500)]
    entry: Annotated[str, msgspec.Meta(min_length=1, max_length=34)]


class Answered(msgspec.Struct, frozen=True):
    """What answering did: the questions settled now, people told, and those who cannot be told any more."""

    questions: tuple[int, ...]
    told: int
    gone: int


class ModerationCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a signed call of the moderation hook says."""

    proposal: Number
    act: ActName
    version: Number | None = None
    details: Details = Details()


class NewsWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """News to publish: words by language, for each of the four or with the language read in its place in `instead`; topics as at the desk.

    With `announce`, the draft of an announcement to the subscribers of its topics is made too, which somebody approves at the desk.
    """

    title: dict[Language, Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NEWS_TITLE)]]
    text: dict[Language, Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NEWS_TEXT)]]
    topics: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], ...], msgspec.Meta(min_length=1, max_length=MOST_TOPICS)
    ]
    instead: dict[Language, Language] = {}
    url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    announce: bool = False


class NewsPublished(msgspec.Struct, frozen=True, kw_only=True):
    """News that everybody reads now; `announcement` is the number of the draft, null without one."""

    number: int
    path: str
    announcement: int | None


class SessionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A date of an event. `free` is null where seats are not counted; an online meeting's address is told only to those who have a seat."""

    number: int
    state: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    place: dict[str, str]
    map: str
    is_online: bool
    language: str
    capacity: int | None
    free: int | None


class EventShape(msgspec.Struct, frozen=True, kw_only=True):
    """A published or cancelled event that is not over; texts by language."""

    number: int
    state: str
    kind: str
    topic: str
    region: str
    title: dict[str, str]
    description: dict[str, str]
    organiser: dict[str, str]
    audience: dict[str, str]
    contact: str
    opens_at: dt.datetime | None
    closes_at: dt.datetime | None
    sessions: tuple[SessionShape, ...]


class EventPage(msgspec.Struct, frozen=True):
    """A page of events; `next` is the cursor of the following one, null at the end."""

    items: tuple[EventShape, ...]
    next: str | None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457). `reason` is for programs, `detail` for those who write them; `field` is at fault, where one is."""

    title: str
    status: int
    detail: str
    reason: str
    field: str = ""


def proposal_shape(proposal: Proposal, answer: Answer | None = None) -> ProposalShape:
    names = ("number", "reference", "version", "kind", "theme", "region", "about", "language", "title", "text", "name", "supports")
    more = ("filed_at", "changed_at", "published_at", "promised", "appealed_at", "merged_into", "body")
    values = {name: getattr(proposal, name) for name in (*names, *more)}
    shown = None
    if answer is not None and proposal.state is State.ANSWERED:
        shown = AnswerShape(
            outcome=answer.outcome, who=answer.who, by_when=answer.by_when, words=answer.words, instead=answer.instead, at=answer.at
        )
    return ProposalShape(**values, state=proposal.state.value, signs=proposal.signals, official_answer=shown)


def decision_shape(decision: Decision) -> DecisionShape:
    return DecisionShape(
        id=decision.id,
        proposal=decision.number,
        act=Act(decision.act).value,
        standing=decision.standing.value,
        by=decision.by,
        at=decision.at,
        second=decision.second,
        second_at=decision.second_at,
        details=decision.details,
        tell_at=decision.tell_at,
        told_at=decision.told_at,
    )


def question_shape(question: OpenQuestion) -> QuestionShape:
    return QuestionShape(
        number=question.number, text=question.text, language=question.language, entry=question.entry, asked_at=question.asked_at
    )


def event_shape(event: Event, now: dt.datetime) -> EventShape:
    details = event.details
    names = ("title", "description", "organiser", "audience", "contact", "topic", "region")
    sessions = tuple(
        SessionShape(
            number=session.id,
            state=event.state_of(session, now).value,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            place=session.place,
            map=session.map_url,
            is_online=session.is_online,
            language=session.language,
            capacity=session.seats.capacity,
            free=session.seats.free(now) if session.seats.capacity is not None else None,
        )
        for session in event.sessions
    )
    return EventShape(
        number=event.id,
        state=event.state(now).value,
        kind=details.kind.value,
        opens_at=event.opens_at,
        closes_at=event.closes_at,
        sessions=sessions,
        **{name: getattr(details, name) for name in names},
    )
