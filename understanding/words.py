"""Words Hiwar understands whatever the knowledge base says: words of command, small talk, and ways to ask for a feature (words.yml)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from understanding import lists
from understanding.text import form

Phrases = Mapping[str, Mapping[str, tuple[str, ...]]]  # name -> language -> wordings


class Words:
    """The wordings of words.yml, by the normal form of the whole message; immutable once built."""

    def __init__(self, commands: Phrases, smalltalk: Phrases, features: Phrases) -> None:
        """Index the wordings; one that stands under two names of a kind belongs to the first."""
        self._parts = {"commands": commands, "smalltalk": smalltalk, "features": features}
        self._names = {part: _by_form(phrases) for part, phrases in self._parts.items()}
        self._languages: dict[str, tuple[str, ...]] = {}
        for wording, language in self.phrases():
            known = self._languages.get(form(wording), ())
            if language not in known:
                self._languages[form(wording)] = (*known, language)

    @classmethod
    def shipped(cls) -> Words:
        """Give the wordings that ship with Hiwar."""
        parts = lists.shipped("words.yml")
        return cls(*(_phrases(parts[part]) for part in ("commands", "smalltalk", "features")))

    def command(self, whole: str) -> str:
        """Give the word of command a message of this normal form is, or ""."""
        return self._names["commands"].get(whole, "")

    def smalltalk(self, whole: str) -> str:
        """Give the kind of small talk a message of this normal form is, word for word, or ""."""
        return self._names["smalltalk"].get(whole, "")

    def feature(self, whole: str) -> str:
        """Give the feature a message of this normal form asks for, word for word, or ""."""
        return self._names["features"].get(whole, "")

    def languages(self, whole: str) -> tuple[str, ...]:
        """Give the languages a wording of this normal form belongs to."""
        return self._languages.get(whole, ())

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Give every wording with its language."""
        for part in self._parts.values():
            for languages in part.values():
                for language, wordings in languages.items():
                    yield from ((wording, language) for wording in wordings)

    def longer_phrases(self) -> Iterator[tuple[str, str]]:
        """Give every wording of small talk and features with its kind, "smalltalk greeting" or "feature propose"."""
        for kind, part in (("smalltalk", self._parts["smalltalk"]), ("feature", self._parts["features"])):
            for name, languages in part.items():
                yield from ((wording, f"{kind} {name}") for wordings in languages.values() for wording in wordings)


def _phrases(part: Mapping[str, Mapping[str, list[object]]]) -> Phrases:
    return {name: {language: tuple(map(str, wordings)) for language, wordings in languages.items()} for name, languages in part.items()}


def _by_form(part: Phrases) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, languages in part.items():
        for wordings in languages.values():
            for wording in wordings:
                found.setdefault(form(wording), name)
    return found
