"""Decides what one message is: an answer, a press, the start of something else, the rest of the last message, or an edit of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.answers import folded
from bot.buttons import OUTSIDE, Signer
from bot.conversation import Conversation, Reply, TalkState
from bot.dialogue import BACK, LEAVE, RESUME
from bot.features import Contents, Feature
from bot.messages import Incoming
from understanding.reading import Decision, Understood

REST_WITHIN = dt.timedelta(seconds=3)  # a client that splits a long text sends the pieces within a second or two
LONGEST_SMALL_TALK = 25  # characters; a longer text that opens with a greeting is an answer
FEWEST_WORDS = 3  # of a question asked in the middle of a talk: fewer are a failed answer
SURE = 0.8  # confidence such a question needs; an answer taken for a question costs more than a question asked twice
LONGEST_NUMBER = 6  # characters of a typed button number with its signs, as in "12." or "(3)"
CONTROLS = frozenset({"cancel", "back", "skip"})  # commands that concern the open talk


class Unclear(Exception):
    """The message must be understood before the turn can be played: milliseconds of work that do not belong into a transaction.

    `prior` is the language the person chose, `after` the entry answered last.
    """

    def __init__(self, prior: str = "", after: str = "") -> None:
        super().__init__("understand first")
        self.prior, self.after = prior, after


class Uncompared(Exception):
    """A text must be compared with what others have published before the turn can be played."""

    def __init__(self, text: str) -> None:
        super().__init__("compare first")
        self.text = text


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a message's text: the whole of a word of command or of small talk at once, its meaning when it was worked out.

    `compared` has the numbers of what resembles a text, where that was worked out.
    """

    word: str = ""
    smalltalk: str = ""
    understood: Understood | None = None
    compared: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def meaning(self) -> Understood:
        """What is understood; raises Unclear where that was not worked out yet."""
        if self.understood is None:
            raise Unclear
        return self.understood

    def likenesses(self, text: str) -> tuple[int, ...]:
        """What resembles a text; raises Uncompared where that was not worked out yet."""
        if text not in self.compared:
            raise Uncompared(text)
        return self.compared[text]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply to one question of the open talk."""

    question: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Start:
    """Something else to talk about."""

    feature: Feature
    argument: str = ""


@dataclass(frozen=True, slots=True)
class GoBack:
    pass


@dataclass(frozen=True, slots=True)
class Leave:
    """The person wants out of the talk, or says what to do with the draft ("keep", "delete", "stay")."""

    wish: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """What to do with an earlier draft: "continue", "anew" or "delete"."""

    wish: str = ""


@dataclass(frozen=True, slots=True)
class OldButton:
    """A button of a talk that is over."""


@dataclass(frozen=True, slots=True)
class ForeignButton:
    """A button that was not made for this person."""


@dataclass(frozen=True, slots=True)
class MoreFiles:
    """The next file of an album whose first one was an answer, or was put in the pocket (question "")."""

    question: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    pass


@dataclass(frozen=True, slots=True)
class NothingOpen:
    """An answer or a way out ("yes", "back", "cancel") where no question is open."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """An edit of something that does not matter any more."""


Move = Answer | Start | GoBack | Leave | Resume | OldButton | ForeignButton | MoreFiles | UnknownCommand | NothingOpen | Ignore


def route(incoming: Incoming, heard: Heard, conversation: Conversation, contents: Contents, signer: Signer, owner: str) -> Move:
    """The move a message makes in a conversation."""
    talk = conversation.talks[-1] if conversation.talks else None
    if data := incoming.pressed or _numbered(incoming, conversation):
        return _pressed(data, talk, contents, signer, owner)
    if incoming.opened:
        return _opened(incoming.payload, contents)
    if incoming.text.startswith("/"):
        return _commanded(incoming, talk, contents)
    if incoming.edits:
        return _edited(incoming, heard, talk, conversation, contents)
    if talk is not None and (rest := _rest(incoming, talk, conversation)):
        return rest
    word = heard.word
    if talk is not None and (control := _controlled(word, talk)):
        return control
    if word in contents.by_word:
        return Start(contents.by_word[word])
    if talk is None and word:
        return NothingOpen()
    if heard.smalltalk and len(incoming.text) <= LONGEST_SMALL_TALK:
        return Start(contents.by_name["smalltalk"], heard.smalltalk)
    if talk is not None:
        return Answer(talk.pending, Reply.of(incoming, word))
    return asked(incoming, heard, contents)


def asked(incoming: Incoming, heard: Heard, contents: Contents) -> Start:
    """What a message starts where no talk is open, or where it cannot be an answer."""
    if incoming.text and not incoming.files:
        understood = heard.meaning()
        if understood.decision is Decision.SMALLTALK:
            return Start(contents.by_name["smalltalk"], understood.smalltalk)
        if understood.decision is Decision.FEATURE and (wished := contents.wished(understood.feature)):
            return Start(wished)
        return Start(contents.by_name["ask"])
    return Start(contents.by_name["unasked"], incoming.unread or ("file" if incoming.files else ""))


def interrupts(heard: Heard, incoming: Incoming, contents: Contents) -> bool:
    """Whether a text that did not answer a question is surely about something else."""
    if incoming.files or heard.word or len(incoming.text.split()) < FEWEST_WORDS:
        return False
    meaning = heard.meaning()
    if meaning.decision is Decision.FEATURE:
        return contents.wished(meaning.feature) is not None
    return meaning.decision is Decision.ANSWER and meaning.confidence >= SURE


def _numbered(incoming: Incoming, conversation: Conversation) -> str:
    """The data of the button whose number was typed."""
    if incoming.files or incoming.edits or len(incoming.text) > LONGEST_NUMBER:
        return ""
    typed = folded(incoming.text)
    if not typed.isascii() or not typed.isdecimal():
        return ""
    number = int(typed)
    return conversation.offered[number - 1] if 1 <= number <= len(conversation.offered) else ""


def _pressed(data: str, talk: TalkState | None, contents: Contents, signer: Signer, owner: str) -> Move:
    pressed = signer.open(owner, data)
    if pressed is None:
        return ForeignButton()
    if pressed.talk == OUTSIDE:
        feature = contents.by_name.get(pressed.question)
        return Start(feature, pressed.value) if feature else OldButton()
    if talk is None or pressed.talk != talk.id:
        return OldButton()
    if pressed.question == BACK:
        return GoBack()
    if pressed.question == LEAVE:
        return Leave(pressed.value)
    if pressed.question == RESUME:
        return Resume(pressed.value) if talk.aside == RESUME else OldButton()
    return Answer(pressed.question, Reply(value=pressed.value))


def _opened(payload: str, contents: Contents) -> Move:
    """A deep link "<feature>" or "<feature>-<argument>" starts that feature; anything else the welcome."""
    name, _, argument = payload.partition("-")
    feature = contents.by_link.get(name)
    return Start(contents.by_name["start"]) if feature is None else Start(feature, argument)


def _commanded(incoming: Incoming, talk: TalkState | None, contents: Contents) -> Move:
    name, _, argument = incoming.text[1:].partition(" ")
    name = name.partition("@")[0].casefold()
    if name in CONTROLS:
        if talk is None:
            return NothingOpen()
        return _controlled(name, talk) or Answer(talk.pending, Reply(word=name))
    feature = contents.by_command.get(name)
    if feature is None:
        return UnknownCommand()
    return Start(feature, argument.strip() if feature.is_linkable else "")


def _edited(incoming: Incoming, heard: Heard, talk: TalkState | None, conversation: Conversation, contents: Contents) -> Move:
    if talk is not None:
        question = talk.sources.get(incoming.message)
        if question is not None:
            return Answer(question, Reply.of(incoming))
        return Ignore()
    if conversation.trace is not None and conversation.trace.message == incoming.message:
        return asked(incoming, heard, contents)
    return Ignore()


def _rest(incoming: Incoming, talk: TalkState, conversation: Conversation) -> Move | None:
    """The piece of a text that its client split, or the next file of an album."""
    trace = conversation.trace
    if trace is None or trace.talk != talk.id:
        return None
    if incoming.album and incoming.album == trace.album:
        return MoreFiles(trace.question if trace.question in talk.answers else "", Reply.of(incoming))
    if trace.cut and incoming.text and not incoming.files and incoming.at - trace.at <= REST_WITHIN:
        return Answer(trace.question, Reply(text=joined(trace.cut, incoming.text)))
    return None


def joined(first: str, rest: str) -> str:
    """A text and its rest. Clients part at white space, which the vendor then trims: one space stands for it."""
    return f"{first} {rest}"


def _controlled(word: str, talk: TalkState) -> Move | None:
    if talk.aside == LEAVE:
        wish = {
            "keep": "keep",
            "yes": "keep",
            "delete": "delete",
            "no": "delete",
            "continue": "stay",
            "back": "stay",
            "cancel": "keep",
        }.get(word)
        return Leave(wish) if wish else None
    if talk.aside == RESUME:
        wish = {"continue": "continue", "yes": "continue", "delete": "delete", "start": "anew", "no": "anew", "cancel": "keep"}.get(word)
        return Resume(wish) if wish else None
    if word == "cancel":
        return Leave()
    if word == "back":
        return GoBack()
    return None
