"""Views of a text: each turns it into a vector, and each catches a likeness the others miss.

Letters (runs of 2 to 5) forgive typing slips and endings; skeletons forgive vowels and bring arabizi and Arabic script together; a sentence
encoder finds the same meaning in other words and other languages.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.float16]  # one a text, at half the memory; the difference is not to be seen

_BUCKETS = 1 << 13  # 2^15 gained less than a point and costs four times the memory
_BASIS_ROWS = 2048  # texts the basis is fitted on; twice as many changed nothing and took twice as long
_EXACT_ROWS = 500  # up to here the basis is exact; beyond, the rows would not fit
_CHUNK = 256
_ROUNDS = 2  # of subspace iteration; a third changed nothing
_SPARE = 20
_WORDS_REMEMBERED = 1 << 14


def unit(rows: Matrix) -> Matrix:
    """Scale each row to length one; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), dtype=np.float32)


def grams(text: str, shortest: int, longest: int, buckets: int) -> dict[int, int]:
    """Count the runs of letters inside the words of a text, by hashed bucket; word edges count as letters."""
    found: dict[int, int] = {}
    for word in text.split():
        for bucket in _of_word(word, shortest, longest, buckets):
            found[bucket] = found.get(bucket, 0) + 1
    return found


@lru_cache(_WORDS_REMEMBERED)
def _of_word(word: str, shortest: int, longest: int, buckets: int) -> array[int]:
    """The buckets of one word, in an eighth of the memory of a tuple; the same few thousand words make up most of what people write."""
    edged = f" {word} "
    found = [zlib.crc32(edged.encode()) % buckets] if len(edged) < longest else []
    for size in range(shortest, longest + 1):
        found += [zlib.crc32(edged[start : start + size].encode()) % buckets for start in range(len(edged) - size + 1)]
    return array("I", found)


class Letters:
    """Texts as hashed runs of letters, weighted by rarity and pressed into a few hundred dimensions; immutable once fitted."""

    def __init__(self, form: Callable[[str], str], shortest: int, longest: int, dimensions: int, texts: Sequence[str]) -> None:
        """Fit the weights and the basis on these texts, read in this normal form."""
        self._form, self._shortest, self._longest = form, shortest, longest
        counted = [self._count(text) for text in texts]
        seen = np.zeros(_BUCKETS, np.float32)
        for buckets, _ in counted:
            seen[buckets] += 1
        self._rarity = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
        step = max(1, math.ceil(len(counted) / _BASIS_ROWS))
        self._basis: Rows = _basis([self._weigh(*one) for one in counted[::step]], dimensions).astype(np.float16)
        self._fitted: Rows | None = np.zeros((len(counted), self.dimensions), np.float16)
        for row, one in zip(self._fitted, counted, strict=True):
            row[:] = self._press(*one)

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._basis.shape[1])

    def vector(self, text: str) -> Vector:
        """Give the text's vector, of length one unless it has no letters."""
        return self._press(*self._count(text))

    def take(self) -> Rows:
        """Give one row for each text the view was fitted on; once, as only a build needs them."""
        if self._fitted is None:
            raise RuntimeError("the rows were taken before")
        rows, self._fitted = self._fitted, None
        return rows

    def _press(self, buckets: NDArray[np.int32], counts: Vector) -> Vector:
        if not len(buckets):
            return np.zeros(self.dimensions, np.float32)
        buckets, weights = self._weigh(buckets, counts)
        return unit(weights @ self._basis[buckets].astype(np.float32))

    def _count(self, text: str) -> tuple[NDArray[np.int32], Vector]:
        found = grams(self._form(text), self._shortest, self._longest, _BUCKETS)
        return np.fromiter(found, np.int32, len(found)), np.fromiter(found.values(), np.float32, len(found))

    def _weigh(self, buckets: NDArray[np.int32], counts: Vector) -> tuple[NDArray[np.int32], Vector]:
        return buckets, unit((1 + np.log(counts)) * self._rarity[buckets])


def _basis(rows: Sequence[tuple[NDArray[np.int32], Vector]], dimensions: int) -> Matrix:
    """Find the directions the rows vary most in, most first; the same texts always give the same basis."""
    size = min(dimensions, max(1, len(rows) - 1))
    spread = _exactly(rows) if len(rows) <= _EXACT_ROWS else _by_iteration(rows, size + _SPARE)
    # The leading left directions of a tall matrix, by way of its small square: ten times quicker than its decomposition.
    lengths, turns = np.linalg.eigh(spread.T @ spread)
    kept = slice(-1, -size - 1, -1)
    return np.ascontiguousarray(spread @ (turns[:, kept] / np.sqrt(np.maximum(lengths[kept], 1e-12))), dtype=np.float32)


def _exactly(rows: Sequence[tuple[NDArray[np.int32], Vector]]) -> Matrix:
    """Give the rows themselves, dense, one a column."""
    return np.concatenate([*_blocks(rows)]).T if rows else np.zeros((_BUCKETS, 1), np.float32)


def _by_iteration(rows: Sequence[tuple[NDArray[np.int32], Vector]], size: int) -> Matrix:
    """Narrow a random guess down to the space the rows vary most in (subspace iteration, fixed seed)."""
    guess = np.random.default_rng(0).standard_normal((_BUCKETS, size)).astype(np.float32)
    for _ in range(_ROUNDS):
        image = np.linalg.qr(np.concatenate([block @ guess for block in _blocks(rows)]))[0]
        guess = np.zeros((_BUCKETS, size), np.float32)
        for start, block in zip(range(0, len(rows), _CHUNK), _blocks(rows), strict=True):
            guess += block.T @ image[start : start + len(block)]
    return guess


def _blocks(rows: Sequence[tuple[NDArray[np.int32], Vector]]) -> Iterator[Matrix]:
    """Give the rows as dense blocks small enough to hold: all at once they would take 230 MB for 7,000 examples."""
    for start in range(0, len(rows), _CHUNK):
        block = np.zeros((min(_CHUNK, len(rows) - start), _BUCKETS), np.float32)
        for row, (buckets, weights) in enumerate(rows[start : start + _CHUNK]):
            block[row, buckets] = weights
        yield block
