"""The queue of unanswered questions: groups of them, answered once for everybody who asked."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from aiohttp import web

from bot.buttons import Signer
from bot.phrases import Phrase, Voice, _, _n
from civic.errors import ContentWrong
from civic.knowledge import Entry
from civic.staff import MAY, Member
from handlers.desk import followup
from handlers.desk.editing import compose
from handlers.desk.publishing import version
from handlers.desk.waiting_questions import MOST, Seen, grouped
from handlers.reception import Reader
from storage import audit, knowledge, questions
from storage.questions import OpenQuestion
from web.desk.entry_form import draft_of, entry_of, fields_of, typed, wrong_with
from web.desk.frame import Desk, Visit
from web.desk.publishing import Press
from web.desk.sections import Section, cut
from web.forms import Form, Refused

A_PAGE = 30
PATIENCE = 0.5  # seconds a page waits for the entries that come nearest; while Hiwar starts, it goes without
_ROLES = MAY["answer"]
_CHANGED = _("Somebody else changed this entry meanwhile. Look at it as it is now, then publish again; what you wrote is still here.")
_ANSWERED = _("This question was answered already.")


@dataclass(frozen=True, slots=True)
class Mail:
    """What telling people needs of the world."""

    voices: Mapping[str, Voice]
    signer: Signer
    keeping: frozenset[str]


def waiting(db: sa.Connection, member: Member, now: dt.datetime) -> int:
    return questions.count_open(db)


class Questions:
    """The list and the page of a group."""

    sections = (Section("questions", _("Questions"), "/desk/questions", _ROLES, waiting),)

    def __init__(self, desk: Desk, press: Press, mail: Mail, reading: Reader) -> None:
        self._desk, self._press, self._mail, self._reading = desk, press, mail, reading
        self._known: tuple[object, Seen] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/questions", self.page),
            web.get("/desk/questions/{number}", self.group),
            web.post("/desk/questions/{number}/answer", self.answer),
            web.post("/desk/questions/{number}/merge", self.merge),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/questions`: the groups, the largest first."""
        visit = await self._desk.enter(request, *_ROLES)
        seen = await self._seen()
        after = request.query.get("after", "")
        start = int(after) if after.isascii() and after.isdecimal() and len(after) < 7 else 0
        numbered = list(enumerate(seen.groups))[start : start + A_PAGE + 1]
        found = cut(numbered, A_PAGE, lambda pair: pair[0] + 1, is_first=not start)
        titles = {entry.id: entry.title_for(visit.language) for entry in seen.entries}
        return self._desk.render(visit, "desk/questions.html", section="questions", found=found, titles=titles)

    async def group(self, request: web.Request) -> web.Response:
        """`GET /desk/questions/{number}`: what a group asked, and the form that answers it; `?entry=` opens an entry in it."""
        visit = await self._desk.enter(request, *_ROLES)
        seen, together = await self._together(request)
        chosen = request.query.get("entry") or next((one.entry for one in together if one.entry), "")
        before = next((entry for entry in seen.entries if entry.id == chosen), None)
        return await self._shown(visit, seen, together, before, fields_of(before), Form(), {}, None)

    async def answer(self, request: web.Request) -> web.Response:
        """`POST /desk/questions/{number}/answer`: publish the entry, tell everybody who asked, once."""
        visit = await self._desk.enter(request, *_ROLES)
        form = await self._desk.form(request, visit)
        seen, together = await self._together(request)
        before = next((entry for entry in seen.entries if entry.id == form.fields.get("before")), None)
        fields = typed(form.fields, before)
        numbers = [one.number for one in together if str(one.number) in form.every.get("number", ())]
        answered = tuple(one for one in together if one.number in numbers)
        entry, wrong = self._composed(fields, before, answered, seen, visit)
        if form.fields.get("do") in ("preview", "back") or wrong or entry is None:
            status = 400 if wrong and form.fields.get("do") not in ("preview", "back") else 200
            return await self._shown(visit, seen, together, before, fields, form, wrong, entry, status)
        if version(before) != form.fields.get("version", ""):
            return await self._shown(visit, seen, together, before, fields, form, {"": _CHANGED}, entry, 409)
        overruled = await self._press.checked(visit, form, seen.entries, before, entry, "questions")
        if isinstance(overruled, web.Response):
            return overruled
        post = followup.Desk(voices=self._mail.voices, signer=self._mail.signer, keeping=self._mail.keeping, actor=visit.actor)
        try:
            done = await self._desk.write(followup.follow_up, post, numbers, entry, before, visit.now, overruled)
        except followup.Changed:
            return await self._shown(visit, seen, together, before, fields, form, {"": _CHANGED}, entry, 409)
        if not done.numbers:
            return self._desk.done(visit, "/desk/questions", _ANSWERED)
        said = _n("Answered. {n} person is told.", "Answered. {n} people are told.", done.told)
        return self._desk.done(visit, "/desk/questions", said)

    async def merge(self, request: web.Request) -> web.Response:
        """`POST /desk/questions/{number}/merge`: put another group with this one."""
        visit = await self._desk.enter(request, *_ROLES)
        form = await self._desk.form(request, visit)
        seen, together = await self._together(request)
        other = form.fields.get("with", "").upper().removeprefix("Q-")
        theirs = seen.around([int(other)]) if other.isascii() and other.isdecimal() and len(other) < 19 else ()
        if not theirs or theirs[0].number in {one.number for one in together}:
            raise Refused(400, _("Choose another group that is still open."))
        await self._desk.write(_put_together, together[0].number, [theirs[0].number], visit.now, visit.actor)
        return self._desk.done(visit, f"/desk/questions/{together[0].number}", _("The two groups are answered as one from now on."))

    def _composed(
        self, fields: Mapping[str, str], before: Entry | None, answered: Sequence[OpenQuestion], seen: Seen, visit: Visit
    ) -> tuple[Entry | None, dict[str, Phrase]]:
        """The entry that would be published, and what is wrong with it."""
        if not answered:
            return None, {"number": _("Choose at least one question to answer.")}
        draft = draft_of(fields, before)
        others = [entry for entry in seen.entries if before is None or entry.id != before.id]
        if before is not None and not draft.answer and any(one.entry == before.id for one in answered):
            return before, {"": _("This answer was not useful to somebody: write a better one.")}
        known = {entry.id for entry in seen.entries}
        if before is None:
            if wrong := wrong_with(entry_of(fields, None), known, visit.now.date(), is_new=True):
                return None, wrong
        elif draft.answer and not (draft.source and draft.date):
            return None, {"sources": _("Say where the facts come from: no answer without a source.")}
        try:
            entry = compose(draft, before, answered, others)
        except ContentWrong as error:
            return None, {"": _("This cannot be published: {what}", what=str(error))}
        return entry, wrong_with(entry, known, visit.now.date())

    async def _shown(
        self,
        visit: Visit,
        seen: Seen,
        together: Sequence[OpenQuestion],
        before: Entry | None,
        fields: Mapping[str, str],
        form: Form,
        wrong: Mapping[str, Phrase],
        entry: Entry | None,
        status: int = 200,
    ) -> web.Response:
        near = await self._near(together)
        by_id = {known.id: known for known in seen.entries}
        wanted = form.fields.get("do") == "preview" and entry is not None
        chosen = [int(number) for number in form.every.get("number", ()) if number.isdecimal()] or [one.number for one in together]
        return self._desk.render(
            visit,
            "desk/question.html",
            section="questions",
            status=status,
            together=together,
            first=together[0],
            chosen=chosen,
            others=[group for group in seen.groups if group[0].number != together[0].number],
            near=[by_id[name] for name in near if name in by_id],
            entry_choices=[("", "–"), *sorted(((one.id, one.title_for(visit.language)) for one in seen.entries), key=lambda pair: pair[1])],
            before=before,
            version=version(before),
            fields=fields,
            wrong=wrong,
            previews=self._press.previews(entry) if wanted and entry is not None else (),
            **self._press.about_forms(visit),
        )

    async def _near(self, together: Sequence[OpenQuestion]) -> list[str]:
        """The entries that come nearest to what was asked, if that can be told in a moment."""
        text = next((one.text for one in together if one.text), "")
        if not text:
            return []
        try:
            async with asyncio.timeout(PATIENCE):
                understood = await self._reading.read(text, together[0].language, "")
        except TimeoutError:
            return []
        return [match.entry for match in understood.matches[:5]]

    async def _seen(self) -> Seen:
        """As it is now; grouping takes a second, so it is done again only when something changed."""
        mark = await self._desk.read(knowledge.mark), await self._desk.read(questions.open_questions, MOST)
        if self._known is None or self._known[0] != mark:
            entries = await self._desk.read(knowledge.everything)
            self._known = mark, Seen(await asyncio.to_thread(grouped, mark[1], entries) if mark[1] else (), entries)
        return self._known[1]

    async def _together(self, request: web.Request) -> tuple[Seen, tuple[OpenQuestion, ...]]:
        number = request.match_info["number"]
        if not number.isascii() or not number.isdecimal() or len(number) > 18:
            raise self._desk.not_found()
        seen = await self._seen()
        together = seen.around([int(number)])
        if not together:
            if await self._desk.read(questions.settled, int(number)) is not None:
                raise Refused(410, _ANSWERED)
            raise self._desk.not_found()
        return seen, together


def _put_together(db: sa.Connection, number: int, others: Sequence[int], at: dt.datetime, actor: str) -> None:
    questions.put_together(db, number, others)
    audit.note(db, at, actor, "questions_merged", f"question {number}", " ".join(str(other) for other in others))
