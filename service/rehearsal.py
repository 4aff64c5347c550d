"""Rehearses a change of content: every example question that used to find its entry must still find it."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from civic.knowledge import Entry
from service import library
from service.librarian import examples_of
from service.operations import done, not_ready, refuse
from service.settings import Settings
from storage import knowledge
from storage.sealing import open_seal
from storage.soundness import open_to_look
from understanding import encoders
from understanding.encoders import Encoder
from understanding.reading import Decision, Example, Understanding


@dataclass(frozen=True, slots=True)
class Lost:
    """A question that used to find its entry; `found` is what it finds first now, or "" when nothing fits."""

    entry: str
    language: str
    text: str
    found: str

    def __str__(self) -> str:
        return f"{self.entry}, {self.language}: {self.text!r} now finds {self.found or 'nothing'}"


def rehearse_content(settings: Settings, against: Path | None = None) -> int:
    """Print what loading the content folder would break of what the database says now, or of another folder; 1 when anything."""
    files = library.read_entries(settings.content)
    if against is not None:
        old, by_hand = library.read_entries(against), {}
    else:
        if told := not_ready(settings):
            return refuse(told)
        engine = open_to_look(settings.url, open_seal(settings.key_path))
        try:
            with engine.connect() as db:
                old, by_hand = knowledge.everything(db), {entry.id: entry for entry in knowledge.edited(db)}
        finally:
            engine.dispose()
    new = {entry.id: entry for entry in files} | by_hand  # an editor's text stands when the files are loaded
    lost = rehearse(old, tuple(new.values()), encoder=encoders.load() if settings.encoder else None)
    for one in lost:
        print(one)  # noqa: T201
    asked = len(examples_of(old))
    if lost:
        return refuse(f"{len(lost)} of {asked} example questions used to find their entry and no longer do")
    return done(f"All example questions that found their entry still do; {asked} were asked.")


def rehearse(
    old: Sequence[Entry], new: Sequence[Entry], *, encoder: Encoder | None = None, cache: MutableMapping[str, Any] | None = None
) -> tuple[Lost, ...]:
    """Ask every example question of the old content of the new one; those that used to find their entry and no longer do.

    To find an entry is to be answered with it at once, or to be shown it as the first guess. The old content
    is only asked what the new one fails, so a change that breaks nothing costs one build, not two.
    """
    if not old:
        return ()
    cache = {} if cache is None else cache
    after = Understanding.build(examples_of(tuple(new)), encoder=encoder, cache=cache)
    lost: list[tuple[Example, str]] = []
    for example in examples_of(tuple(old)):
        found = _found(after, example.text)
        if found != example.entry:
            lost.append((example, found))
    if not lost:
        return ()
    before = Understanding.build(examples_of(tuple(old)), encoder=encoder, cache=cache)
    return tuple(
        Lost(example.entry, example.language, example.text, found)
        for example, found in lost
        if _found(before, example.text) == example.entry
    )


def _found(understanding: Understanding, text: str) -> str:
    """The entry a question finds, or "" when it finds none."""
    understood = understanding.read(text)
    is_shown = understood.decision in (Decision.ANSWER, Decision.OFFER)
    return understood.matches[0].entry if is_shown and understood.matches else ""
