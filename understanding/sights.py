"""What a message looks like in every view at once: the row of numbers that matching works on."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understanding.arabizi import Decoder, skeletons
from understanding.concepts import Concepts
from understanding.encoders import Encoder
from understanding.text import fold, tidy
from understanding.views import Letters, Matrix, Vector, unit

# How much each view weighs, and into how many dimensions the letter views are pressed; tuned on development data (docs/understanding.md).
_LETTERS, _SKELETONS, _GLOSSES = (0.9, 300), (0.9, 300), (0.7, 200)
_MEANING, _GLOSS_MEANING = 1.0, 0.7
_WHOLE_WORDS = 99  # runs longer than any word: each word is one feature
_EMBEDDED_AT_ONCE = 64
_NOTHING = "."  # what the encoder reads in place of an empty text


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready for the views."""

    text: str  # arabizi read as Arabic letters, everything else as written
    glosses: str
    coverage: float  # the share of its words that have a gloss


@dataclass(frozen=True, slots=True)
class Sight:
    """A message in every view."""

    row: Vector  # all views side by side, weighted
    likeness: Vector  # the one view in which a message is compared with single examples
    coverage: float


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
        seen = [self._letters.take(), self._skeletons.take(), self._glosses.take()]
        if encoder is not None:
            # Sentence vectors share a large common part (every question resembles every question); what is left after it is told apart.
            for read in (plain, glosses):
                meanings = _embed(encoder, read, cache)
                self._centres.append(np.asarray(meanings.mean(axis=0), dtype=np.float32))
                seen.append(unit(meanings - self._centres[-1]))
        likenesses = seen[3 if encoder is not None else 0].astype(np.float16)  # half the memory, and the difference is not to be seen
        self._seen: tuple[Matrix, NDArray[np.float16]] | None = (_beside(seen), likenesses)

    def take(self) -> tuple[Matrix, NDArray[np.float16]]:
        """Give the rows and the likenesses of the texts the views were fitted on, in order; once, as they take 50 MB only a build needs."""
        if self._seen is None:
            raise RuntimeError("the rows were taken before")
        seen, self._seen = self._seen, None
        return seen

    def prepare(self, text: str, language: str) -> Prepared:
        """Read arabizi as Arabic letters and the words as glosses."""
        arabizi = language == "ary-Latn"
        glosses = self._concepts.read(text, self._decoder if arabizi else None)
        words = max(1, len(fold(text).split()))
        return Prepared(self._decoder.decode(text) if arabizi else tidy(text), glosses, len(glosses.split()) / words)

    def see(self, text: str, language: str) -> Sight:
        """Give what a message looks like; the encoder reads it once, together with its glosses."""
        ready = self.prepare(text, language)
        seen = [self._letters.vector(ready.text), self._skeletons.vector(ready.text), self._glosses.vector(ready.glosses)]
        if self._encoder is not None:
            meanings = self._encoder.encode([ready.text or _NOTHING, ready.glosses or _NOTHING])
            seen += [unit(meaning - centre) for meaning, centre in zip(meanings, self._centres, strict=True)]
        likeness = seen[3 if self._encoder is not None else 0]
        return Sight(_beside(seen), likeness, ready.coverage)


def _beside(views: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Put the views of one text, or of many, side by side, each with its weight; the list is emptied on the way, to save memory."""
    weights = (_LETTERS[0], _SKELETONS[0], _GLOSSES[0], _MEANING, _GLOSS_MEANING)
    sizes = [view.shape[-1] for view in views]
    row: NDArray[np.float32] = np.empty((*views[0].shape[:-1], sum(sizes)), np.float32)
    for weight, size in zip(weights, sizes, strict=False):
        start = row.shape[-1] - sum(view.shape[-1] for view in views)
        row[..., start : start + size] = weight * views.pop(0)
    return row


def _embed(encoder: Encoder, texts: Sequence[str], cache: MutableMapping[str, Any]) -> Matrix:
    """Give one row a text, from the cache where the same encoder has read the same text before.

    The cache knows a text by its digest only: it may be kept in a file, and an example may be what a person wrote.
    """
    keys = {text or _NOTHING: _key(encoder, text or _NOTHING) for text in texts}
    missing = [text for text, key in keys.items() if key not in cache]
    for start in range(0, len(missing), _EMBEDDED_AT_ONCE):
        batch = missing[start : start + _EMBEDDED_AT_ONCE]
        for text, vector in zip(batch, encoder.encode(batch), strict=True):
            cache[keys[text]] = vector
    return np.stack([cache[keys[text or _NOTHING]] for text in texts])


def _key(encoder: Encoder, text: str) -> str:
    return hashlib.sha256(f"{encoder.name}\t{text}".encode()).hexdigest()
