"""How proposals look: a line about what one is, the whole of it, its official answer, and its way so far in words."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from bot.dialogue import Talk
from bot.messages import Button
from bot.phrases import Paragraphs, Phrase, Text, _, _n
from civic.bodies import Body
from civic.commitments import Commitment
from civic.knowledge import language_of
from civic.proposals import Proposal, reference
from civic.working_days import Promise
from handlers.language import LANGUAGE_NAMES
from handlers.proposal_words import KIND_NAMES, OUTCOME_NAMES, REASON_NAMES, REASON_TEXTS, REGION_NAMES, STATE_NAMES, THEME_NAMES
from storage import answers, records, steps

LONGEST_LABEL = 50  # characters of a title on a button

_STEPS: dict[str, Phrase] = {
    "filed": _("Sent"),
    "corrected": _("Corrected by the author"),
    "replied": _("Question answered by the author"),
    "appealed": _("Second look asked for by the author"),
    "asked": _("Question from a moderator"),
    "published": _("Published"),
    "rejected": _("Rejected"),
    "delayed": _("A later date was promised"),
    "missed": _("The promised date has passed"),
    "withdrawn": _("Withdrawn"),
}


def titled(talk: Talk, proposal: Proposal, feature: str = "proposal") -> Button:
    """A button with a proposal's number and title."""
    title = proposal.title if len(proposal.title) <= LONGEST_LABEL else f"{proposal.title[: LONGEST_LABEL - 1].rstrip()}…"
    return talk.button(_("{number}: {title}", number=proposal.reference, title=title), feature, str(proposal.number))


def about(db: sa.Connection, proposal: Proposal, language: str) -> list[Text]:
    """Kind, theme, region, place and the commitment it is on, a line each."""
    lines: list[Text] = [
        _("{kind} · {theme}", kind=KIND_NAMES[proposal.kind], theme=THEME_NAMES[proposal.theme]),
    ]
    if commitment := records.find(db, Commitment, proposal.about):
        lines.append(_("On the commitment: {title}", title=commitment.title.get(language_of(commitment.title, language), "")))
    if proposal.region:
        lines.append(_("Region: {region}", region=REGION_NAMES[proposal.region]))
    if proposal.spot is not None and proposal.spot.title:
        lines.append(_("Place: {place}", place=proposal.spot.title))
    return lines


def whole(db: sa.Connection, proposal: Proposal, language: str) -> Text:
    """A published proposal as anybody may read it."""
    author = _("By {name}", name=proposal.name) if proposal.name else _("The author’s name is not shown.")
    lines = [*about(db, proposal, language), author]
    if proposal.published_at is not None:
        lines.append(_("Published on {date}", date=proposal.published_at.date()))
    lines.append(supporters(proposal))
    heading = _("{number}: {title}", number=proposal.reference, title=proposal.title)
    parts: list[Text] = [heading, proposal.text, Paragraphs(tuple(lines), "\n"), *official_answer(db, proposal.number, language)]
    return Paragraphs(tuple(parts))


def supporters(proposal: Proposal) -> Phrase:
    """How many support it."""
    if not proposal.supports:
        return _("Nobody supports it yet.")
    return _n("{n} person supports it.", "{n} people support it.", proposal.supports)


def official_answer(db: sa.Connection, number: int, language: str) -> list[Text]:
    """The official answer in full, where there is one."""
    answer = answers.find(db, number)
    if answer is None:
        return []
    written = answer.language_for(language)
    parts: list[Text] = [
        _("Official answer of {date}, by {who}: {outcome}", date=answer.at.date(), who=answer.who, outcome=OUTCOME_NAMES[answer.outcome])
    ]
    if written != language:
        parts.append(_("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[written]))
    parts.append(answer.words[written])
    if answer.by_when is not None:
        parts.append(_("To be done by {date}", date=answer.by_when))
    return parts


def promised(promise: Promise) -> Phrase:
    """By when an answer is promised, and whether a holiday on the way is still to be confirmed."""
    if promise.is_estimated:
        return _(
            "An answer is promised by {date} (to be confirmed: a religious holiday on the way has no fixed date yet).", date=promise.day
        )
    return _("An answer is promised by {date}.", date=promise.day)


def timeline(db: sa.Connection, proposal: Proposal, language: str) -> Text:
    """What happened so far, a line each, in words."""
    told = [told for step in steps.of(db, proposal.number) if step.is_public and (told := _step(db, step, language))]
    return Paragraphs((_("What happened so far:"), *told), "\n")


def state(proposal: Proposal) -> Phrase:
    return _("Where it stands: {state}", state=STATE_NAMES[proposal.state])


def reason_of(db: sa.Connection, number: int) -> list[Text]:
    """Why a proposal was rejected, with what can be done, and a moderator's own words."""
    rejected = steps.of(db, number, ["rejected"])
    if not rejected:
        return []
    reason, _line, message = rejected[-1].details.partition("\n")
    known = REASON_TEXTS.get(reason)
    return [part for part in (known, message) if part]


def question_of(db: sa.Connection, number: int) -> str:
    """What a moderator asked last."""
    asked = steps.of(db, number, ["asked"])
    return asked[-1].details if asked else ""


def _step(db: sa.Connection, step: steps.Step, language: str) -> Text:
    what: Text = _STEPS.get(step.kind, "")
    first, _line, _rest = step.details.partition("\n")
    match step.kind:
        case "rejected" if first in REASON_NAMES:
            what = _("Rejected: {reason}", reason=REASON_NAMES[first])
        case "delayed" if (day := _day(first)) is not None:
            what = _("A later date was promised: {date}", date=day)
        case "answered" if first in OUTCOME_NAMES:
            what = _("Official answer: {outcome}", outcome=OUTCOME_NAMES[first])
        case "merged" if first.isdecimal():
            what = _("Joined to the proposal {number}, which says the same", number=reference(int(first)))
        case "forwarded" if (body := records.find(db, Body, first)) is not None:
            what = _("Passed on to: {body}", body=body.name.get(language_of(body.name, language), ""))
    return _("• {date}: {what}", date=step.at.date(), what=what) if what else ""


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
