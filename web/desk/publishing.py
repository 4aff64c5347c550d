"""What both ways of publishing an entry share: the look at its rehearsal, and the pages that say how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.layout import Limits
from bot.phrases import Voice
from civic.knowledge import LANGUAGES, Entry
from handlers.desk.publishing import Preview, previews
from handlers.language import LANGUAGE_NAMES
from handlers.topics import TOPICS
from web.desk.entry_form import ASKED_IN, same
from web.desk.frame import Desk, Visit
from web.desk.rehearsals import RehearsalFailed, Rehearsals
from web.forms import Form

LONGEST_REASON = 300  # characters

NAMES = {**LANGUAGE_NAMES, "ary": "الدارجة", "ary-Latn": "darija"}


class Press:
    """Rehearses, previews and says what stands in the way."""

    def __init__(self, desk: Desk, rehearsals: Rehearsals, voices: Mapping[str, Voice], channels: Mapping[str, Limits]) -> None:
        self._desk, self._rehearsals, self._voices, self._channels = desk, rehearsals, voices, channels

    async def checked(
        self, visit: Visit, form: Form, entries: Sequence[Entry], before: Entry | None, entry: Entry, section: str
    ) -> str | web.Response:
        """ "" or why a failed rehearsal does not count, when the entry may be published; else the page that says why not yet."""
        if same(before, entry):
            return ""
        reason = " ".join(form.fields.get("anyway", "").split())[:LONGEST_REASON]
        try:
            lost = await self._rehearsals.look(entries, entry)
        except RehearsalFailed:
            lost, failed = None, True
        else:
            failed = False
        if lost is not None and not lost:
            return ""
        if reason:
            return f"not rehearsed: {reason}" if lost is None else f"{len(lost)} questions lost: {reason}"
        hidden = [(name, value) for name, values in form.every.items() if name not in ("token", "anyway", "do") for value in values]
        return self._desk.render(
            visit,
            "desk/rehearsal.html",
            section=section,
            status=409 if lost else 200,
            lost=lost,
            failed=failed,
            hidden=hidden,
            titles={known.id: known.title_for(visit.language) for known in entries},
            entry=entry,
        )

    def previews(self, entry: Entry) -> tuple[Preview, ...]:
        """How every channel would say an entry that is whole enough for that."""
        return previews(entry, self._voices, self._channels) if entry.answer else ()

    def about_forms(self, visit: Visit) -> dict[str, object]:
        """What the template of an entry's form needs."""
        return {
            "entry_languages": [(language, LANGUAGE_NAMES[language]) for language in LANGUAGES],
            "asked_in": [(language, NAMES[language]) for language in ASKED_IN],
            "topics": sorted(((topic, visit.voice.say(name)) for topic, name in TOPICS.items()), key=lambda pair: pair[1]),
            "language_names": NAMES,
        }
