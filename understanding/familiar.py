"""How much of a message the knowledge base has heard of: "the price of wheat" shares two words of three with "the price of a copy".

What is alike in letters or in meaning alone cannot tell that the third word is the subject. Here a rare word weighs more than a common one,
and a word no example has weighs most.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

from understanding.arabizi import skeleton
from understanding.concepts import Concepts
from understanding.text import fold, is_arabic

_STEM = 5  # letters of a Latin word that tell it from others, and leave its endings out
_SKELETON = 4  # consonants of an Arabic word that tell it from others however it is spelt


class Familiar:
    """The words and glosses of the examples of each entry, weighted by rarity; immutable once built."""

    def __init__(self, texts: Iterable[tuple[str, int]], concepts: Concepts) -> None:
        """Learn what these texts, with the number of their entry, say; arabizi is read as Arabic letters before."""
        self._concepts = concepts
        seen: Counter[str] = Counter()
        self._of_entry: dict[int, set[str]] = defaultdict(set)
        said = cache(self._said)  # the same few thousand words come again and again; forgotten when all is learnt
        count = 0
        for text, entry in texts:
            count += 1
            signs = {sys.intern(sign) for word in fold(text).split() for sign in said(word)}
            seen.update(signs)
            self._of_entry[entry] |= signs
        self._most = math.log(1 + count) + 1
        self._rarity = {sign: math.log((1 + count) / (1 + times)) + 1 for sign, times in seen.items()}

    def shares(self, text: str, entry: int) -> tuple[float, float]:
        """Give the shares of a text's weight that words carry which any example, and which one of this entry's, has said; 0 to 1."""
        held = self._of_entry.get(entry, set())
        known = explained = total = 0.0
        for word in fold(text).split():
            signs = self._said(word)
            weight = min((self._rarity[sign] for sign in signs if sign in self._rarity), default=0.0)
            known += weight
            explained += weight if not held.isdisjoint(signs) else 0.0
            total += weight or self._most
        return (known / total, explained / total) if total else (0.0, 0.0)

    def _said(self, word: str) -> tuple[str, ...]:
        """What a word says: its stem, and in capitals its gloss, so that another word of the same meaning is no stranger."""
        bones = skeleton(word) if is_arabic(word) else ""
        # Two or three consonants are shared by many words: there the vowels tell them apart.
        stem = bones if len(bones) >= _SKELETON else word.removeprefix("ال") if bones else word[:_STEM]
        gloss = self._concepts.read(word)
        return (stem, gloss.upper()) if gloss else (stem,)
