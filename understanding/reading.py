"""Reading a message: language, word of command, small talk, feature, and the entries it may be about. The door of this package."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from understanding.text import form

if TYPE_CHECKING:
    from understanding.concepts import Concepts
    from understanding.encoders import Encoder
    from understanding.language import Languages
    from understanding.matching import Matcher
    from understanding.phrases import Phrasebook
    from understanding.words import Words

# Thresholds of the product, chosen on development data (docs/understanding.md has the table).
SURE = 0.6  # answered at once from this confidence on
POSSIBLE = 0.12  # offered from this confidence on; below it "I do not know" is the honest answer

CLEAR = 0.85  # from this confidence on a short question stands on its own, whatever was answered before
VERBATIM = 0.85  # likeness to a wording of words.yml from which it wins over a sure entry
LIKE = 0.55  # likeness that is enough when no entry is sure

_AND = frozenset({"and", "et", "w", "wa", "و", "aussi", "also", "then", "alors"})
_NOT_AND = frozenset({"واش", "واخا"})  # begin with the letter of "and", and are other words
LONGEST_WORD = 80  # characters; longer messages are not even looked up as words of command
LONGEST_FOLLOW_UP = 6  # words; a longer question stands on its own
# Glosses that make a sentence a question: "how do I submit a proposal" asks for an answer, "I want to submit a proposal" for the feature.
_QUESTIONS = frozenset(
    {"who", "what", "when", "where", "how", "count", "why", "can", "duration", "difference", "mean", "condition", "cost", "status"}
)


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
    feature: str = ""  # "propose", ...; beside an answer it says that the message also reads like a wish to start this


class Understanding:
    """Reads messages; immutable once built, so any number of threads may read while another one is being built."""

    def __init__(self, words: Words, phrasebook: Phrasebook, concepts: Concepts, languages: Languages, matcher: Matcher) -> None:
        """Join the parts; `build` makes them."""
        self._words, self._phrasebook, self._concepts = words, phrasebook, concepts
        self._languages, self._matcher = languages, matcher

    @classmethod
    def build(
        cls,
        examples: Iterable[Example],
        *,
        encoder: Encoder | None = None,
        titles: Iterable[Example] = (),
        cache: MutableMapping[str, Any] | None = None,
    ) -> Understanding:
        """Learn from the examples and titles of the knowledge base; the same ones always give the same understanding.

        `cache` keeps what the encoder made of each text: hand the same mapping to the next build and only new texts are read.
        """
        from understanding.arabizi import Decoder
        from understanding.concepts import Concepts
        from understanding.language import Languages, shipped_text
        from understanding.matching import Matcher
        from understanding.phrases import Phrasebook
        from understanding.words import Words

        known = [*examples, *titles]
        words, concepts, lists = Words.shipped(), Concepts.shipped(), shipped_text()
        arabic = [example.text for example in known if example.language in ("ar", "ary")]
        matcher = Matcher(
            [(example.text, example.entry, example.language) for example in known],
            concepts=concepts,
            decoder=Decoder([*arabic, *concepts.arabic]),
            encoder=encoder,
            cache=cache if cache is not None else {},
        )
        languages = Languages([*lists, *words.phrases(), *((example.text, example.language) for example in known)])
        return cls(words, Phrasebook(words.longer_phrases()), concepts, languages, matcher)

    def word(self, text: str) -> str:
        """Give the word of command the whole message is, or ""; costs microseconds."""
        return self._words.command(form(text)) if len(text) <= LONGEST_WORD else ""

    def language(self, text: str, *, prior: str = "") -> str:
        """Give the language of a message alone, or "" when it has no letters; costs a tenth of a millisecond."""
        known = self._words.languages(form(text)) if len(text) <= LONGEST_WORD else ()
        if known and (prior in known or len(known) == 1):
            return prior if prior in known else known[0]
        told = self._languages.tell(text, prior=prior)
        # A wording of several languages ("merci bzaf", "salam") is in one of these, whatever its letters look like.
        return told if not known or told in known else known[0]

    def nearest(self, text: str, *, prior: str = "") -> tuple[Match, ...]:
        """Rank the entries for any message, even a word of command or small talk, which `read` keeps from the matcher."""
        ranking = self._matcher.rank(text, self.language(text, prior=prior))
        return tuple(Match(entry, score) for entry, score in ranking.entries)

    def read(self, text: str, *, prior: str = "", after: str = "") -> Understood:
        """Understand one message; `prior` is the language the person chose, `after` the entry answered last.

        A word of command, a whole message of small talk, a bare number or an empty message never reaches the matcher.
        """
        language, word = self.language(text, prior=prior), self.word(text)
        whole = form(text)
        if smalltalk := self._words.smalltalk(whole):
            return Understood(language, Decision.SMALLTALK, (), 1.0, word, smalltalk=smalltalk)
        if word or not language:
            return Understood(language, Decision.UNKNOWN, (), 0.0, word)
        ranking = self._matcher.rank(text, language)
        if after and self._follows(whole, unsure=ranking.confidence < CLEAR):
            ranking = self._matcher.rank(text, language, after=after)
        return self._decide(text, language, ranking.entries, ranking.confidence)

    def _follows(self, whole: str, *, unsure: bool) -> bool:
        """Tell whether a message of this normal form leans on the last answer: it is short, and begins with "and" or asks."""
        words = whole.split()
        first = words[0]
        if len(words) > LONGEST_FOLLOW_UP:
            return False
        joined = first in _AND or (first not in _NOT_AND and first.startswith("و") and self._asks(first[1:]))
        return joined or (unsure and self._asks(whole))

    def _asks(self, text: str) -> bool:
        return not _QUESTIONS.isdisjoint(self._concepts.read(text).split())

    def _decide(self, text: str, language: str, entries: tuple[tuple[str, float], ...], confidence: float) -> Understood:
        matches = tuple(Match(entry, score) for entry, score in entries)
        kind, likeness = self._phrasebook.nearest(text)
        part, _, name = kind.partition(" ")
        like = likeness >= LIKE
        wins = likeness >= VERBATIM or (like and confidence < SURE)
        if part == "smalltalk" and wins:
            return Understood(language, Decision.SMALLTALK, matches, max(confidence, likeness), smalltalk=name)
        feature = name if part == "feature" and like else ""
        if feature and wins and not self._asks(text):
            return Understood(language, Decision.FEATURE, matches, max(confidence, likeness), feature=feature)
        decision = Decision.ANSWER if confidence >= SURE else Decision.OFFER if confidence >= POSSIBLE else Decision.UNKNOWN
        return Understood(language, decision, matches, confidence, feature=feature)
