"""What people are told when an editor has answered what they asked, once and in their language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from bot.messages import Button, ButtonKind, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.knowledge import Entry
from handlers.language import LANGUAGE_NAMES
from handlers.questions import source_line
from handlers.telling import Post, Recipient, tell
from storage import audit, knowledge, questions
from storage.questions import OpenQuestion

LONGEST_QUOTE = 200  # characters of a question that are said again


class Changed(RuntimeError):
    """The entry was changed by somebody else meanwhile."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What answering did: the questions settled, the people told, and those who cannot be told any more."""

    numbers: tuple[int, ...] = ()
    told: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Post):
    """What answering needs of the world, and who answers."""

    actor: str


def follow_up(
    db: sa.Connection, desk: Desk, numbers: Collection[int], entry: Entry, before: Entry | None, at: dt.datetime, overruled: str = ""
) -> Followed:
    """Answer questions with an entry: settle them, keep the entry, and put a notice on its way to each person who asked.

    All of it in the one transaction of its caller, so nobody is told twice and nobody is forgotten, whenever the program
    dies; questions that were answered already are left alone, and without any other nothing happens. `before` is the entry
    as the editor saw it: raises Changed when it is another one now. `overruled` is why a failed rehearsal did not count.
    """
    settled = questions.settle(db, numbers, entry.id, at)
    if not settled:
        return Followed()
    if knowledge.find(db, entry.id) != before:
        raise Changed(f"the entry {entry.id} was changed meanwhile: look at it, then answer again")
    if entry != before:
        knowledge.put(db, entry, at)
    if overruled:
        audit.note(db, at, desk.actor, "rehearsal_overruled", f"entry {entry.id}", overruled)
    told = gone = 0
    seen: set[int] = set()
    for question in settled:
        if question.person_id is None:  # asked to be forgotten
            gone += 1
        elif question.person_id not in seen:
            seen.add(question.person_id)
            is_told = tell(db, desk, question.person_id, partial(notice, question, entry), at, language=question.language)
            told, gone = told + is_told, gone + (not is_told)
    done = Followed(tuple(question.number for question in settled), told, gone)
    audit.note(db, at, desk.actor, "questions_answered", f"entry {entry.id}", " ".join(str(number) for number in done.numbers))
    return done


def notice(question: OpenQuestion, entry: Entry, reader: Recipient) -> Outgoing:
    """The answer with what was asked before it, and the two buttons that every answer has."""
    language = reader.language
    number, title = f"Q-{question.number}", entry.title_for(language)
    if question.entry == entry.id:
        opening: Text = _("You said that an answer was not useful ({number}). Here is a better one: {title}", number=number, title=title)
    else:
        asked = _quoted(question.text) or title
        opening = _("An editor has answered your question {number}: {question}", number=number, question=asked)
    written = entry.language_for(language)
    parts: list[Text] = [opening]
    if written != language:
        parts.append(_("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[written]))
    parts.append(entry.answer[written])
    buttons = [Button(url.split("/")[2].removeprefix("www."), kind=ButtonKind.LINK, url=url) for url in entry.links]
    for label, verdict in ((_("This was useful"), "y"), (_("Not useful"), "n")):
        buttons.append(reader.button(label, "useful", f"{verdict}-{entry.id}"))
    return Outgoing(Paragraphs(tuple(parts)), tuple(buttons), note=source_line(entry))


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE].rsplit(' ', 1)[0]}…"
