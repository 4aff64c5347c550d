"""Plays conversations: each message is handled by a freshly opened engine, so nothing can live in memory between two of them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from bot.buttons import Signer
from bot.features import Contents
from bot.messages import ButtonKind, Contact, File, Incoming, Outgoing, Place, Shown
from bot.phrases import END, ISOLATE, Voice, open_voices
from bot.routing import Unclear, Uncompared
from channels.console import Console
from channels.contract import Channel
from channels.messenger import Messenger
from channels.telegram import Telegram
from channels.webchat import WebChat
from civic.decisions import Decider
from civic.knowledge import Entry
from civic.proposals import Act
from civic.terms import Terms
from handlers.case_notices import promise_missed
from handlers.desk.rehearsal import examples_of
from handlers.reception import glance
from handlers.telling import Post, tell
from handlers.turn import Answered, House, receive
from scheduler import promises
from service import library
from service.wiring import LOCALES, open_time_zone
from storage import lines, outbox, people, proposals
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.sealing import Seal
from tests.moderators import SALMA, decide
from tests.talks import TEST_CONTENTS
from understanding.alike import MOST, Alike
from understanding.reading import Understanding
from understanding.words import Words

P = ParamSpec("P")
T = TypeVar("T")

CHANNELS: dict[str, Channel] = {
    "console": Console(),
    "webchat": WebChat(),
    "telegram": Telegram("1:test"),
    "messenger": Messenger("token", "secret", page="104000000000001"),
}
MORNING = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@cache
def content() -> library.Content:
    """What Hiwar is shipped with."""
    return library.read()


def entries() -> tuple[Entry, ...]:
    """The shipped knowledge base."""
    return content().entries


@cache
def understanding() -> Understanding:
    """What understands in the tests: the lexical matcher on the shipped knowledge base, the same on every machine."""
    return Understanding.build(examples_of(entries()))


@cache
def nothing_published() -> Alike:
    """What compares in the tests, by letters alone, before it knows any text."""
    return Alike.shipped(background=[example.text for example in examples_of(entries())])


def comparing(db: sa.Connection) -> Alike:
    """What is published now, to compare with."""
    alike = nothing_published()
    alike.replace(proposals.published_texts(db, MOST))
    return alike


@cache
def words() -> Words:
    return Words.shipped()


@cache
def voices() -> dict[str, Voice]:
    return open_voices(LOCALES, open_time_zone())


@dataclass(slots=True)
class Stage:
    """One conversation of one person on a database."""

    url: str
    seal: Seal
    channel: str = "console"
    person: str = "amina"
    contents: Contents = field(default_factory=lambda: TEST_CONTENTS)
    now: dt.datetime = MORNING
    with_knowledge: bool = True
    history: list[Shown] = field(default_factory=list)
    last: tuple[Shown, ...] = ()
    _heard: int = 0  # the last line that was looked at
    _spoke: dt.datetime = MORNING
    _events: itertools.count[int] = field(default_factory=itertools.count)
    _ids: itertools.count[int] = field(default_factory=itertools.count)
    _codes: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        if self.with_knowledge:
            engine = open_writer(self.url, self.seal)
            with engine.begin() as db:
                library.load(db, content(), self.now)
            engine.dispose()

    def says(self, text: str = "", **more: object) -> Answered:
        """The person writes, or sends what `more` names (fields of Incoming)."""
        return self.hears(Incoming(channel=self.channel, event=self._event(), address=self.person, at=self.now, text=text, **more))  # type: ignore[arg-type]

    def presses(self, label: str, among: Iterable[Shown] | None = None) -> Answered:
        """The person presses the newest button with this label."""
        shown = list(self.history if among is None else among)
        alike = [
            button
            for message in reversed(shown)
            for button in message.buttons
            if _bare(button.label) == _bare(label) and button.kind is ButtonKind.REPLY
        ]
        if alike:  # of two channels, each shows its own
            signer, owner = self.house().signer, people.full_address(self.channel, self.person)
            button = next((one for one in alike if signer.open(owner, one.data)), alike[0])
            pressed = Incoming(channel=self.channel, event=self._event(), address=self.person, at=self.now, pressed=button.data)
            return self.hears(pressed)
        raise AssertionError(f"no button {label!r} in sight: {[button.label for message in shown for button in message.buttons]}")

    def hears(self, incoming: Incoming) -> Answered:
        """One message through a fresh engine, in one transaction, as the ledger does it."""
        engine = open_writer(self.url, self.seal)
        try:
            heard = glance(words(), incoming.text)
            while True:
                try:
                    with engine.begin() as db, savepoint(db):
                        answered = receive(db, self.house(), incoming, heard, self.now)
                    break
                except Unclear as unclear:
                    understood = understanding().read(incoming.text, prior=unclear.prior, after=unclear.after)
                    heard = replace(heard, understood=understood)
                except Uncompared as uncompared:
                    with engine.begin() as db:
                        alike = comparing(db).find(uncompared.text)
                    heard = replace(heard, compared={**heard.compared, uncompared.text: alike})
        finally:
            engine.dispose()
        self._spoke = self.now
        self.now += dt.timedelta(seconds=10)
        self.last = answered.shown
        self.history.extend(answered.shown)
        return answered

    def moderates(self, line: str, by: Decider = SALMA) -> None:
        """A moderator decides: the act, the number, and the words it needs."""
        act, number, *words = line.split(" ", 3 if line.startswith(("reject", "answer")) else 2)
        engine = open_writer(self.url, self.seal)
        with engine.begin() as db:
            decide(db, self.post(), int(number), Act(act), self.now, *words, by=by)
        engine.dispose()

    def runs_jobs(self) -> None:
        """What happens by the clock."""
        engine = open_writer(self.url, self.seal)
        with engine.begin() as db:
            promises.remind(db, lambda db, late, at: promise_missed(db, self.post(), late, at), self.now)
        engine.dispose()

    def hears_unasked(self) -> list[Shown]:
        """What this person was told since the last turn, and has not heard yet; its buttons can be pressed from now on."""
        return self.writes(self._hears_unasked)

    def _hears_unasked(self, db: sa.Connection) -> list[Shown]:
        person = people.find_by_address(db, self.channel, self.person)
        if person is None:
            return []
        if CHANNELS[self.channel].capabilities.keeps:
            new = lines.after(db, person.id, self._heard)
            told = [line.said.shown for line in new if line.side == "bot" and line.at > self._spoke]
            self._heard = max((line.id for line in new), default=self._heard)
        else:
            outbox.release(db, "stage", self.now)
            letters = [letter for letter in outbox.claim(db, [self.channel], "stage", 100, self.now) if letter.person_id == person.id]
            if letters:
                outbox.settle(db, [outbox.Outcome(letter_id=letter.id, state="sent", due_at=self.now) for letter in letters])
            told = [letter.shown for letter in letters if letter.lane is not outbox.Lane.REPLY]
        self.history.extend(told)
        return told

    def post(self) -> Post:
        return Post(voices=voices(), signer=Signer(self.seal.key_for("buttons")), keeping=frozenset({"console", "webchat"}))

    def told(self, words: str, lasts: dt.timedelta | None = None) -> tuple[Shown, ...]:
        """Somebody tells the person something unasked; what arrives now, as the delivery loop would decide it."""
        can = CHANNELS[self.channel].capabilities
        engine = open_writer(self.url, self.seal)
        try:
            with engine.begin() as db:
                person = people.find_by_address(db, self.channel, self.person)
                assert person is not None, "nobody is told who never wrote"
                keeping = frozenset(name for name, channel in CHANNELS.items() if channel.capabilities.keeps)
                post = Post(voices=voices(), signer=Signer(self.seal.key_for("buttons")), keeping=keeping)
                until = self.now + lasts if lasts else None
                told = tell(db, post, person.id, lambda reader: Outgoing(words), self.now, expires_at=until)
                if can.keeps or not told:
                    return (Shown(words),) if told else ()
                outbox.release(db, "stage", self.now)
                *replies, letter = outbox.claim(db, [self.channel], "stage", 100, self.now)
                for reply in replies:  # the stage showed them long ago
                    outbox.settle(db, [outbox.Outcome(letter_id=reply.id, state="sent", due_at=self.now)])
                if can.window and outbox.keep_if_closed(db, letter.id, person.id, can.window, self.now):
                    return ()
                outbox.settle(db, [outbox.Outcome(letter_id=letter.id, state="sent", due_at=self.now)])
                return (letter.shown,)
        finally:
            engine.dispose()

    def house(self) -> House:
        return House(
            contents=self.contents,
            voices=voices(),
            signer=Signer(self.seal.key_for("buttons")),
            channels=CHANNELS,
            node="stage",
            new_id=lambda: f"t{next(self._ids)}",
            terms=Terms(public_url="https://hiwar.example.ma"),
            new_code=lambda: f"CODE{next(self._codes):04}",
            places={
                "webchat": "https://hiwar.example.ma/?start=",
                "telegram": "https://t.me/HiwarTestBot?start=",
                "messenger": "https://m.me/104000000000001?ref=",
            },
        )

    def writes(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What somebody else does to the database meanwhile."""
        engine = open_writer(self.url, self.seal)
        try:
            with engine.begin() as db:
                return function(db, *args, **kwargs)
        finally:
            engine.dispose()

    def rows(self, query: str) -> list[sa.Row[tuple[object, ...]]]:
        engine = open_writer(self.url, self.seal)
        with engine.begin() as db:
            rows = list(db.execute(sa.text(query)))
        engine.dispose()
        return rows

    def filed(self) -> list[str]:
        """What dialogues filed."""
        from storage.questions import open_questions

        engine = open_writer(self.url, self.seal)
        with engine.begin() as db:
            found = [question.text for question in open_questions(db)]
        engine.dispose()
        return found

    def _event(self) -> str:
        return f"e{next(self._events)}"


def _bare(label: str) -> str:
    """A label without the signs that keep what a person wrote apart, which nobody types."""
    return label.replace(ISOLATE, "").replace(END, "")


def picture(name: str = "photo.jpg", size: int = 50_000) -> File:
    from bot.messages import FileKind

    return File(name, FileKind.PICTURE, name, "image/jpeg", size)


__all__ = ["MORNING", "Contact", "Place", "Stage", "picture"]
