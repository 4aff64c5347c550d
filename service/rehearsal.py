"""Rehearses a change of content: every example question that used to find its entry must still find it."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from civic.knowledge import Entry
from service.wiring import examples_of
from understanding.encoders import Encoder
from understanding.reading import Decision, Example, Understanding

_OFFERED = 3  # of the guesses a citizen is shown (handlers/questions.py)


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

    To find an entry is what a citizen would call it: it is answered at once, or it is among the guesses. The old content
    is only asked what the new one fails, so a change that breaks nothing costs one build, not two.
    """
    if not old:
        return ()
    cache = {} if cache is None else cache
    after = Understanding.build(examples_of(tuple(new)), encoder=encoder, cache=cache)
    lost: list[tuple[Example, str]] = []
    for example in examples_of(tuple(old)):
        shown = _shown(after, example.text)
        if example.entry not in shown:
            lost.append((example, shown[0] if shown else ""))
    if not lost:
        return ()
    before = Understanding.build(examples_of(tuple(old)), encoder=encoder, cache=cache)
    return tuple(
        Lost(example.entry, example.language, example.text, found)
        for example, found in lost
        if example.entry in _shown(before, example.text)
    )


def _shown(understanding: Understanding, text: str) -> list[str]:
    """The entries a citizen is shown for a question."""
    understood = understanding.read(text)
    most = {Decision.ANSWER: 1, Decision.OFFER: _OFFERED}.get(understood.decision, 0)
    return [match.entry for match in understood.matches[:most]]
