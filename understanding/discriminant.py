"""Two linear ways to tell entries apart, both quick to fit: a discriminant, and a regression that sharpens it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from understanding.views import Matrix, Rows, Vector, unit

Classes = NDArray[np.intp]

_SHRINKAGE = 0.2  # towards a sphere: with five to fifty examples an entry the covariance alone would be noise
_BLOCK = 512
_PANEL = 128
_ROUNDS = 3

_REGRESSION_DIMENSIONS = 500
_STEPS, _PACE, _MOMENTUM = 60, 4.0, 0.9  # stopped early on purpose: further steps fit the examples and lose the unseen questions
_SHARPNESS = 10.0
_DECAY = 1e-5
_LARGEST_REGRESSION = 3_000_000  # examples times entries; beyond it the regression takes longer than all the rest and is left out


class Discriminant:
    """Shrinkage LDA: entries' centres in a space where the scatter inside entries is round; immutable once fitted.

    Nearest neighbours treat every difference between two questions alike. This measures how the questions of one entry differ among
    themselves, and plays exactly those differences down.
    """

    def __init__(self, rows: Rows, classes: Classes, count: int) -> None:
        """Fit on one row an example and its class number."""
        size = rows.shape[1]
        sums = np.zeros((count, size), np.float32)
        for block in _blocks(len(rows)):
            np.add.at(sums, classes[block], rows[block].astype(np.float32))
        self._middle: Vector = np.asarray(sums.sum(axis=0) / max(1, len(rows)), dtype=np.float32)
        members = np.maximum(np.bincount(classes, minlength=count), 1)[:, None]
        self.centres: Matrix = np.asarray(sums / members, dtype=np.float32)
        scatter: Matrix = np.zeros((size, size), np.float32)
        for block in _blocks(len(rows)):
            spread = rows[block].astype(np.float32) - self.centres[classes[block]]
            scatter += spread.T @ spread
        scatter /= len(rows)
        # A floor, for an index whose entries have one example each: nothing scatters there.
        roundness = max(float(np.trace(scatter)) / size, 1e-6)
        scatter *= 1 - _SHRINKAGE
        scatter[np.diag_indices(size)] += _SHRINKAGE * roundness
        self._whitening: Matrix = _inverse_root(scatter)
        self._places = unit(np.asarray((self.centres - self._middle) @ self._whitening.T, dtype=np.float32))

    def cosines(self, row: Vector) -> Vector:
        """Give the likeness of a message to each entry, between -1 and 1."""
        place = unit(np.asarray(self._whitening @ (row - self._middle), dtype=np.float32))
        return np.asarray(self._places @ place, dtype=np.float32)

    def neighbourhood(self, entry: int) -> Vector:
        """Give how much each entry's questions resemble this entry's in subject, between -1 and 1."""
        centred = unit(self.centres - self._middle)
        return np.asarray(centred @ centred[entry], dtype=np.float32)


class Regression:
    """Softmax regression, a fixed number of gradient steps from zero: where entries are many and close, it finds what sets them apart."""

    def __init__(self, rows: Rows, classes: Classes, count: int) -> None:
        """Fit on one row an example and its class number."""
        self._middle: Vector = np.asarray(rows.mean(axis=0, dtype=np.float32), dtype=np.float32)
        self._directions: Matrix = _leading(rows, self._middle)
        places = np.concatenate([self._place(rows[block].astype(np.float32)) for block in _blocks(len(rows))])
        wanted = np.zeros((len(rows), count), np.float32)
        wanted[np.arange(len(rows)), classes] = 1
        weights: Matrix = np.zeros((places.shape[1], count), np.float32)
        speed = np.zeros_like(weights)
        for _ in range(_STEPS):
            off = np.exp(_log_shares(np.asarray(places @ (weights + _MOMENTUM * speed), dtype=np.float32))) - wanted
            slope = np.asarray(places.T @ off / len(rows) + _DECAY * weights, dtype=np.float32)
            speed = _MOMENTUM * speed - _PACE * slope
            weights = np.asarray(weights + speed, dtype=np.float32)
        self._weights: Matrix = weights

    @staticmethod
    def affordable(rows: int, count: int) -> bool:
        """Tell whether an index of this size is sharpened."""
        return rows * count <= _LARGEST_REGRESSION

    def log_shares(self, row: Vector) -> Vector:
        """Give the logarithm of each entry's share of belief."""
        return _log_shares(np.asarray(self._place(row) @ self._weights, dtype=np.float32))

    def _place(self, rows: Matrix) -> Matrix:
        return np.asarray(_SHARPNESS * unit(np.asarray((rows - self._middle) @ self._directions, dtype=np.float32)), dtype=np.float32)


def _inverse_root(scatter: Matrix) -> Matrix:
    """Give the lower triangle that makes this scatter round: the inverse of its Cholesky factor.

    Worked out in place, a panel at a time: the copies that the library makes would be the peak of a whole build.
    """
    size = len(scatter)
    panels = [slice(start, min(start + _PANEL, size)) for start in range(0, size, _PANEL)]
    for panel in panels:
        done, below = slice(0, panel.start), slice(panel.stop, size)
        scatter[panel, panel] -= scatter[panel, done] @ scatter[panel, done].T
        scatter[panel, panel] = np.linalg.cholesky(scatter[panel, panel])
        scatter[below, panel] -= scatter[below, done] @ scatter[panel, done].T
        scatter[below, panel] = scatter[below, panel] @ np.linalg.inv(scatter[panel, panel]).T
        scatter[panel, below] = 0
    for panel in panels:
        done = slice(0, panel.start)
        scatter[panel, panel] = np.linalg.inv(scatter[panel, panel])
        scatter[panel, done] = -scatter[panel, panel] @ (scatter[panel, done] @ scatter[done, done])
    return scatter


def _leading(rows: Rows, middle: Vector) -> Matrix:
    """Find the directions the rows vary most in (subspace iteration, fixed seed): a tenth of the time and memory of finding all of them."""
    size = min(_REGRESSION_DIMENSIONS, rows.shape[1])
    found: Matrix = np.random.default_rng(0).standard_normal((rows.shape[1], size)).astype(np.float32)
    for _ in range(_ROUNDS):
        image: Matrix = np.zeros_like(found)
        for block in _blocks(len(rows)):
            centred = rows[block].astype(np.float32) - middle
            image += centred.T @ (centred @ found)
        found = np.asarray(np.linalg.qr(image)[0], dtype=np.float32)
    return found


def _blocks(rows: int) -> Iterator[slice]:
    """Cut the rows into blocks, so that no second copy of all of them is ever held."""
    return (slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK))


def _log_shares(scores: Matrix) -> Matrix:
    scores = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True)), dtype=np.float32)
