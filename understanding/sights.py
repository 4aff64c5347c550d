"""What a message looks like in every view at once: the row of numbers that matching works on."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from understanding.arabizi import Decoder, skeletons
from understanding.concepts import Concepts
from understanding.encoders import Encoder
from understanding.text import fold, tidy
from understanding.views import Letters, Rows, Vector, unit

# How much each view weighs, and into how many dimensions the letter views are pressed; tuned on development data (docs/understanding.md).
_LETTERS, _SKELETONS, _GLOSSES = (0.9, 300), (0.9, 300), (0.7, 350)
_MEANING, _GLOSS_MEANING = 1.0, 0.7
_WEIGHTS = (_LETTERS[0], _SKELETONS[0], _GLOSSES[0], _MEANING, _GLOSS_MEANING)  # side by side, in this order
_WHOLE_WORDS = 99  # runs longer than any word: each word is one feature
_EMBEDDED_AT_ONCE = 32
_BLOCK = 512
_NOTHING = "."  # what the encoder reads in place of an empty text


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready for the views."""

    text: str  # arabizi read as Arabic letters, everything else as written
    glosses: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the texts look like that the views were fitted on, in order."""

    rows: Rows
    likenesses: Rows
    texts: list[str]  # arabizi read as Arabic letters


@dataclass(frozen=True, slots=True)
class Sight:
    """A message in every view."""

    row: Vector  # all views side by side, weighted
    likeness: Vector  # the one view in which a message is compared with single examples
    text: str  # arabizi read as Arabic letters


class Sights:
    """Turns texts into rows; immutable once fitted."""

    def __init__(
        self,
        texts: Sequence[tuple[str, str]],
        *,
        concepts: Concepts,
        decoder: Decoder,
        encoder: Encoder | None,
        cache: MutableMapping[str, Any],
    ) -> None:
        """Fit the views on pairs of text and language, and look at these texts; `take` gives what was seen."""
        self._concepts, self._decoder, self._encoder = concepts, decoder, encoder
        self._centres: list[Vector] = []
        prepared = [self.prepare(text, language) for text, language in texts]
        plain, glosses = [one.text for one in prepared], [one.glosses for one in prepared]
        self._letters = Letters(fold, 2, 5, _LETTERS[1], plain)
        self._skeletons = Letters(skeletons, 2, 4, _SKELETONS[1], plain)
        self._glosses = Letters(fold, _WHOLE_WORDS, _WHOLE_WORDS, _GLOSSES[1], glosses)
        self._seen: Seen | None = self._look(plain, glosses, cache)

    def _look(self, plain: list[str], glosses: list[str], cache: MutableMapping[str, Any]) -> Seen:
        """Look at the texts in one view after the other: no more than one of them is held beside the rows."""
        views = (self._letters, self._skeletons, self._glosses)
        read = (plain, glosses) if self._encoder is not None else ()
        embedded = [_embed(self._encoder, texts, cache) for texts in read] if self._encoder is not None else []
        rows: Rows = np.empty((len(plain), sum(view.dimensions for view in views) + sum(one.shape[1] for one in embedded)), np.float16)
        likenesses: Rows = np.empty((0, 0), np.float16)
        place = 0
        for weight, view in zip(_WEIGHTS, views, strict=False):
            seen = view.take()
            likenesses = likenesses if place else seen.astype(np.float16)
            rows[:, place : place + seen.shape[1]] = weight * seen
            place += seen.shape[1]
        for weight in _WEIGHTS[len(views) :][: len(embedded)]:
            # Sentence vectors share a large common part (every question resembles every question); what is left after it is told apart.
            meanings = embedded.pop(0)
            centre: Vector = meanings.mean(axis=0, dtype=np.float32)
            self._centres.append(centre)
            for start in range(0, len(meanings), _BLOCK):
                block = slice(start, start + _BLOCK)
                meanings[block] = unit(meanings[block].astype(np.float32) - centre)
            likenesses = likenesses if len(self._centres) > 1 else meanings
            rows[:, place : place + meanings.shape[1]] = meanings * np.float16(weight)
            place += meanings.shape[1]
        return Seen(rows, likenesses, plain)

    def take(self) -> Seen:
        """Give what was seen of the texts the views were fitted on; once, as it takes 30 MB only a build needs."""
        if self._seen is None:
            raise RuntimeError("the rows were taken before")
        seen, self._seen = self._seen, None
        return seen

    def prepare(self, text: str, language: str) -> Prepared:
        """Read arabizi as Arabic letters and the words as glosses."""
        arabizi = language == "ary-Latn"
        glosses = self._concepts.read(text, self._decoder if arabizi else None)
        return Prepared(self._decoder.decode(text) if arabizi else tidy(text), glosses)

    def see(self, text: str, language: str) -> Sight:
        """Give what a message looks like; the encoder reads it once, together with its glosses."""
        ready = self.prepare(text, language)
        seen = [self._letters.vector(ready.text), self._skeletons.vector(ready.text), self._glosses.vector(ready.glosses)]
        if self._encoder is not None:
            meanings = self._encoder.encode([ready.text or _NOTHING, ready.glosses or _NOTHING])
            seen += [unit(meaning - centre) for meaning, centre in zip(meanings, self._centres, strict=True)]
        likeness = seen[3 if self._encoder is not None else 0]
        return Sight(_beside(seen), likeness, ready.text)


def _beside(views: Sequence[Vector]) -> Vector:
    """Put the views of one text side by side, each with its weight."""
    return np.concatenate([weight * view for weight, view in zip(_WEIGHTS, views, strict=False)], dtype=np.float32)


def _embed(encoder: Encoder, texts: Sequence[str], cache: MutableMapping[str, Any]) -> Rows:
    """Give one row a text, from the cache where the same encoder has read the same text before.

    The cache knows a text by its digest only: it may be kept in a file, and an example may be what a person wrote.
    """
    keys = {text or _NOTHING: _key(encoder, text or _NOTHING) for text in texts}
    missing = [text for text, key in keys.items() if key not in cache]
    for start in range(0, len(missing), _EMBEDDED_AT_ONCE):
        batch = missing[start : start + _EMBEDDED_AT_ONCE]
        for text, vector in zip(batch, encoder.encode(batch).astype(np.float16), strict=True):
            cache[keys[text]] = vector
    return np.stack([np.asarray(cache[keys[text or _NOTHING]], dtype=np.float16) for text in texts])


def _key(encoder: Encoder, text: str) -> str:
    return hashlib.sha256(f"{encoder.name}\t{text}".encode()).hexdigest()
