"""Which entries a message may be about, in order, and how sure the first is."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from understanding import confidence
from understanding.arabizi import Decoder
from understanding.concepts import Concepts
from understanding.confidence import Signs
from understanding.discriminant import Classes, Discriminant, Regression
from understanding.encoders import Encoder
from understanding.familiar import Familiar
from understanding.sights import Sight, Sights
from understanding.variants import respelt
from understanding.views import Vector

_REGRESSION_WEIGHT = 0.025  # of its logarithms beside the discriminant's cosines
_LEAST_LOG = -40.0  # in a small index the regression is too sure; what is unlikely is unlikely enough
_NEIGHBOURHOOD_WEIGHT = 0.8  # of the subject of the last answer, for a short message that follows it
_RANKED = 5


@dataclass(frozen=True, slots=True)
class Ranking:
    """Entries, best first, with comparable scores, and how sure the first is (0..1)."""

    entries: tuple[tuple[str, float], ...]
    confidence: float
    signs: Signs | None = None


class Matcher:
    """Compares a message with the examples of every entry; immutable once built."""

    def __init__(
        self,
        examples: Sequence[tuple[str, str, str]],
        *,
        concepts: Concepts,
        decoder: Decoder,
        encoder: Encoder | None,
        cache: MutableMapping[str, Any],
    ) -> None:
        """Learn from triples of text, entry and language."""
        examples = [*examples, *_variants(examples)]
        self._entries = sorted({entry for _, entry, _ in examples})
        self._numbers = {entry: number for number, entry in enumerate(self._entries)}
        self._curve = confidence.WITH_ENCODER if encoder is not None else confidence.LETTERS_ONLY
        if not examples:
            return
        # In order of entry, so that the examples of one entry lie side by side.
        examples.sort(key=lambda example: self._numbers[example[1]])
        classes: Classes = np.array([self._numbers[entry] for _, entry, _ in examples], dtype=np.intp)
        self._first = np.searchsorted(classes, np.arange(len(self._entries) + 1))
        self._sights = Sights(
            [(text, language) for text, _, language in examples], concepts=concepts, decoder=decoder, encoder=encoder, cache=cache
        )
        seen, count = self._sights.take(), len(self._entries)
        self._familiar = Familiar(zip(seen.texts, classes.tolist(), strict=True), concepts)
        self._discriminant = Discriminant(seen.rows, classes, count)
        self._regression = Regression(seen.rows, classes, count) if Regression.affordable(len(seen.rows), count) else None
        self._likenesses = seen.likenesses

    def rank(self, text: str, language: str, *, after: str = "") -> Ranking:
        """Rank the entries for a message; `after` draws the entries near that one in subject nearer."""
        if not self._entries:
            return Ranking((), 0.0)
        sight = self._sights.see(text, language)
        cosines = self._discriminant.cosines(sight.row)
        logs = self._regression.log_shares(sight.row) if self._regression is not None else np.zeros_like(cosines)
        if after in self._numbers:
            # The regression only knows messages that stand alone: it would be sure of a delay, and of the wrong one.
            scores = cosines = cosines + _NEIGHBOURHOOD_WEIGHT * self._near(self._numbers[after])
        else:
            scores = cosines + _REGRESSION_WEIGHT * np.maximum(logs, _LEAST_LOG)
        order = np.argsort(-scores, kind="stable")[:_RANKED]
        signs = self._signs(sight, cosines, logs, scores, order)
        return Ranking(tuple((self._entries[i], float(scores[i])) for i in order), self._curve.confidence(signs), signs)

    def _near(self, entry: int) -> Vector:
        """Give the pull of each entry's subject; the last answer, just given, is drawn no more than its nearest neighbour."""
        near = self._discriminant.neighbourhood(entry)
        near[entry] = -1.0
        near[entry] = near.max()
        return near

    def _signs(self, sight: Sight, cosines: Vector, logs: Vector, scores: Vector, order: Classes) -> Signs:
        first = int(order[0])
        examples = self._likenesses[self._first[first] : self._first[first + 1]].astype(np.float32)
        spread = float(scores.std()) or 1.0
        familiarity, explanation = self._familiar.shares(sight.text, first)
        return Signs(
            cosine=float(cosines[first]),
            prominence=float(cosines[first] - cosines.mean()) / (float(cosines.std()) or 1.0),
            lead=float(scores[first] - scores[order[1]]) / spread if len(order) > 1 else 0.0,
            likeness=float((examples @ sight.likeness).max()),
            agreement=float(self._regression is None or int(logs.argmax()) == int(cosines.argmax())),
            familiarity=familiarity,
            explanation=explanation,
        )


def _variants(examples: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Give respelt examples for the entries that have none in arabizi."""
    covered = {entry for _, entry, language in examples if language == "ary-Latn"}
    return [
        (respelt(text, seed), entry, language)
        for seed, (text, entry, language) in enumerate(examples)
        if language in ("ar", "ary") and entry not in covered
    ]
