"""Arabizi: Darija typed in Latin letters and digits, brought together with the same words in Arabic letters.

Nobody spells arabizi twice the same way, but the consonants stay. A *skeleton* is a word's consonants in an alphabet both scripts
share: "n9adem", "nqaddem" and "نقدم" are all "nkdm". A `Decoder` goes the whole way: for each word it looks for an Arabic word it has
seen whose skeleton is the same and whose vowels are nearest.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from understanding.text import fold, is_arabic, is_latin

# Emphatic and plain consonants, q and k, and both h are folded together: arabizi does not keep them apart.
_FROM_ARABIC = {
    "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "h", "خ": "x", "د": "d", "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ش": "c", "ص": "s",
    "ض": "d", "ط": "t", "ظ": "d", "ع": "3", "غ": "g", "ف": "f", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
}  # fmt: skip
_FROM_LATIN = {
    "b": "b", "p": "b", "t": "t", "j": "j", "7": "h", "h": "h", "5": "x", "x": "x", "d": "d", "r": "r", "z": "z", "s": "s", "c": "k",
    "3": "3", "ɛ": "3", "8": "g", "ɣ": "g", "f": "f", "v": "f", "9": "k", "q": "k", "k": "k", "g": "k", "l": "l", "m": "m", "n": "n",
}  # fmt: skip
_PAIRS = (("kh", "X"), ("gh", "G"), ("ch", "C"), ("sh", "C"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("3'", "G"), ("7'", "X"))
_PAIR_SKELETON = {"X": "x", "G": "g", "C": "c"}
_REPEATED = re.compile(r"(.)\1+")
_LATIN_ARTICLE = re.compile(r"^(?:el|al|l)(?=[^aeiouyl])")
_ARABIC_ARTICLES = ("وال", "بال", "فال", "كال", "لل", "ال")
_LONGEST_ARTICLE_ONLY = 4  # a Latin word this short may begin with an "l" of its own

# A letter-by-letter reading, for words no example has: good enough for the letter views to find likenesses.
_LETTER_PAIRS = (("kh", "خ"), ("gh", "غ"), ("ch", "ش"), ("sh", "ش"), ("th", "ت"), ("dh", "د"), ("ou", "و"), ("oo", "و"))
_LETTERS = str.maketrans(
    {
        "b": "ب", "p": "ب", "t": "ت", "j": "ج", "7": "ح", "h": "ه", "5": "خ", "d": "د", "r": "ر", "z": "ز", "s": "س", "c": "ك", "3": "ع",
        "8": "غ", "f": "ف", "v": "ف", "9": "ق", "q": "ق", "k": "ك", "g": "ك", "l": "ل", "m": "م", "n": "ن", "x": "كس", "w": "و", "y": "ي",
        "i": "ي", "u": "و", "o": "و", "a": "ا", "2": "", "e": "", "ɛ": "ع", "ɣ": "غ",
    }
)  # fmt: skip
_SOUND_OF_ARABIC = str.maketrans({**_FROM_ARABIC, "ع": "e", "ا": "a", "و": "u", "ي": "i"})
_SOUND_OF_LATIN = str.maketrans(
    {"7": "h", "5": "x", "3": "e", "8": "g", "9": "k", "q": "k", "o": "u", "w": "u", "y": "i", "p": "b", "v": "f", "2": None, "e": None}
)
_REMEMBERED = 4096  # words already decoded
_DIGIT_AS_LETTER = re.compile(r"[2357890][a-z]|[a-z][235789]")


def skeleton(word: str) -> str:
    """Give the consonants of a folded word in the alphabet both scripts share; a word without any is given back as it is."""
    bones = _arabic_skeleton(word) if is_arabic(word) else _latin_skeleton(word) if is_latin(word) or word.isdigit() else ""
    return bones or word


def skeletons(text: str) -> str:
    """Give the skeletons of the words of a text, in order, one space between them."""
    return " ".join(skeleton(word) for word in fold(text).split())


def _arabic_skeleton(word: str) -> str:
    if word.endswith("ه") and len(word) > 3:
        word = word[:-1]  # ta marbuta, not heard
    for article in _ARABIC_ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= 2:
            word = word[len(article) :]
            break
    return _REPEATED.sub(r"\1", "".join(_FROM_ARABIC.get(letter, "") for letter in word))


def _latin_skeleton(word: str) -> str:
    if word.isdigit():
        return ""
    if len(word) > _LONGEST_ARTICLE_ONLY:
        word = _LATIN_ARTICLE.sub("", word)
    for pair, letter in _PAIRS:
        word = word.replace(pair, letter)
    return _REPEATED.sub(r"\1", "".join(_PAIR_SKELETON.get(letter) or _FROM_LATIN.get(letter, "") for letter in word))


def letter_by_letter(word: str) -> str:
    """Spell a word of arabizi in Arabic letters by the common table alone."""
    for pair, letter in _LETTER_PAIRS:
        word = word.replace(pair, letter)
    return word.translate(_LETTERS)


def _sound_of_arabic(word: str) -> str:
    if word.startswith("ال"):
        word = "ل" + word[2:]
    if word.endswith("ه"):
        word = word[:-1] + "ا"
    return word.translate(_SOUND_OF_ARABIC)


def _sound_of_latin(word: str) -> str:
    for pair, letter in (("kh", "x"), ("gh", "g"), ("ch", "c"), ("sh", "c"), ("th", "t"), ("dh", "d"), ("ou", "u"), ("oo", "u")):
        word = word.replace(pair, letter)
    return word.translate(_SOUND_OF_LATIN)


def distance(one: str, other: str) -> int:
    """Give how many letters must be put in, left out or exchanged to turn one word into the other."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    return row[-1]


class Decoder:
    """Reads arabizi as Arabic letters with the words of a vocabulary; immutable once built."""

    def __init__(self, arabic: Iterable[str]) -> None:
        """Learn the Arabic-letter words of these texts."""
        counts = Counter(word for text in arabic for word in fold(text).split() if is_arabic(word))
        self._candidates: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
        for word, count in counts.items():
            self._candidates[_arabic_skeleton(word)].append((word, count, _sound_of_arabic(word)))
        self._word = lru_cache(_REMEMBERED)(self._find)

    def decode(self, text: str) -> str:
        """Give the text with every Latin-letter word read as Arabic letters; numbers and Arabic words stay."""
        return " ".join(self._word(word) if is_latin(word) or _DIGIT_AS_LETTER.search(word) else word for word in fold(text).split())

    def _find(self, word: str) -> str:
        bones = _latin_skeleton(word)
        candidates = self._candidates.get(bones) if bones else None
        if not candidates:
            return letter_by_letter(word)
        sound = _sound_of_latin(word)
        # A frequent word wins over a rare one only among near ties: ten sightings weigh half a letter.
        return min(candidates, key=lambda known: (distance(sound, known[2]) - 0.05 * min(known[1], 10), known[0]))[0]
