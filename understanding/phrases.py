"""Ways of saying one of a few things: finds the wording of words.yml a message is nearly the same as.

Small talk and features are not entries: what matters is not which of them is likest, but whether the message is hardly anything else.
So this compares spelling alone, whole message against whole wording, and only a high likeness counts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from understanding.arabizi import skeletons
from understanding.text import fold
from understanding.views import grams

_BUCKETS = 1 << 20
_LONGEST = 14  # words; a longer message says more than any wording does


class Phrasebook:
    """Wordings by kind, compared by runs of letters and of skeletons; immutable once built."""

    def __init__(self, wordings: Iterable[tuple[str, str]]) -> None:
        """Learn from pairs of wording and kind."""
        pairs = [(_marks(fold(wording)), kind) for wording, kind in wordings]
        self._kinds = [kind for _, kind in pairs]
        seen = Counter(mark for marks, _ in pairs for mark in marks)
        self._rarity = {mark: math.log((1 + len(pairs)) / (1 + count)) + 1 for mark, count in seen.items()}
        self._unseen = math.log(1 + len(pairs)) + 1
        found: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for number, (marks, _) in enumerate(pairs):
            for mark, weight in self._weigh(marks).items():
                found[mark].append((number, weight))
        self._wordings_with: dict[int, tuple[NDArray[np.intp], NDArray[np.float64]]] = {
            mark: (np.array([number for number, _ in held], dtype=np.intp), np.array([weight for _, weight in held]))
            for mark, held in found.items()
        }

    def nearest(self, text: str) -> tuple[str, float]:
        """Give the kind of the likest wording and its likeness, 0 to 1; ("", 0.0) when nothing is alike."""
        folded = fold(text)
        if not self._kinds or folded.count(" ") >= _LONGEST:
            return "", 0.0
        likeness = np.zeros(len(self._kinds))
        for mark, weight in self._weigh(_marks(folded)).items():
            if mark in self._wordings_with:
                numbers, weights = self._wordings_with[mark]
                likeness[numbers] += weight * weights
        best = int(likeness.argmax())
        return (self._kinds[best], float(likeness[best])) if likeness[best] > 0 else ("", 0.0)

    def _weigh(self, marks: dict[int, int]) -> dict[int, float]:
        weights = {mark: (1 + math.log(count)) * self._rarity.get(mark, self._unseen) for mark, count in marks.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {mark: weight / length for mark, weight in weights.items()}


def _marks(folded: str) -> dict[int, int]:
    """Count runs of letters, and runs of skeleton letters under other numbers."""
    letters = grams(folded, 2, 4, _BUCKETS)
    bones = grams(skeletons(folded), 2, 3, _BUCKETS)
    return letters | {_BUCKETS + mark: count for mark, count in bones.items()}
