"""The language of a message: the script narrows it down, letter statistics decide.

A naive Bayes over hashed runs of one to four letters, trained at build from text that ships with Hiwar alone: the examples of the knowledge
base, the words of command and the lists in languages.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from understanding import lists
from understanding.text import LANGUAGES, script, tidy
from understanding.views import grams

_OF_SCRIPT = {"arabic": ("ar", "ary"), "latin": ("ary-Latn", "fr", "en", "zgh"), "tifinagh": ("zgh",)}
_BUCKETS = 1 << 16
_LONGEST = 4
_UNSEEN = 0.3  # what a run of letters never seen in a language counts for
_PRIOR = 2.0  # how much the person's own choice weighs, in natural logarithms: it decides one-word messages, never a sentence
_NOT_A_LETTER = re.compile(r"[^\w']+")
_DIGITS_ONLY = re.compile(r"\b\d+\b")


def shipped_text() -> list[tuple[str, str]]:
    """Give the pairs (text, language) of languages.yml."""
    return [(str(text), language) for language, texts in lists.shipped("languages.yml").items() for text in texts]


class Languages:
    """Tells the language of a message; immutable once built."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """Learn from pairs of text and language."""
        counts = np.full((len(LANGUAGES), _BUCKETS), _UNSEEN)
        for text, language in texts:
            if language not in LANGUAGES or script(text) == "tifinagh":
                continue
            row = counts[LANGUAGES.index(language)]
            for bucket, count in grams(_plain(text), 1, _LONGEST, _BUCKETS).items():
                row[bucket] += count
        self._logs: NDArray[np.float32] = np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)

    def tell(self, text: str, *, prior: str = "") -> str:
        """Give the language of a text, or "" when it has no letters; a person's choice decides where the text leaves it open."""
        possible = _OF_SCRIPT.get(script(text), ())
        if len(possible) < 2:
            return possible[0] if possible else ""
        buckets = list(grams(_plain(text), 1, _LONGEST, _BUCKETS))
        scores = {language: float(self._logs[LANGUAGES.index(language), buckets].sum()) for language in possible}
        if prior in scores:
            scores[prior] += _PRIOR
        return max(scores, key=lambda language: scores[language])


def _plain(text: str) -> str:
    return _NOT_A_LETTER.sub(" ", _DIGITS_ONLY.sub(" ", tidy(text).casefold()))
