"""Rehearses a change of content: every example question that used to find its entry must still find it."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civic.knowledge import Entry
from understanding.reading import Decision, Example, Understanding

if TYPE_CHECKING:
    from understanding.encoders import Encoder


@dataclass(frozen=True, slots=True)
class Lost:
    """A question that used to find its entry; `found` is what it finds first now, or "" when nothing fits."""

    entry: str
    language: str
    text: str
    found: str

    def __str__(self) -> str:
        return f"{self.entry}, {self.language}: {self.text!r} now finds {self.found or 'nothing'}"


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


def examples_of(entries: Sequence[Entry]) -> list[Example]:
    """Every example question of the knowledge base."""
    return [Example(text, entry.id, language) for entry in entries for language, texts in entry.examples.items() for text in texts]
