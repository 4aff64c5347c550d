"""Plays conversations: each message is handled by a freshly opened engine, so nothing can live in memory between two of them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import sqlalchemy as sa

from bot.buttons import Signer
from bot.features import Contents
from bot.messages import ButtonKind, Contact, File, Incoming, Place, Shown
from bot.phrases import Voice, open_voices
from bot.routing import Heard, Unclear
from channels.console import Console
from channels.telegram import Telegram
from channels.webchat import WebChat
from civic.knowledge import Entry
from handlers.reception import glance
from handlers.rehearsal import examples_of
from handlers.turn import Answered, House, receive
from service import library
from service.wiring import LOCALES, open_time_zone
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.sealing import Seal
from tests.talks import TEST_CONTENTS
from understanding.reading import Understanding
from understanding.words import Words

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
        for message in reversed(shown):
            for button in message.buttons:
                if button.label == label and button.kind is ButtonKind.REPLY:
                    return self.hears(
                        Incoming(channel=self.channel, event=self._event(), address=self.person, at=self.now, pressed=button.data)
                    )
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
                    heard = Heard(heard.word, heard.smalltalk, understood)
        finally:
            engine.dispose()
        self.now += dt.timedelta(seconds=10)
        self.last = answered.shown
        self.history.extend(answered.shown)
        return answered

    def house(self) -> House:
        return House(
            contents=self.contents,
            voices=voices(),
            signer=Signer(self.seal.key_for("buttons")),
            channels={"console": Console(), "webchat": WebChat(), "telegram": Telegram("1:test")},
            node="stage",
            new_id=lambda: f"t{next(self._ids)}",
            home="https://hiwar.example",
            new_code=lambda: f"CODE{next(self._codes):04}",
        )

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


def picture(name: str = "photo.jpg", size: int = 50_000) -> File:
    from bot.messages import FileKind

    return File(name, FileKind.PICTURE, name, "image/jpeg", size)


__all__ = ["MORNING", "Contact", "Place", "Stage", "picture"]
