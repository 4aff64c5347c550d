"""Whatever people do, in whatever order: the engine never raises, never falls silent, never loses an answer, never files twice."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.buttons import Signer
from bot.conversation import Conversation, TalkState, load, load_talk
from bot.messages import ButtonKind, Contact, Incoming, Place, Shown
from bot.phrases import Voice, open_voices
from bot.routing import Heard, Unclear
from channels.console import Console
from handlers.reception import glance
from handlers.turn import House, receive
from service.wiring import LOCALES
from storage.ledger import savepoint
from storage.schema import conversations, drafts, metadata, questions
from storage.sealing import Seal
from tests.stage import MORNING, picture
from tests.talks import TEST_CONTENTS
from understanding.reading import Decision, Match, Understood
from understanding.words import Words

WORDS = Words.shipped()
SEAL = Seal({1: b"k" * 32})
VOICES: dict[str, Voice] = open_voices(LOCALES)

_COMMANDS = (
    "1 2 3 7 ٢ /idea /form /start /help /menu /language /cancel /back /skip /nonsense cancel رجع skip retour keep delete continue yes non"
)
TEXTS = st.sampled_from(
    [
        *_COMMANDS.split(),
        *(
            "menu",
            "salam",
            "merci",
            "stop",
            "/language fr",
            "A library bus",
            "كتب للدواوير",
            "ⵜⴰⵎⴰⵣⵉⵖⵜ",
            "5/12/2026",
            "demain",
            "0612345678",
        ),
        *("how do I ask for a document?", "Keep this answer", " ", "\u202eabc", "x" * 41, "y" * 3600),
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("says"), TEXTS),
    st.tuples(st.just("presses"), st.integers(0, 400)),
    st.tuples(st.just("presses newest"), st.integers(0, 10)),
    st.tuples(st.just("sends"), st.sampled_from(["picture", "album", "place", "contact", "voice", "captioned"])),
    st.tuples(st.just("edits"), st.integers(0, 30)),
    st.tuples(st.just("repeats"), st.integers(0, 30)),
    st.tuples(st.just("waits"), st.sampled_from([1, 3600, 3 * 86_400])),
)


@dataclass
class Conversing:
    """One person and everything the bot has shown to them."""

    engine: sa.Engine
    now: dt.datetime = MORNING
    shown: list[Shown] = field(default_factory=list)
    said: list[Incoming] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    ids: itertools.count[int] = field(default_factory=itertools.count)

    def hear(self, incoming: Incoming) -> tuple[Shown, ...]:
        heard = glance(WORDS, incoming.text)
        house = House(
            contents=TEST_CONTENTS,
            voices=VOICES,
            signer=Signer(b"s" * 32),
            channels={"console": Console()},
            node="n",
            new_id=lambda: f"t{next(self.ids)}",
        )
        try:
            with self.engine.begin() as db, savepoint(db):
                answered = receive(db, house, incoming, heard, self.now)
        except Unclear:
            sure = Decision.ANSWER if "?" in incoming.text else Decision.UNKNOWN
            heard = Heard(heard.word, heard.smalltalk, Understood("en", sure, (Match("ati-how", 1.0),), 0.9))
            with self.engine.begin() as db, savepoint(db):
                answered = receive(db, house, incoming, heard, self.now)
        self.now += dt.timedelta(seconds=1)
        if not answered.repeated:
            self.shown.extend(answered.shown)
        return answered.shown

    def incoming(self, **what: object) -> Incoming:
        number = next(self.numbers)
        made = Incoming(channel="console", event=f"e{number}", address="idir", at=self.now, message=f"m{number}", **what)  # type: ignore[arg-type]
        self.said.append(made)
        return made

    def state(self) -> tuple[Conversation, list[TalkState]]:
        with self.engine.begin() as db:
            known = db.execute(sa.select(conversations.c.state)).scalar()
            kept = [load_talk(row.state) for row in db.execute(sa.select(drafts.c.state))]
        return (load(known) if known else Conversation()), kept

    def filed(self) -> int:
        with self.engine.begin() as db:
            return db.execute(sa.select(sa.func.count()).select_from(questions).where(questions.c.entry == "")).scalar_one()


def new_conversation() -> Conversing:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    engine.dialect.hiwar_seal = SEAL  # type: ignore[attr-defined]
    metadata.create_all(engine)
    return Conversing(engine)


def answers_of(conversing: Conversing) -> dict[tuple[str, str], object]:
    """Every answer known, by talk and question; one taken back counts while it is offered again."""
    conversation, kept = conversing.state()
    known: dict[tuple[str, str], object] = {}
    for talk in [*conversation.talks, *kept]:
        known.update({(talk.id, name): value for name, value in {**talk.former, **talk.answers}.items()})
    return known


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_whatever_is_said_is_answered_and_nothing_is_lost_or_filed_twice(steps: list[tuple[str, object]]) -> None:
    """Messages, presses of any button ever shown, edits, repeats, albums, waits, in any order."""
    conversing = new_conversation()
    for what, which in steps:
        before, filed = answers_of(conversing), conversing.filed()
        incoming = _step(conversing, what, which)
        if incoming is None:
            continue
        repeated = what == "repeats"
        shown = conversing.hear(incoming)
        _check_answered(conversing, incoming, shown, repeated)
        _check_nothing_lost(conversing, incoming, before, filed)
        assert conversing.filed() <= filed + 1
        if repeated:
            assert conversing.filed() == filed
            assert answers_of(conversing) == before
    conversing.engine.dispose()


def _step(conversing: Conversing, what: str, which: object) -> Incoming | None:
    buttons = [button for message in conversing.shown for button in message.buttons if button.kind is ButtonKind.REPLY]
    if what == "says":
        return conversing.incoming(text=which)
    if what == "presses":
        return conversing.incoming(pressed=buttons[int(str(which)) % len(buttons)].data) if buttons else None
    if what == "presses newest":
        newest = [button for button in (conversing.shown[-1].buttons if conversing.shown else ()) if button.kind is ButtonKind.REPLY]
        return conversing.incoming(pressed=newest[int(str(which)) % len(newest)].data) if newest else None
    if what == "sends":
        return conversing.incoming(
            **{
                "picture": {"files": (picture(),)},
                "album": {"files": (picture(),), "album": "a"},
                "captioned": {"files": (picture(),), "text": "Three bridges"},
                "place": {"place": Place(34.0, -6.8)},
                "contact": {"contact": Contact("Idir", "0612345678")},
                "voice": {"unread": "voice"},
            }[str(which)]
        )
    if what == "edits" and conversing.said:
        earlier = conversing.said[int(str(which)) % len(conversing.said)]
        number = next(conversing.numbers)
        return Incoming(
            channel="console",
            event=f"e{number}",
            address="idir",
            at=conversing.now,
            message=earlier.message,
            edits=True,
            text="Edited words",
        )
    if what == "repeats" and conversing.said:
        return conversing.said[int(str(which)) % len(conversing.said)]
    if what == "waits":
        conversing.now += dt.timedelta(seconds=int(str(which)))
    return None


def _check_answered(conversing: Conversing, incoming: Incoming, shown: tuple[Shown, ...], repeated: bool) -> None:
    """There is an answer, and a way on: the open question is asked, or nothing is open."""
    if repeated or incoming.edits or incoming.album:
        return
    assert shown, f"silence after {incoming}"
    conversation, _kept = conversing.state()
    if conversation.talks:
        assert shown[-1].buttons, "a question without a way out"
        assert conversation.talks[-1].pending or conversation.talks[-1].aside


def _check_nothing_lost(conversing: Conversing, incoming: Incoming, before: dict[tuple[str, str], object], filed: int) -> None:
    """An answer disappears only when its talk was sent, finished or deleted on purpose; inside a talk it is only replaced."""
    after = answers_of(conversing)
    conversation, kept = conversing.state()
    still_there = {talk.id for talk in [*conversation.talks, *kept]}
    for talk, name in before:
        if talk in still_there:
            assert (talk, name) in after, f"the answer to {name!r} was lost by {incoming}"


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=8), st.lists(STEPS, max_size=8))
def test_a_talk_is_sent_once_however_often_send_is_pressed(first: list[tuple[str, object]], second: list[tuple[str, object]]) -> None:
    """Noise before and after; the button is pressed three times."""
    conversing = new_conversation()
    for what, which in first:
        if (incoming := _step(conversing, what, which)) is not None:
            conversing.hear(incoming)
    for text in ("/cancel", "delete", "/cancel", "delete", "/cancel", "delete", "/idea"):
        conversing.hear(conversing.incoming(text=text))
    if conversing.state()[0].talks[-1].aside:
        conversing.hear(conversing.incoming(text="delete"))
        conversing.hear(conversing.incoming(text="/idea"))
    conversation, _kept = conversing.state()
    talk = conversation.talks[-1]
    assert talk.feature == "idea"
    for text in ("1", "A title", "Some words", "skip", "skip"):
        conversing.hear(conversing.incoming(text=text))
    filed = conversing.filed()
    send = next(button for button in conversing.shown[-1].buttons if button.label == "Send")
    conversing.hear(conversing.incoming(pressed=send.data))
    assert conversing.filed() == filed + 1
    for what, which in second:
        if (incoming := _step(conversing, what, which)) is not None and not incoming.text:
            conversing.hear(incoming)
    filed = conversing.filed()
    for _again in range(2):
        conversing.hear(conversing.incoming(pressed=send.data))
    assert conversing.filed() == filed
