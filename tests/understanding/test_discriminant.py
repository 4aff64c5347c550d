"""Telling entries apart: the numbers behind it, without a library's copies."""

import numpy as np
import pytest

from understanding.discriminant import _inverse_root, _leading


@pytest.mark.parametrize("size", [1, 5, 128, 300])
def test_the_inverse_root_makes_a_scatter_round(size):
    rows = np.random.default_rng(size).standard_normal((2 * size + 3, size)).astype(np.float32)
    scatter = rows.T @ rows / len(rows) + np.eye(size, dtype=np.float32) * 0.1
    root = _inverse_root(scatter.copy())
    assert np.allclose(root @ scatter @ root.T, np.eye(size), atol=1e-4)
    assert np.array_equal(root, np.tril(root))


def test_the_leading_directions_hold_what_varies_most():
    chance = np.random.default_rng(1)
    rows = (chance.standard_normal((900, 600)) * np.r_[np.full(20, 5.0), np.full(580, 0.1)]).astype(np.float16)
    found = _leading(rows, rows.mean(axis=0, dtype=np.float32))
    assert np.allclose(found.T @ found, np.eye(found.shape[1]), atol=1e-4)
    assert np.square(found[:20]).sum() > 19.9  # the twenty large axes lie inside the space found
