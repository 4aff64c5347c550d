"""What nobody could answer and answers that were not useful, in the groups that an editor sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from civic.knowledge import Entry
from handlers.desk.editing import languages_of
from storage.questions import OpenQuestion
from understanding.likeness import group

MOST = 2000  # open questions looked through at once, the oldest first


@dataclass(frozen=True, slots=True)
class Seen:
    """What an editor sees: open questions in groups, and the knowledge base."""

    groups: tuple[tuple[OpenQuestion, ...], ...]
    entries: tuple[Entry, ...]

    def around(self, numbers: Sequence[int]) -> tuple[OpenQuestion, ...]:
        """The questions of every group that one of these numbers is in."""
        return tuple(one for together in self.groups if any(one.number in numbers for one in together) for one in together)


def grouped(open_questions: Sequence[OpenQuestion], entries: Sequence[Entry]) -> tuple[tuple[OpenQuestion, ...], ...]:
    """Open questions in groups, the largest first: judged the same entry, asked alike, or put together by an editor."""
    teller = languages_of(entries)
    asked = [question for question in open_questions if not question.entry]
    found = [[asked[place] for place in places] for places in group([(one.text, teller.tell(one.text)) for one in asked])]
    by_entry: dict[str, list[OpenQuestion]] = {}
    for question in open_questions:
        if question.entry:
            by_entry.setdefault(question.entry, []).append(question)
    found += by_entry.values()
    home = {question.number: together for together in found for question in together}
    for question in open_questions:
        ours, theirs = home[question.number], home.get(question.alike)
        if theirs is not None and theirs is not ours:
            theirs += ours
            home |= {moved.number: theirs for moved in ours}
    together = {id(one): one for one in home.values()}.values()
    in_order = [tuple(sorted(one, key=lambda question: question.number)) for one in together]
    return tuple(sorted(in_order, key=lambda one: (-len(one), one[0].number)))
