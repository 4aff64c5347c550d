"""`hiwar questions`: what nobody could answer and answers that were not useful, in groups; answered once, told to all who asked."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
import sqlalchemy as sa

from bot.buttons import Signer
from bot.phrases import open_voices
from channels.console import Console
from channels.webchat import WebChat
from civic.knowledge import Entry
from handlers.desk.content_check import check_answer
from handlers.desk.editing import Draft, compose
from handlers.desk.followup import Changed, Desk, Followed, follow_up
from handlers.desk.rehearsal import rehearse
from handlers.desk.waiting_questions import MOST, Seen, grouped
from handlers.topics import TOPICS
from service.operations import OPERATOR, done, not_ready, open_ledger, refuse
from service.running import refuse_half_rotated, running
from service.settings import Settings
from service.wiring import LOCALES, open_time_zone
from storage import audit, knowledge, questions
from storage.questions import OpenQuestion, Settled
from storage.sealing import open_seal
from storage.soundness import open_to_look
from understanding import encoders

P = ParamSpec("P")
T = TypeVar("T")


def list_questions(settings: Settings, *, as_json: bool = False) -> int:
    """Print each group: its numbers, how many asked, since when, and how the first asked it."""
    if told := not_ready(settings):
        return refuse(told)
    seen = _look(settings)
    for together in seen.groups:
        first, people = together[0], len({one.person_id for one in together if one.person_id is not None})
        if as_json:
            print(json.dumps(_described(together), ensure_ascii=False))  # noqa: T201
            continue
        what = f"[not useful: {first.entry}] " if first.entry else ""
        print(f"Q-{first.number:<5} {len(together):>3} asked, {people} to tell, since {first.asked_at:%Y-%m-%d}  {what}{first.text}")  # noqa: T201
    if as_json:
        return 0
    return done(f"{len(seen.groups)} groups. `hiwar questions show NUMBER` shows one, `hiwar questions answer NUMBER` answers it.")


def show_questions(settings: Settings, numbers: Sequence[int], *, as_json: bool = False) -> int:
    """Print every question of a group, and the answer they found not useful."""
    if told := not_ready(settings):
        return refuse(told)
    seen = _look(settings)
    together = seen.around(numbers)
    if not together:
        return _none_open(settings, numbers)
    if as_json:
        return done(json.dumps(_described(together), ensure_ascii=False))
    for one in together:
        text = one.text or "(only said that the answer was not useful)"
        print(f"Q-{one.number}  {one.asked_at:%Y-%m-%d %H:%M} UTC  {one.language}  {text}")  # noqa: T201
    for entry in (entry for entry in seen.entries if entry.id in {one.entry for one in together}):
        print(f"\nNot useful: {entry.id}")  # noqa: T201
        for language, answer in entry.answer.items():
            print(f"[{language}] {entry.title_for(language)}\n{answer}\n")  # noqa: T201
    return 0


def merge_questions(settings: Settings, numbers: Sequence[int]) -> int:
    """Put groups together, to be answered as one."""
    if told := not_ready(settings):
        return refuse(told)
    if len(set(numbers)) < 2:
        return refuse("say which ones: `hiwar questions merge NUMBER NUMBER`")
    seen = _look(settings)
    if missing := [number for number in numbers if not seen.around([number])]:
        return _none_open(settings, missing)
    firsts = [seen.around([number])[0].number for number in numbers]

    asyncio.run(_write(settings, _put_together, firsts[0], firsts[1:], dt.datetime.now(dt.UTC)))
    return done(f"Q-{firsts[0]} and its group are answered together with {', '.join(f'Q-{number}' for number in firsts[1:])}.")


def answer_questions(
    settings: Settings, numbers: Sequence[int], draft: Draft, *, only: bool = False, anyway: str = "", today: dt.date | None = None
) -> int:
    """Answer groups of questions (or `only` the ones named) with a draft and tell everyone; a repeated call does nothing again.

    Refused when the entry is wrong, or when another question would no longer find its entry, unless `anyway` says why.
    """
    if told := not_ready(settings):
        return refuse(told)
    seen = _look(settings)
    together = seen.around(numbers)
    if missing := [number for number in numbers if number not in {one.number for one in together}]:
        status = _none_open(settings, missing)
        if status or not together:
            return status
    together = tuple(one for one in together if not only or one.number in numbers)
    entry_id = draft.id or next((one.entry for one in together if one.entry), "")
    before = next((entry for entry in seen.entries if entry.id == entry_id), None)
    others = [entry for entry in seen.entries if entry.id != entry_id]
    entry = compose(msgspec.structs.replace(draft, id=entry_id), before, together, others)
    if before is not None and not draft.answer and any(one.entry == entry_id for one in together):
        return refuse(f"the answer {entry_id} was not useful: write a better one")
    if wrong := check_answer(entry, today or dt.datetime.now(dt.UTC).date(), TOPICS):
        return refuse("\n  ".join(["this cannot be published:", *(f"{mistake.field}: {mistake.what}" for mistake in wrong)]))
    overruled = ""
    if before is None or entry.examples != before.examples:
        lost = rehearse(seen.entries, (*others, entry), encoder=encoders.load() if settings.encoder else None)
        if lost and not anyway:
            told = "these questions would no longer find their entry; write other examples, or say why it may be: --anyway REASON"
            return refuse("\n  ".join([told, *(str(one) for one in lost)]))
        overruled = f"{len(lost)} questions lost: {anyway}" if lost else ""
    try:
        followed = asyncio.run(_follow_up(settings, [one.number for one in together], entry, before, overruled))
    except Changed as error:
        return refuse(str(error))
    gone = f" {followed.gone} cannot be told any more." if followed.gone else ""
    return done(f"Answered by {entry.id}: {', '.join(f'Q-{number}' for number in followed.numbers)}. People told: {followed.told}.{gone}")


async def _follow_up(settings: Settings, numbers: Sequence[int], entry: Entry, before: Entry | None, overruled: str) -> Followed:
    seal = open_seal(settings.key_path)
    desk = Desk(
        voices=open_voices(LOCALES, open_time_zone()),
        signer=Signer(seal.key_for("buttons")),
        keeping=frozenset(channel.name for channel in (WebChat(), Console()) if channel.capabilities.keeps),
        actor=OPERATOR,
    )
    return await _write(settings, follow_up, desk, numbers, entry, before, dt.datetime.now(dt.UTC), overruled)


def _put_together(db: sa.Connection, number: int, others: Sequence[int], at: dt.datetime) -> None:
    questions.put_together(db, number, others)
    audit.note(db, at, OPERATOR, "questions_merged", f"question {number}", " ".join(str(other) for other in others))


async def _write(settings: Settings, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        async with open_ledger(settings.url, open_seal(settings.key_path)) as ledger:
            return await ledger.write(work, *args, **kwargs)


def _look(settings: Settings) -> Seen:
    engine = open_to_look(settings.url, open_seal(settings.key_path))
    try:
        with engine.connect() as db:
            entries = knowledge.everything(db)
            return Seen(grouped(questions.open_questions(db, MOST), entries), entries)
    finally:
        engine.dispose()


def _none_open(settings: Settings, numbers: Sequence[int]) -> int:
    """Say why there is nothing to do: what was answered already is no mistake, so that a command may be repeated."""
    engine = open_to_look(settings.url, open_seal(settings.key_path))
    try:
        with engine.connect() as db:
            found = {number: questions.settled(db, number) for number in numbers}
    finally:
        engine.dispose()
    if unknown := [number for number, settled in found.items() if settled is None]:
        return refuse(f"there is no open question {', '.join(f'Q-{number}' for number in unknown)}")
    return done("\n".join(_was_answered(settled) for settled in found.values() if settled is not None))


def _was_answered(settled: Settled) -> str:
    return f"Q-{settled.number} was answered by {settled.answer} on {settled.at:%Y-%m-%d %H:%M} UTC; nothing is done again."


def _described(together: Sequence[OpenQuestion]) -> dict[str, object]:
    return {
        "number": together[0].number,
        "not_useful": together[0].entry,
        "people": len({one.person_id for one in together if one.person_id is not None}),
        "questions": [
            {"number": one.number, "text": one.text, "language": one.language, "asked_at": one.asked_at.isoformat()} for one in together
        ],
    }
