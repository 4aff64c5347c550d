"""Which entry a message asks for: the views of a text side by side, and a discriminant that learns which differences matter.

Nearest neighbours treat every difference between two questions alike. Linear discriminant analysis measures how the examples of one entry
differ among themselves and plays exactly those differences down; it is closed-form, so an index is built in a second or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understanding.views import Matrix, Vector, chunks, unit

_SHRINKAGE = 0.6  # towards a sphere: with five to ten examples an entry the covariance alone would be noise
_CANDIDATES = 50  # entries whose examples are compared one by one


@dataclass(frozen=True, slots=True)
class Ranking:
    """The classes nearest to a text, best first, with what is needed to judge how sure that is."""

    classes: NDArray[np.intp]
    cosines: Vector  # of the discriminant, one a class in `classes`
    nearest: float  # likeness to the most like example of any candidate
    agreeing: float  # likeness to the most like example of the first


class Discriminant:
    """Shrinkage LDA: class centres in a space where the scatter inside classes is round; immutable once fitted."""

    def __init__(self, rows: Matrix, classes: NDArray[np.intp], count: int, *, shrinkage: float = _SHRINKAGE) -> None:
        """Fit on one row an example and its class number."""
        size = rows.shape[1]
        sums = np.zeros((count, size))
        np.add.at(sums, classes, rows)
        members = np.maximum(np.bincount(classes, minlength=count), 1)[:, None]
        centres = sums / members
        scatter = np.zeros((size, size))
        for block in chunks(range(len(rows))):  # type: ignore[arg-type]  # a range is a sequence of row numbers
            spread = rows[block[0] : block[-1] + 1] - centres[classes[block[0] : block[-1] + 1]]  # type: ignore[index]
            scatter += spread.T @ spread
        scatter /= max(1, len(rows))
        scatter = (1 - shrinkage) * scatter + shrinkage * np.trace(scatter) / size * np.eye(size)
        self._whitening = np.linalg.inv(np.linalg.cholesky(scatter)).T.astype(np.float32)
        self._middle = rows.mean(axis=0)
        self._centres = unit((centres.astype(np.float32) - self._middle) @ self._whitening)

    def cosines(self, row: Vector) -> Vector:
        """Give the likeness of a text's vector to each class, between -1 and 1."""
        placed = unit((row - self._middle) @ self._whitening)
        return np.asarray(self._centres @ placed, dtype=np.float32)


class Matcher:
    """First version: discriminant over the views; see the module's docstring."""

    @classmethod
    def build(cls, examples, *, encoder=None, cache=None):  # type: ignore[no-untyped-def]
        from understanding.arabizi import Decoder, skeletons
        from understanding.text import fold
        from understanding.views import Letters

        s = cls()
        s.entries = sorted({e.entry for e in examples})
        number = {e: i for i, e in enumerate(s.entries)}
        y = np.array([number[e.entry] for e in examples], dtype=np.intp)
        s.decoder = Decoder(e.text for e in examples if e.language in ("ar", "ary"))
        T = [s.prepare(e.text, e.language) for e in examples]
        s.letters = Letters(fold, 2, 5, 200, T)
        s.skel = Letters(skeletons, 2, 4, 200, T)
        s.encoder = encoder
        s.mean = None
        X = [0.7 * s.letters.matrix(T), 0.6 * s.skel.matrix(T)]
        if encoder:
            E = np.concatenate([encoder.encode(T[i : i + 64]) for i in range(0, len(T), 64)])
            s.mean = E.mean(0)
            s.K = unit(E - s.mean)
            X.append(s.K)
        else:
            s.K = unit(X[0])
        s.lda = Discriminant(np.concatenate(X, 1), y, len(s.entries))
        return s

    def prepare(self, text, language):  # type: ignore[no-untyped-def]
        return self.decoder.decode(text) if language == "ary-Latn" else text

    def rank(self, text, language, k=5):  # type: ignore[no-untyped-def]
        t = self.prepare(text, language)
        v = [0.7 * self.letters.vector(t), 0.6 * self.skel.vector(t)]
        if self.encoder:
            v.append(unit(self.encoder.encode([t])[0] - self.mean))
        c = self.lda.cosines(np.concatenate(v))
        kn = float((self.K @ (v[-1] if self.encoder else unit(v[0]))).max())
        o = np.argsort(-c)[:k]
        conf = float(c[o[0]]) + 0.5 * kn
        return [(self.entries[i], float(c[i])) for i in o], float(1 / (1 + np.exp(-8 * (conf - 0.75))))
