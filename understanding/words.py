"""Words Hiwar understands whatever the knowledge base says: words of command, small talk, and ways to ask for a feature (words.yml)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from understanding.text import fold

Phrases = Mapping[str, Mapping[str, tuple[str, ...]]]  # name -> language -> wordings


class Words:
    """The wordings of words.yml, by their normal form; immutable once built."""

    def __init__(self, commands: Phrases, smalltalk: Phrases, features: Phrases) -> None:
        """Index the wordings by the normal form of the whole message."""
        self.commands, self.smalltalk, self.features = commands, smalltalk, features
        self._command = _by_form(commands)
        self._smalltalk = _by_form(smalltalk)

    @classmethod
    def shipped(cls) -> Words:
        """Give the wordings that ship with Hiwar."""
        lists = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
        return cls(*(_phrases(lists[part]) for part in ("commands", "smalltalk", "features")))

    def command(self, text: str) -> str:
        """Give the word of command the whole message is, or ""."""
        return self._command.get(_form(text), "")

    def exact_smalltalk(self, text: str) -> str:
        """Give the kind of small talk the whole message is, word for word, or ""."""
        return self._smalltalk.get(_form(text), "")

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Give every wording with its language."""
        for part in (self.commands, self.smalltalk, self.features):
            for languages in part.values():
                for language, wordings in languages.items():
                    for wording in wordings:
                        yield wording, language


def _form(text: str) -> str:
    return fold(text) or text.strip()


def _phrases(part: Mapping[str, Mapping[str, list[object]]]) -> Phrases:
    return {name: {language: tuple(str(w) for w in wordings) for language, wordings in languages.items()} for name, languages in part.items()}


def _by_form(part: Phrases) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, languages in part.items():
        for wordings in languages.values():
            for wording in wordings:
                found.setdefault(_form(wording), name)
    return found
