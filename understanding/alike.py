"""Which texts say much the same as another one, across languages and ways of writing.

Each text is a row of fixed length: its words' letters, its consonants and its English glosses, hashed with signs into a few hundred numbers
each, and what the sentence encoder makes of it where there is one. So a text can be added at any time without fitting anything anew, and
five thousand texts take 15 MB by letters alone, 25 MB with the encoder.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from understanding import lists
from understanding.arabizi import Decoder, skeletons
from understanding.concepts import Concepts
from understanding.encoders import Encoder
from understanding.language import Languages
from understanding.text import fold, tidy
from understanding.views import Vector, unit

MOST = 5000  # texts that are compared with; older ones are left out
BEST = 3
_SIZE = 512  # numbers of a hashed view: two unrelated texts then differ from zero by 0.04
_READ = 600  # characters the encoder reads: it was made for sentences, and the beginning says what a text is about
_Rows = NDArray[np.float16]

# Weights of letters, consonants, glosses, meaning and meaning of the glosses, and the sum from which two texts are called alike;
# chosen on pairs that tests/understanding/test_alike.py does not ask (docs/understanding.md).
_LEXICAL = (0.35, 0.25, 0.4)
_WITH_ENCODER = (0.2, 0.1, 0.25, 0.3, 0.15)
_ALIKE_LEXICAL, _ALIKE_WITH_ENCODER = 0.22, 0.34


class Alike:
    """Published texts by their number; adding and finding belong into one thread."""

    def __init__(self, *, concepts: Concepts, languages: Languages, encoder: Encoder | None, background: Iterable[str] = ()) -> None:
        """`background` are texts of all kinds by which common words are told from rare ones."""
        self._concepts, self._languages, self._encoder = concepts, languages, encoder
        self._decoder = Decoder(concepts.arabic)
        self._common: Counter[str] = Counter()
        self._background = 0
        for text in background:
            self._background += 1
            self._common.update(set(fold(text).split()) | set(self._glosses(text).split()))
        self._numbers: list[int] = []
        self._rows: _Rows = np.zeros((0, self.length), np.float16)

    @classmethod
    def shipped(cls, *, encoder: Encoder | None = None, background: Iterable[str] = ()) -> Alike:
        """Compare with the word lists of this package."""
        from understanding.language import shipped_text
        from understanding.words import Words

        languages = Languages([*shipped_text(), *Words.shipped().phrases()])
        subjects = Concepts({**lists.shipped("concepts.yml"), **lists.shipped("subjects.yml")})
        return cls(concepts=subjects, languages=languages, encoder=encoder, background=background)

    @property
    def length(self) -> int:
        return 3 * _SIZE + (1024 if self._encoder is not None else 0)

    def __len__(self) -> int:
        return len(self._numbers)

    def replace(self, texts: Mapping[int, str], known: Alike | None = None) -> None:
        """Compare with these texts from now on; rows that `known` has are taken from there."""
        old = dict(zip(known._numbers, known._rows, strict=True)) if known is not None else {}
        self._numbers = list(texts)[:MOST]
        rows = [old[number] if number in old else self._row(texts[number]).astype(np.float16) for number in self._numbers]
        self._rows = np.stack(rows) if rows else np.zeros((0, self.length), np.float16)

    def find(self, text: str) -> tuple[int, ...]:
        """The numbers of the texts that say much the same, most alike first."""
        return tuple(number for number, _score in self.scores(text)[:BEST])

    def scores(self, text: str, least: float | None = None) -> list[tuple[int, float]]:
        """Numbers with their likeness, most alike first, from the least that counts."""
        if not self._numbers:
            return []
        threshold = least if least is not None else _ALIKE_WITH_ENCODER if self._encoder is not None else _ALIKE_LEXICAL
        found = self._rows.astype(np.float32) @ self._row(text)
        order = np.argsort(-found, kind="stable")
        return [(self._numbers[place], float(found[place])) for place in order if found[place] >= threshold]

    def _row(self, text: str) -> Vector:
        """A text in every view, each weighted by the root of its weight, so that the product of two rows is the weighted sum."""
        arabizi = self._languages.tell(text, prior="") == "ary-Latn"
        plain = self._decoder.decode(text) if arabizi else tidy(text)
        glosses = self._concepts.read(text, self._decoder if arabizi else None)
        views = [self._letters(fold(plain)), self._bones(plain), self._hashed(self._weighed(glosses.split()))]
        weights = _WITH_ENCODER if self._encoder is not None else _LEXICAL
        if self._encoder is not None:
            meanings = self._encoder.encode([plain[:_READ] or ".", glosses[:_READ] or "."])
            views += [unit(np.asarray(meaning, np.float32)) for meaning in meanings]
        return np.concatenate([math.sqrt(weight) * view for weight, view in zip(weights, views, strict=True)])

    def _glosses(self, text: str) -> str:
        return self._concepts.read(text)

    def _letters(self, whole: str) -> Vector:
        """Runs of letters of the words, each with the rarity of its word."""
        found: dict[str, float] = {}
        for word, weight in self._weighed(whole.split()).items():
            edged = f" {word} "
            runs = [edged[start : start + 4] for start in range(max(1, len(edged) - 3))]
            for run in runs:
                found[run] = found.get(run, 0.0) + weight / math.sqrt(len(runs))
        return self._hashed(found)

    def _bones(self, plain: str) -> Vector:
        words = {word: weight for word, weight in self._weighed(fold(plain).split()).items() if len(word) > 3}
        found: dict[str, float] = {}
        for word, weight in words.items():
            bones = skeletons(word)
            if len(bones) >= 3:
                found[bones] = max(found.get(bones, 0.0), weight)
        return self._hashed(found)

    def _weighed(self, words: Iterable[str]) -> dict[str, float]:
        """Words with their rarity, the more often the heavier."""
        return {word: self._rarity(word) * (1 + math.log(count)) for word, count in Counter(words).items()}

    def _rarity(self, word: str) -> float:
        return math.log((2 + self._background) / (1 + self._common[word])) / math.log(2 + self._background) if self._background else 1.0

    @staticmethod
    def _hashed(weights: Mapping[str, float]) -> Vector:
        row: Vector = np.zeros(_SIZE, np.float32)
        for feature, weight in weights.items():
            place, sign = _place(feature)
            row[place] += sign * weight
        return unit(row)


@lru_cache(1 << 14)
def _place(feature: str) -> tuple[int, int]:
    number = zlib.crc32(feature.encode())
    return number % _SIZE, 1 if number >> 31 else -1
