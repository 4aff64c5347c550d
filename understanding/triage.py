"""Tells whether a text is really an information request, a complaint, a petition, a report of corruption or an emergency, by word lists.

It only decides whether a person is told where such a matter belongs: so it is made to stay silent when in doubt.
"""

from __future__ import annotations

from functools import cache

from understanding import lists
from understanding.text import fold

Rule = tuple[tuple[str, ...], ...]  # groups of wordings; a text fits when it has one of each


def matter(text: str) -> str:
    """The matter a text fits, in the order of triage.yml, or ""."""
    whole = f" {fold(text)} "
    for name, rules in _rules():
        if any(all(any(wording in whole for wording in group) for group in rule) for rule in rules):
            return name
    return ""


@cache
def _rules() -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    """The rules of triage.yml, their wordings in normal form between word edges; one that ends in "-" is the beginning of a word."""
    found = []
    for name, by_language in lists.shipped("triage.yml").items():
        rules = [rule for rules in by_language.values() for rule in rules]
        found.append((name, tuple(tuple(tuple(_edged(wording) for wording in group) for group in rule) for rule in rules)))
    return tuple(found)


def _edged(wording: str) -> str:
    return f" {fold(wording)}" if wording.endswith("-") else f" {fold(wording)} "
