"""What the page of one proposal shows: its text with personal data marked, what happened to it, and the form of a decision."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.phrases import Phrase, Text, _
from civic import personal_data
from civic.bodies import Body
from civic.decisions import Details
from civic.errors import Refusal
from civic.knowledge import LANGUAGES, language_of
from civic.proposals import Act, Proposal, State, number_in, reference
from handlers.proposal_words import OUTCOME_NAMES, REASON_NAMES
from storage import answers, attachments, blocks, casework, decisions, proposals, records, staff, steps
from storage.answers import Answer
from storage.attachments import Attachment
from storage.blocks import Block
from storage.decisions import Decision, Wording
from web.desk.decision_words import PERSONAL, STEPS

_ACTOR = re.compile(r"(staff|api):(\d+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `kind` says what personal data it is."""

    text: str
    kind: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, in words."""

    at: dt.datetime
    who: Text
    what: Phrase
    more: Text
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A proposal with all that a moderator needs beside it."""

    proposal: Proposal
    original: Wording
    spans: tuple[tuple[personal_data.Span, ...], tuple[personal_data.Span, ...]]  # in title and text of the original
    lines: tuple[Line, ...]
    pending: Decision | None
    pending_by: Text
    answer: Answer | None
    similar: tuple[Proposal, ...]
    others: Mapping[State, int]
    block: Block | None
    holder: str
    bodies: tuple[tuple[str, str], ...]
    files: tuple[Attachment, ...]

    @property
    def title(self) -> tuple[Piece, ...]:
        return pieces(self.original.title, self.spans[0])

    @property
    def text(self) -> tuple[Piece, ...]:
        return pieces(self.original.text, self.spans[1])

    @property
    def is_personal(self) -> bool:
        return any(self.spans)

    @property
    def masked(self) -> Wording:
        """The wording with personal data covered."""
        title, text = self.spans
        return Wording(personal_data.mask(self.original.title, title), personal_data.mask(self.original.text, text))

    @property
    def is_reworded(self) -> bool:
        """Whether what is public is not what the author wrote."""
        return self.proposal.is_public and (self.proposal.title, self.proposal.text) != (self.original.title, self.original.text)


def load(db: sa.Connection, number: int, language: str, now: dt.datetime) -> Case | None:
    """A proposal as a moderator sees it."""
    proposal = proposals.find(db, number)
    if proposal is None:
        return None
    original = decisions.original(db, number)
    happened = steps.of(db, number)
    pending = decisions.pending(db, number)
    ids = {int(found[2]) for step in happened if (found := _ACTOR.search(step.actor)) and found[1] == "staff"}
    if pending is not None and (found := _ACTOR.search(pending.by)):
        ids.add(int(found[2]))
    held = proposal.held_by if proposal.is_held(now) else None
    names = staff.names(db, ids | ({held} if held is not None else set()))
    return Case(
        proposal=proposal,
        original=original,
        spans=(personal_data.find(original.title), personal_data.find(original.text)),
        lines=tuple(_line(db, step, names, language) for step in happened),
        pending=pending,
        pending_by=who(pending.by, names) if pending is not None else "",
        answer=answers.find(db, number),
        similar=casework.similar(db, proposal),
        others=casework.count_of_author(db, proposal.author) if proposal.author is not None else {},
        block=blocks.find(db, proposal.author, now) if proposal.author is not None else None,
        holder=names.get(held, "") if held is not None else "",
        bodies=tuple((body.id, body.name[language_of(body.name, language)]) for body in records.of_kind(db, Body)),
        files=attachments.of(db, number),
    )


def pieces(text: str, spans: tuple[personal_data.Span, ...]) -> tuple[Piece, ...]:
    """A text cut where personal data begin and end."""
    cut: list[Piece] = []
    place = 0
    for span in spans:
        cut += [Piece(text[place : span.start]), Piece(text[span.start : span.end], PERSONAL[span.kind])]
        place = span.end
    return tuple(piece for piece in (*cut, Piece(text[place:])) if piece.text)


def who(actor: str, names: Mapping[int, str]) -> Text:
    """How an actor is called at the desk."""
    if actor == "author":
        return _("The author")
    found = _ACTOR.search(actor)
    if found is None:
        return "Hiwar"
    if found[1] == "staff":
        return names.get(int(found[2]), actor)
    return _("Program {number}", number=found[2])


def details_of(act: Act, fields: Mapping[str, str], case: Case) -> Details:
    """What a form says. Raises Refusal for a day that is none."""
    words = {language: text for language in LANGUAGES if (text := fields.get(f"words_{language}", "").strip())}
    instead = {
        language: other for language in LANGUAGES if language not in words and (other := fields.get(f"instead_{language}", "")) in words
    }
    title, text = fields.get("title", "").strip(), fields.get("text", "").replace("\r\n", "\n").strip()
    is_own = (title, text) == (case.original.title.strip(), case.original.text.strip())
    return Details(
        title="" if is_own else title,
        text="" if is_own else text,
        message=fields.get("message", "").strip(),
        reason=fields.get("reason", ""),
        target=(number_in(fields.get("target", "")) or 0) if act is Act.MERGE else 0,
        body=fields.get("body", "") if act is Act.FORWARD else "",
        outcome=fields.get("outcome", ""),
        who=fields.get("who", "").strip(),
        by_when=_day(fields, "by_when"),
        words=words,
        instead=instead,
        promised=_day(fields, "promised"),
    )


def _day(fields: Mapping[str, str], name: str) -> dt.date | None:
    text = fields.get(name, "").strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal("date", name) from None


def _line(db: sa.Connection, step: steps.Step, names: Mapping[int, str], language: str) -> Line:
    more: Text = step.details
    first, _newline, rest = step.details.partition("\n")
    match step.kind:
        case "rejected" if first in REASON_NAMES:
            more = _("{what}: {more}", what=REASON_NAMES[first], more=rest) if rest else REASON_NAMES[first]
        case "answered" if first in OUTCOME_NAMES:
            more = OUTCOME_NAMES[first]
        case "merged" if first.isdecimal():
            more = reference(int(first))
        case "forwarded":
            body = records.find(db, Body, first)
            more = body.name[language_of(body.name, language)] if body is not None else first
        case "proposed" | "undone" | "retracted":
            more = STEPS.get(_PAST.get(first, first), first)
    return Line(step.at, who(step.actor, names), STEPS.get(step.kind, _("Changed")), more, not step.is_public)


_PAST = {  # the step that an act leaves
    "publish": "published",
    "ask": "asked",
    "reject": "rejected",
    "merge": "merged",
    "forward": "forwarded",
    "answer": "answered",
    "delay": "delayed",
}
