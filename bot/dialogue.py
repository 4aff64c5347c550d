"""A conversation is a function of its answers.

The engine keeps the named answers, never a coroutine: on each message the function runs again from the top, known
answers return at once, and the first question without one ends the turn. So a dialogue survives a restart, another
process, and an edit of its own code, because answers are found by name, not by position.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar, overload

from bot.answers import (
    Card,
    Choice,
    Day,
    Files,
    NoLongerOffered,
    Number,
    Option,
    Question,
    Refused,
    Where,
    Words,
    YesNo,
    choices,
    folded,
)
from bot.buttons import OUTSIDE, Signer
from bot.conversation import Reply, TalkState, Waits
from bot.features import Contents, Feature
from bot.messages import Button, ButtonKind, Contact, File, FileKind, Outgoing, Place
from bot.phrases import Phrase, Text, Voice, _
from civic.people import Person
from civic.terms import Terms

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.routing import Heard
    from understanding.reading import Understood

T = TypeVar("T")

SKIP, KEEP, POCKET = "_skip", "_keep", "_pocket"  # values of the engine's own buttons under a question
BACK, LEAVE, RESUME = "_back", "_leave", "_resume"  # questions of the engine's own
REVIEW = "review"
OWN_BUTTONS: dict[str, Phrase] = {SKIP: _("Skip"), KEEP: _("Keep this answer"), POCKET: _("Use the file you sent")}
_LONGEST_LABEL = 60  # characters; a longer text is no label


class Pause(BaseException):
    """The dialogue needs an answer it does not have yet. Not an Exception, so that no `except Exception` swallows it."""

    def __init__(self, name: str, question: Question[object], refused: Refused | None = None) -> None:
        super().__init__(name)
        self.name, self.question, self.refused = name, question, refused


class _Again(BaseException):
    """An answer was taken back: run the dialogue once more from the top, and say why where there is a reason."""

    def __init__(self, why: Phrase | None = None) -> None:
        super().__init__()
        self.why = why


@dataclass(frozen=True, slots=True)
class Asked:
    """The turn ended with a question."""

    name: str
    question: Question[object]
    refused: Refused | None = None
    ahead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """The dialogue is over; this is its last word."""

    outgoing: Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a dialogue may know of the world besides its answers."""

    db: Connection
    person: Person
    voice: Voice
    now: dt.datetime
    signer: Signer
    contents: Contents
    owner: str  # for whom buttons are signed
    heard: Heard
    text: str = ""  # the message that started or interrupted
    entry: str = ""  # the knowledge entry answered last
    asked: str = ""  # the question asked last
    channel: str = ""
    new_code: Callable[[], str] = str  # a short code to read aloud; who keeps it sees to it that it is unique
    terms: Terms = field(default_factory=Terms)
    places: Mapping[str, str] = field(default_factory=dict)  # where else Hiwar can be met, by channel: what a deep link begins with
    keeping: frozenset[str] = frozenset()  # channels whose conversation is kept in our own tables
    waits: bool = False  # this channel lets Hiwar write only for a while after the person did


class Talk:
    """What a dialogue's function holds in its hand: questions, and the world it may read."""

    def __init__(self, state: TalkState, scene: Scene) -> None:
        self._state = state
        self.scene = self._scene = scene  # the world at once, for what few dialogues need: other places, languages, the signer
        self._asked: list[str] = []
        self._labels: dict[str, Text] = {}  # of the questions asked, for the review
        self.entry = scene.entry  # set it to the entry answered, for follow-ups
        self.asked = scene.asked  # set it to the question asked, should its answer not be the one meant
        self.then: Callable[[list[TalkState]], None] | None = None  # set it to change the talks beneath, once this one is over
        self.ahead: tuple[str, ...] = ()  # set it to the questions of a loop before the first question: the progress counts them
        self.speaks = ""  # set it to say the last word, and all that follows, in another language

    @property
    def db(self) -> Connection:
        """To read anywhere; to write only after the last question: whatever was written before a question is undone."""
        return self._scene.db

    @property
    def person(self) -> Person:
        return self._scene.person

    @property
    def now(self) -> dt.datetime:
        return self._scene.now

    @property
    def understood(self) -> Understood:
        """What the message that started this talk means."""
        return self._scene.heard.meaning()

    @property
    def text(self) -> str:
        """The message that started this talk."""
        return self._scene.text

    @property
    def channel(self) -> str:
        return self._scene.channel

    @property
    def home(self) -> str:
        """Where our own pages stand, "https://…", or "" where that is not known."""
        return self._scene.terms.public_url

    @property
    def new_code(self) -> Callable[[], str]:
        return self._scene.new_code

    @property
    def signer(self) -> Signer:
        return self._scene.signer

    def addresses(self, payload: str) -> tuple[str, ...]:
        """Where a deep link such as "n-12" can be opened, to be passed on."""
        return tuple(base + payload for base in self._scene.places.values())

    @property
    def argument(self) -> str:
        """What a button or a deep link brought along."""
        return self._state.argument

    @property
    def language(self) -> str:
        return self._scene.voice.language

    @property
    def contents(self) -> Contents:
        """Everything Hiwar can talk about."""
        return self._scene.contents

    @property
    def terms(self) -> Terms:
        """What the institution has settled."""
        return self._scene.terms

    def alike(self, text: str) -> tuple[int, ...]:
        """Published proposals that say much the same as a text, most alike first.

        Worked out once for each wording and then kept, so that the same answers lead to the same questions.
        """
        mark = hashlib.sha256(text.encode()).hexdigest()[:16]
        if mark not in self._state.compared:
            self._state.compared = {mark: self._scene.heard.likenesses(text)}
        return self._state.compared[mark]

    def secret(self, purpose: str) -> bytes:
        """Sixteen bytes nobody can guess; the same ones each time this talk runs."""
        return self._scene.signer.secret(f"{purpose}\n{self._scene.owner}\n{self._state.id}\n{self._state.started.isoformat()}")

    def offer(self, name: str, value: object) -> None:
        """Offer an answer known from before to be kept, when the question is asked for the first time; as JSON, as questions keep it."""
        if name not in self._state.answers and name not in self._state.former:
            self._state.former[name] = value

    def take(self, name: str, value: object) -> None:
        """Take what is known from before as the answer: the question is only asked when the person changes it at the review."""
        if name not in self._state.answers and name not in self._state.former:
            self._state.answers[name] = value

    def choice(self, name: str, text: Text, offered: Mapping[str, Text] | Iterable[Option], *, label: Text = "") -> str:
        """Ask for one of several; the value returned is a key of `offered`. A choice no longer offered is asked again."""
        options = choices(offered) if isinstance(offered, Mapping) else tuple(offered)
        return self._ask(name, Choice(text=text, label=label, offered=options, say=self._scene.voice.say))

    @overload
    def words(
        self, name: str, text: Text, *, longest: int, shortest: int = ..., label: Text = ..., optional: Literal[False] = ...
    ) -> str: ...
    @overload
    def words(
        self, name: str, text: Text, *, longest: int, shortest: int = ..., label: Text = ..., optional: Literal[True]
    ) -> str | None: ...
    def words(self, name: str, text: Text, *, longest: int, shortest: int = 1, label: Text = "", optional: bool = False) -> str | None:
        """Ask for words of the person's own."""
        return self._ask(name, Words(text=text, label=label, optional=optional, longest=longest, shortest=shortest))

    def number(self, name: str, text: Text, *, least: int, most: int, label: Text = "") -> int:
        """Ask for a whole number."""
        return self._ask(name, Number(text=text, label=label, least=least, most=most))

    def date(self, name: str, text: Text, *, earliest: dt.date | None = None, latest: dt.date | None = None, label: Text = "") -> dt.date:
        """Ask for a day."""
        return self._ask(name, Day(text=text, label=label, earliest=earliest, latest=latest))

    def yes(self, name: str, text: Text, *, label: Text = "") -> bool:
        """Ask for yes or no."""
        return self._ask(name, YesNo(text=text, label=label))

    def picture(self, name: str, text: Text, *, label: Text = "", optional: bool = False) -> File | None:
        """Ask for one picture; None when it was skipped."""
        return next(iter(self.pictures(name, text, most=1, label=label, optional=optional)), None)

    def pictures(self, name: str, text: Text, *, most: int, label: Text = "", optional: bool = False) -> tuple[File, ...]:
        """Ask for pictures; an album is one answer. Empty when skipped."""
        return self._ask(name, Files(text=text, label=label, optional=optional, wanted=FileKind.PICTURE, most=most)) or ()

    def document(self, name: str, text: Text, *, label: Text = "", optional: bool = False) -> File | None:
        """Ask for one document; a picture of it will do. None when it was skipped."""
        return next(iter(self.documents(name, text, most=1, label=label, optional=optional)), None)

    def documents(self, name: str, text: Text, *, most: int, label: Text = "", optional: bool = False) -> tuple[File, ...]:
        """Ask for documents; empty when skipped."""
        return self._ask(name, Files(text=text, label=label, optional=optional, wanted=FileKind.DOCUMENT, most=most)) or ()

    @overload
    def place(self, name: str, text: Text, *, label: Text = ..., optional: Literal[False] = ...) -> Place: ...
    @overload
    def place(self, name: str, text: Text, *, label: Text = ..., optional: Literal[True]) -> Place | None: ...
    def place(self, name: str, text: Text, *, label: Text = "", optional: bool = False) -> Place | None:
        """Ask for a place, by the device or in words."""
        return self._ask(name, Where(text=text, label=label, optional=optional))

    def contact(self, name: str, text: Text, *, label: Text = "", optional: bool = False) -> Contact | None:
        """Ask how to reach the person."""
        return self._ask(name, Card(text=text, label=label, optional=optional))

    def review(self, card: Text, *, send: Text, change: Iterable[str] = ()) -> None:
        """Show the whole before anything is written. Returns when the person sends it; each answer named in `change` can be changed."""
        taken_back = [name for name in change if name in self._state.answers or name in self._asked]
        offered = [Option("send", send)]
        offered += [Option(f"change-{name}", _("Change: {what}", what=self._labels.get(name, name))) for name in taken_back]
        wish = self._ask(REVIEW, Choice(text=card, offered=tuple(offered), say=self._scene.voice.say))
        if wish != "send":
            take_back(self._state, wish.removeprefix("change-"))
            raise _Again

    def again(self, name: str, why: Phrase) -> NoReturn:
        """Ask a question once more because its answer cannot be used after all (a training that is full); the answer is offered again."""
        take_back(self._state, name)
        raise _Again(why)

    def button(self, label: Text, feature: str, argument: str = "") -> Button:
        """A button that starts a feature; it stays good for ever."""
        return Button(label, self._scene.signer.make(self._scene.owner, OUTSIDE, feature, argument))

    def link(self, label: Text, url: str) -> Button:
        return Button(label, kind=ButtonKind.LINK, url=url)

    def end(self, text: Text, *, buttons: Iterable[Button] = (), note: Text = "", files: tuple[File, ...] = ()) -> Outgoing:
        """The last word of the talk."""
        buttons = tuple(buttons)
        return Outgoing(text, buttons, note, files, numbered=any(button.kind is ButtonKind.REPLY for button in buttons))

    def _ask(self, name: str, question: Question[T]) -> T:
        state = self._state
        if name in self._asked:
            raise ValueError(f"the question {name!r} is asked twice in {state.feature!r}: names must be unique in a dialogue")
        self._asked.append(name)
        self._labels[name] = question.label or question.text
        if name in state.answers:
            kept = state.answers[name]
            if kept is None and question.optional:
                return None  # type: ignore[return-value]  # an optional question's T has None in it
            try:
                return question.recall(kept)
            except NoLongerOffered:
                del state.answers[name]
        if name not in state.held:
            raise Pause(name, question)  # type: ignore[arg-type]  # a question of T is a question of object to whoever shows it
        reply = state.held.pop(name)
        try:
            value = self._read(name, question, reply)
        except Refused as refused:
            if reply.files:
                state.pocket = (*state.pocket, *reply.files)
            raise Pause(name, question, refused) from None  # type: ignore[arg-type]
        state.former.pop(name, None)
        return value

    def _read(self, name: str, question: Question[T], reply: Reply) -> T:
        state = self._state
        reply = self._pressed_in_words(reply)
        if reply.value == KEEP and name in state.former:
            kept = state.former[name]
            try:
                value = None if kept is None and question.optional else question.recall(kept)
            except NoLongerOffered:
                raise Refused(_("This answer is no longer possible. Please choose again.")) from None
            state.answers[name] = kept
            return value  # type: ignore[return-value]
        if reply.value == SKIP or reply.word == "skip":
            if not question.optional:
                raise Refused(_("This question cannot be skipped."))
            state.answers[name] = None
            return None  # type: ignore[return-value]
        if reply.value == POCKET and state.pocket:
            reply, state.pocket = Reply(files=state.pocket), ()
        value = question.read(reply, self.now.date())
        if question.takes_words and reply.files:
            state.pocket = (*state.pocket, *reply.files)  # a caption answered; its picture waits for a question about pictures
        state.answers[name] = question.keep(value)
        return value

    def _pressed_in_words(self, reply: Reply) -> Reply:
        """A reply whose text is the label of one of the engine's buttons, as keyboards that ask for a place or a contact send it."""
        if reply.value is not None or not reply.text or len(reply.text) > _LONGEST_LABEL:
            return reply
        said = folded(reply.text)
        for value, label in OWN_BUTTONS.items():
            if said == folded(self._scene.voice.say(label)):
                return Reply(value=value)
        return reply

    def answered(self) -> list[str]:
        """The questions asked in this run that have an answer, in order."""
        return [name for name in self._asked if name in self._state.answers]


def run(
    feature: Feature, state: TalkState, scene: Scene, attempt: Callable[[], AbstractContextManager[object]]
) -> tuple[Asked | Told, Talk]:
    """Run a dialogue's function until it needs an answer or is over.

    Each run is made inside `attempt()`, which must undo what was written when an exception passes through it: so
    nothing written before the last question lasts. Changes `state`: answers, order, pending.
    """
    why: Phrase | None = None
    while True:
        talk = Talk(state, scene)
        try:
            with attempt():
                told = Told(feature.tell(talk))
            return told, talk
        except Pause as pause:
            if why is not None and pause.refused is None:
                pause.refused = Refused(why, meant=True)
            state.tries = state.tries + 1 if pause.refused and state.pending == pause.name else int(pause.refused is not None)
            state.pending, state.order = pause.name, talk.answered()
            question = pause.question
            longest = question.longest if isinstance(question, Words) else None
            kind = str(question.wanted) if isinstance(question, Files) else question.kind
            state.waits = Waits(kind, question.optional, longest)
            return Asked(pause.name, pause.question, pause.refused, talk.ahead), talk
        except _Again as again:
            why = again.why


def take_back(state: TalkState, name: str) -> None:
    """Withdraw an answer so that its question is asked again; the answer is offered to be kept, and what was reviewed counts no more."""
    state.answers.pop(REVIEW, None)
    if name in state.answers:
        state.former[name] = state.answers.pop(name)
    if name in state.order:
        state.order.remove(name)
