"""Other spellings of an example, made when the index is built.

Arabizi keeps few of the letters Arabic has: emphatic and plain consonants fall together, hamza and ta marbuta go, short words lose
vowels. An entry without arabizi examples gets its Arabic and Darija ones once more, written the way arabizi reads after decoding.
"""

from __future__ import annotations

import random

from understanding.text import fold

_LOST = str.maketrans({"ص": "س", "ط": "ت", "ض": "د", "ظ": "د", "ث": "ت", "ذ": "د"})
_VOWELS = "اوي"
_SHARE = 0.5  # of the words are respelt: some words of a decoded message are in the vocabulary and come out right
_LONG = 4  # a word must be longer than this to lose a vowel and still be known


def respelt(text: str, seed: int) -> str:
    """Give the text with about half its words spelt as decoded arabizi spells unknown ones; the same seed gives the same text."""
    chance = random.Random(seed)  # noqa: S311  # spelling, not secrets
    return " ".join(_respell(word, chance) if chance.random() < _SHARE else word for word in fold(text).split())


def _respell(word: str, chance: random.Random) -> str:
    word = word.translate(_LOST)
    if word.startswith("ال"):
        word = "ل" + word[2:]
    if word.endswith("ه") and len(word) > 3:
        word = word[:-1] + "ا"
    if len(word) > _LONG and chance.random() < 0.5:
        place = chance.randrange(1, len(word) - 1)
        if word[place] in _VOWELS:
            word = word[:place] + word[place + 1 :]
    return word
