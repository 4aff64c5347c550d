"""Keeps what an editor changed at the desk, and shows beforehand how each channel would say it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.layout import Limits, fit
from bot.messages import Button, ButtonKind, Outgoing, Shown, show
from bot.phrases import Paragraphs, Text, Voice, _
from civic.knowledge import LANGUAGES, Entry
from civic.records import KINDS, Record
from handlers.desk.followup import Changed
from handlers.language import LANGUAGE_NAMES
from handlers.questions import source_line
from handlers.sources import site
from storage import audit, editions, knowledge, records


@dataclass(frozen=True, slots=True)
class Preview:
    """What one channel would send to a reader of one language, message by message."""

    channel: str
    language: str
    parts: tuple[Shown, ...]


def previews(entry: Entry, voices: Mapping[str, Voice], channels: Mapping[str, Limits]) -> tuple[Preview, ...]:
    """An entry as every channel says it, in every language; where an answer is missing, as its reader is told so."""
    made = []
    for language in LANGUAGES:
        shown = show(_said(entry, language), voices[language])
        made += [Preview(channel, language, fit(shown, limits)) for channel, limits in channels.items()]
    return tuple(made)


def keep_entry(db: sa.Connection, entry: Entry, before: Entry | None, at: dt.datetime, actor: str, overruled: str = "") -> None:
    """Publish an entry; raises Changed when it is not the one the editor saw any more. `overruled`: why a rehearsal did not count."""
    if knowledge.find(db, entry.id) != before:
        raise Changed(f"the entry {entry.id} was changed meanwhile")
    knowledge.put(db, entry, at)
    if overruled:
        audit.note(db, at, actor, "rehearsal_overruled", f"entry {entry.id}", overruled)
    audit.note(db, at, actor, "entry_changed", f"entry {entry.id}", " ".join(_changed(entry, before)))


def keep_record(db: sa.Connection, record: Record, before: Record, at: dt.datetime, actor: str) -> None:
    """Publish a record; raises Changed when it is not the one the editor saw any more."""
    if records.find(db, type(before), before.id) != before:
        raise Changed(f"the record {record.id} was changed meanwhile")
    records.put(db, record, at)
    audit.note(db, at, actor, "record_changed", f"{KINDS[type(record)]} {record.id}", " ".join(_changed(record, before)))


def version(content: Entry | Record | None) -> str:
    """What is another whenever the content is; "" for none."""
    return "" if content is None else editions.digest(content)


def _said(entry: Entry, language: str) -> Outgoing:
    written = entry.language_for(language)
    parts: list[Text] = [entry.answer[written]]
    if written != language:
        parts.insert(0, _("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[written]))
    buttons = [Button(site(url), kind=ButtonKind.LINK, url=url) for url in entry.links]
    buttons += [Button(_("This was useful")), Button(_("Not useful"))]
    return Outgoing(Paragraphs(tuple(parts)), tuple(buttons), note=source_line(entry))


def _changed(after: Entry | Record, before: Entry | Record | None) -> list[str]:
    """The names of the fields that are not what they were."""
    names = after.__struct_fields__
    return [name for name in names if before is None or getattr(after, name) != getattr(before, name)]
