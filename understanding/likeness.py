"""Puts questions together that ask the same: by the letters of their words, by their consonants, or by what the words mean."""

from __future__ import annotations

from collections.abc import Sequence

from understanding.arabizi import Decoder, skeletons
from understanding.concepts import Concepts
from understanding.text import fold

ALIKE = 0.7  # of the letter runs of two questions, or of the consonants of their words
SAME_MEANING = 0.8  # of the glosses of two questions, so that other languages meet
FEWEST_GLOSSES = 3  # two words in common are a subject, not a question

_Signature = tuple[frozenset[str], frozenset[str], frozenset[str]]


def group(questions: Sequence[tuple[str, str]]) -> list[list[int]]:
    """Group pairs of text and language: each group is alike its first question, and a question stands in the first group it fits.

    Given back are places in `questions`, in order. A text without words is alike none.
    """
    concepts = Concepts.shipped()
    decoder = Decoder(concepts.arabic)
    groups: list[list[int]] = []
    firsts: list[_Signature] = []
    same: dict[str, int] = {}  # normal form -> group
    for place, (text, language) in enumerate(questions):
        whole = fold(text)
        number = same.get(whole) if whole else None
        if number is None:
            signature = _signature(whole, concepts.read(text, decoder if language == "ary-Latn" else None))
            number = next((number for number, first in enumerate(firsts) if _alike(first, signature)), len(groups))
            if number == len(groups):
                groups.append([])
                firsts.append(signature)
        same.setdefault(whole, number)
        groups[number].append(place)
    return groups


def _signature(whole: str, glosses: str) -> _Signature:
    padded = f" {whole} "
    runs = frozenset(padded[start : start + 3] for start in range(len(padded) - 2)) if whole else frozenset()
    return runs, frozenset(skeletons(whole).split()), frozenset(glosses.split())


def _alike(one: _Signature, other: _Signature) -> bool:
    if _shared(one[0], other[0]) >= ALIKE or (min(len(one[1]), len(other[1])) >= FEWEST_GLOSSES and _shared(one[1], other[1]) >= ALIKE):
        return True
    return min(len(one[2]), len(other[2])) >= FEWEST_GLOSSES and _shared(one[2], other[2]) >= SAME_MEANING


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: 1 when both have the same, 0 when nothing is shared or there is nothing."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0
