"""Concepts: a message read word by word as English glosses, whatever language each word is in (concepts.yml).

"bghit n9dem i9tirah", "je veux déposer une proposition" and "أريد تقديم اقتراح" all read "want submit propose". Crude, but it lets a
question in one language find examples in another, and a sentence encoder knows English best.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from understanding import lists
from understanding.arabizi import Decoder, skeleton
from understanding.text import fold, is_arabic

Wordings = Mapping[str, Mapping[str, list[str]]]  # gloss -> language -> words

_PREFIXES = (
    "وال", "بال", "فال", "كال", "لل", "ال", "و", "ف", "ب", "ل", "ك", "س", "كن", "كت", "كي", "كاي", "كات", "كان", "كا",
    "غان", "غات", "غاي", "غا", "غن", "غت", "غي", "تاي", "تات", "تان", "تا", "سن", "ست", "سي", "ن", "ت", "ي", "ا", "د",
)  # fmt: skip
_SUFFIXES = (
    "هم", "ها", "كم", "نا", "ني", "ات", "ين", "ون", "تي", "ها", "وا", "ه", "ي", "ك", "و", "ا", "ت", "ش",
    "وش", "تش", "هاش", "تو", "وه", "وها", "تها", "ليا", "لي", "ليك",
)  # fmt: skip
_NEGATED = re.compile("^ما(.{2,}?)و?ش$")  # Darija says no around the verb: "مابانش" is not + "بان"
_NOT = "not"
_REMEMBERED = 1 << 14
_SHORTEST_STEM = 3
_SHORTEST_SKELETON = 3  # two consonants are shared by too many words


class Concepts:
    """Reads words as glosses; immutable once built."""

    def __init__(self, wordings: Wordings) -> None:
        """Index the words of every language."""
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._skeletons: dict[str, str] = {}
        self.arabic: list[str] = []  # every Arabic-letter wording: vocabulary for reading arabizi
        for gloss, languages in wordings.items():
            for words in languages.values():
                for word in words:
                    self._learn(word, gloss)
        self._arabic_gloss = lru_cache(_REMEMBERED)(self._find)  # stems are many, and the same few thousand words come again and again

    @classmethod
    def shipped(cls) -> Concepts:
        """Give the concepts of concepts.yml."""
        return cls(lists.shipped("concepts.yml"))

    def _learn(self, word: str, gloss: str) -> None:
        form = fold(word)
        if word.endswith("-"):
            self._stems.setdefault(form, gloss)
            return
        self._words.setdefault(form, gloss)
        if is_arabic(form):
            self.arabic.append(word)
            bones = " ".join(skeleton(part) for part in form.split())
            if len(bones) >= _SHORTEST_SKELETON:
                self._skeletons.setdefault(bones, gloss)

    def read(self, text: str, decoder: Decoder | None = None) -> str:
        """Give the glosses of the words that have one, in order; with a decoder, Latin words no language knows are read as arabizi."""
        return " ".join(self._glosses(fold(text).split(), decoder))

    def _glosses(self, words: list[str], decoder: Decoder | None) -> Iterator[str]:
        place = 0
        while place < len(words):
            pair = " ".join(words[place : place + 2])
            if place + 1 < len(words) and pair in self._words:
                yield from self._words[pair].split()
                place += 2
                continue
            yield from self._gloss(words[place], decoder).split()
            place += 1

    def _gloss(self, word: str, decoder: Decoder | None) -> str:
        if is_arabic(word):
            return self._arabic_gloss(word)
        if decoder is not None and len(word) < 4:
            # Short words of arabizi look like French ones ("ma", "la", "li"): read them as Darija first.
            return self._arabic_gloss(decoder.decode(word)) or self._words.get(word, "")
        return self._latin_gloss(word) or (self._arabic_gloss(decoder.decode(word)) if decoder is not None else "")

    def _latin_gloss(self, word: str) -> str:
        if word in self._words:
            return self._words[word]
        for length in range(len(word), 3, -1):
            if word[:length] in self._stems:
                return self._stems[word[:length]]
        return next((self._words[word[:-cut]] for cut in (1, 2) if len(word) - cut >= 4 and word[:-cut] in self._words), "")

    def _find(self, word: str) -> str:
        for stem in _arabic_stems(word):
            if stem in self._words:
                return self._words[stem]
        if negated := _NEGATED.match(word):
            return f"{_NOT} {self._arabic_gloss(negated[1])}".strip()
        return self._skeletons.get(skeleton(word), "") if len(skeleton(word)) >= _SHORTEST_SKELETON else ""


def _arabic_stems(word: str) -> Iterable[str]:
    """Give the word, then what is left without one prefix, without one ending, without both."""
    yield word
    bare = [word[len(prefix) :] for prefix in _PREFIXES if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST_STEM]
    yield from bare
    for form in (word, *bare):
        for suffix in _SUFFIXES:
            if form.endswith(suffix) and len(form) - len(suffix) >= _SHORTEST_STEM:
                yield form[: -len(suffix)]
                yield form[: -len(suffix)] + "ه"
