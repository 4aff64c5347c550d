"""Refusals that a citizen reads: what is wrong and what to do next; and content that an editor has to mend."""

from __future__ import annotations


class Refusal(Exception):
    """Something asked for is not allowed or not possible; `reason` names it for the one who words it for the citizen.

    `question` is the question to ask again, where one answer is what stands in the way.
    """

    def __init__(self, reason: str, question: str = "", **values: object) -> None:
        super().__init__(reason)
        self.reason, self.question, self.values = reason, question, values


class ContentWrong(ValueError):
    """The content cannot be read or used; the text names the file, the entry and what is wrong."""
