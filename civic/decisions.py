"""What a decision about a proposal says, who takes it, and what is wrong with one that cannot be taken as it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from civic.errors import Refusal
from civic.knowledge import LANGUAGES
from civic.proposals import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    OUTCOMES,
    REASONS,
    SHORTEST_TEXT,
    SHORTEST_TITLE,
    Act,
    Moderator,
    Proposal,
)

LONGEST_MESSAGE = 1500  # characters that a moderator writes to an author
LONGEST_ANSWER = 3000  # characters of an official answer in one language
LONGEST_WHO = 200
LONGEST_DELAY = dt.timedelta(days=183)
LONGEST_BLOCK = dt.timedelta(days=365)
MOST_AT_ONCE = 5000  # proposals decided together


class Standing(StrEnum):
    """What became of a decision."""

    PROPOSED = "proposed"  # waits for a second person
    DONE = "done"
    DECLINED = "declined"  # by the second person
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Moderator):
    """Who decides, as the rules know them (`id`) and as the audit log calls them ("staff:3", "api:2")."""

    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How this institution decides: how long people are not told yet, and whether one person may do the work of two."""

    undo: dt.timedelta = dt.timedelta(seconds=10)
    team_of_one: bool = False


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a decision says; each act needs a few of these."""

    title: str = ""  # publish, answer: the wording that becomes public, where it is not the author's own
    text: str = ""
    message: str = ""  # ask, delay, note: the moderator's own words; reject: more about the reason, if there is more
    reason: str = ""  # reject: one of REASONS
    target: int = 0  # merge: the proposal that says the same
    body: str = ""  # forward: the record of the body it concerns
    outcome: str = ""  # answer: one of OUTCOMES
    who: str = ""  # answer: the body that answers
    by_when: dt.date | None = None  # answer: by when it will be done
    words: dict[str, str] = {}  # answer: in each language
    instead: dict[str, str] = {}  # answer: the language that is read where there are no words
    promised: dt.date | None = None  # delay: the new promise


def check_details(act: Act, details: Details, proposal: Proposal, today: dt.date) -> None:
    """Whether a decision says what it has to. Raises Refusal, whose `question` names the field at fault."""
    if act in (Act.PUBLISH, Act.ANSWER):
        _length("title", details.title, SHORTEST_TITLE, LONGEST_TITLE, optional=True)
        _length("text", details.text, SHORTEST_TEXT, LONGEST_TEXT, optional=True)
    if act in (Act.ASK, Act.DELAY, Act.NOTE):
        _length("message", details.message, 2, LONGEST_MESSAGE)
    if act is Act.REJECT:
        _one_of("reason", details.reason, REASONS)
        _length("message", details.message, 2, LONGEST_MESSAGE, optional=True)
    if act is Act.MERGE and (details.target <= 0 or details.target == proposal.number):
        raise Refusal("target_missing", "target")
    if act is Act.FORWARD and not details.body:
        raise Refusal("body_missing", "body")
    if act is Act.DELAY and not _is_later(details.promised, proposal.promised, today):
        raise Refusal("not_later", "promised")
    if act is Act.ANSWER:
        _check_answer(details, today)


def check_block(until: dt.datetime, reason: str, at: dt.datetime) -> None:
    """Whether somebody may be kept from filing until then. Raises Refusal."""
    if not at < until <= at + LONGEST_BLOCK:
        raise Refusal("block_end", "until")
    _length("reason", reason, 2, LONGEST_MESSAGE)


def _check_answer(details: Details, today: dt.date) -> None:
    _one_of("outcome", details.outcome, OUTCOMES)
    _length("who", details.who, 2, LONGEST_WHO)
    if details.by_when is not None and details.by_when < today:
        raise Refusal("past", "by_when")
    for language, words in details.words.items():
        if language not in LANGUAGES:
            raise Refusal("language_unknown", "words")
        _length(f"words_{language}", words, 2, LONGEST_ANSWER)
    for language in LANGUAGES:
        if language not in details.words and details.instead.get(language) not in details.words:
            raise Refusal("language_missing", f"words_{language}", language=language)


def _is_later(day: dt.date | None, promised: dt.date | None, today: dt.date) -> bool:
    return day is not None and max(promised or today, today) < day <= today + LONGEST_DELAY


def _length(field: str, text: str, least: int, most: int, *, optional: bool = False) -> None:
    length = len(text.strip())
    if (length < least and not (optional and not text)) or length > most:
        raise Refusal("length", field, least=least, most=most)


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Refusal("choose", field)
