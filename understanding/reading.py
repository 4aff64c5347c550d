"""Reading a message: language, word of command, small talk, feature, and the entries it may be about. The door of this package."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from understanding.encoders import Encoder
    from understanding.language import Languages
    from understanding.matching import Matcher
    from understanding.words import Words


class Decision(StrEnum):
    """What is best done with a message."""

    ANSWER = "answer"  # the first match is sure enough to be given at once
    OFFER = "offer"  # one of the first three may be meant: ask
    UNKNOWN = "unknown"  # nothing fits: say so
    SMALLTALK = "smalltalk"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Example:
    """A question as a person may type it, and the entry that answers it."""

    text: str
    entry: str
    language: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry a message may be about; scores are comparable within one message."""

    entry: str
    score: float


@dataclass(frozen=True, slots=True)
class Understood:
    """What is understood of one message."""

    language: str  # "ar" | "ary" | "ary-Latn" | "fr" | "en" | "zgh"; "" when nothing can be said (digits, emoji)
    decision: Decision
    matches: tuple[Match, ...]  # ranked, at least five when there are five entries
    confidence: float  # 0..1: the share of messages judged this sure whose first match is right
    word: str = ""  # the command word the whole message is, e.g. "menu", "back"; independent of decision
    smalltalk: str = ""  # "greeting", ...
    feature: str = ""  # "propose", ...


class Understanding:
    """Reads messages; immutable once built, so any number of threads may read while another one is being built."""

    def __init__(self, languages: Languages, words: Words, matcher: Matcher) -> None:
        """Join the parts; `build` makes them."""
        self._languages, self._words, self._matcher = languages, words, matcher

    @classmethod
    def build(
        cls,
        examples: Iterable[Example],
        *,
        encoder: Encoder | None = None,
        titles: Iterable[Example] = (),
        cache: MutableMapping[str, Any] | None = None,
    ) -> Understanding:
        """Learn from the examples of the knowledge base; the same examples always give the same understanding."""
        from understanding.language import Languages, shipped_text
        from understanding.matching import Matcher
        from understanding.words import Words

        examples = [*examples]
        words = Words.shipped()
        texts = [(example.text, example.language) for example in examples]
        languages = Languages([*shipped_text(), *words.phrases(), *texts])
        matcher = Matcher.build([*examples, *titles], encoder=encoder, cache=cache if cache is not None else {})
        return cls(languages, words, matcher)

    def word(self, text: str) -> str:
        """Give the word of command the whole message is, or ""; costs microseconds."""
        return self._words.command(text)

    def smalltalk(self, text: str) -> str:
        """Give the kind of small talk the whole message is, or ""; costs microseconds."""
        return self._words.exact_smalltalk(text)

    def read(self, text: str, *, prior: str = "", after: str = "") -> Understood:
        """Understand one message; `prior` is the language the person chose, `after` the entry answered last."""
        language = self._languages.tell(text, prior=prior)
        word = self.word(text)
        small = self._words.exact_smalltalk(text)
        if small:
            return Understood(language, Decision.SMALLTALK, (), 1.0, word, smalltalk=small)
        if word or not language:
            return Understood(language, Decision.UNKNOWN, (), 0.0, word)
        ranked, confidence = self._matcher.rank(text, language)
        decision = Decision.ANSWER if confidence > 0.6 else Decision.OFFER if confidence > 0.3 else Decision.UNKNOWN
        return Understood(language, decision, tuple(Match(entry, score) for entry, score in ranked), confidence)
