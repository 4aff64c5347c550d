"""What is kept of a conversation between two messages: the named answers of each open talk, and a little context."""

from __future__ import annotations

import datetime as dt

import msgspec

from bot.messages import Contact, File, Incoming, Place


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of an Incoming that can answer a question; `value` is what a button of that question carried."""

    text: str = ""
    value: str | None = None
    word: str = ""  # the word of command the whole text is, in whatever language
    files: tuple[File, ...] = ()
    place: Place | None = None
    contact: Contact | None = None
    unread: str = ""

    @classmethod
    def of(cls, incoming: Incoming, word: str = "", value: str | None = None) -> Reply:
        return cls(incoming.text, value, word, incoming.files, incoming.place, incoming.contact, incoming.unread)


class Waits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What kind of answer the pending question takes, for a page that shows the right field."""

    kind: str = ""
    optional: bool = False
    longest: int | None = None


class TalkState(msgspec.Struct, omit_defaults=True):
    """One dialogue under way. Values are JSON; the dialogue's function gives them meaning again each time it runs."""

    id: str
    feature: str
    started: dt.datetime
    argument: str = ""  # what it was started with: a deep link's payload, an entry, a question
    answers: dict[str, object] = {}
    order: list[str] = []  # questions answered, in the order they are asked
    pending: str = ""
    waits: Waits = Waits()
    former: dict[str, object] = {}  # answers taken back, offered again: nothing said is lost
    held: dict[str, Reply] = {}  # replies waiting for the question they answered
    pocket: tuple[File, ...] = ()  # files sent while words were asked for
    sources: dict[str, str] = {}  # the vendor's message that gave an answer, so that an edit changes it
    aside: str = ""  # a question of the engine's own that waits: LEAVE or RESUME of bot/dialogue.py
    kept_at: dt.datetime | None = None  # when it was put aside as a draft
    wanted: str = ""  # what a new beginning would start with, while it is asked whether to go on with the draft
    compared: dict[str, tuple[int, ...]] = {}  # what resembles the text with this digest: worked out once
    tries: int = 0  # replies to the pending question that could not be read


class Trace(msgspec.Struct, omit_defaults=True):
    """Where the last message went, to know what belongs to it: the rest of a long text, the next picture of an album."""

    at: dt.datetime
    question: str = ""  # in the talk `talk`
    talk: str = ""
    cut: str = ""  # a text as long as the vendor lets a message be, to be joined with its rest
    album: str = ""
    message: str = ""


class Conversation(msgspec.Struct, omit_defaults=True):
    """A person's conversation: open talks (the innermost last) and what the next message may refer to."""

    talks: list[TalkState] = []
    trace: Trace | None = None
    entry: str = ""  # answered last, the light in which a short follow-up is read
    asked: str = ""  # the question asked last, should its answer not be the one meant
    offered: list[str] = []  # data of the numbered buttons shown last: a typed number presses one
    elsewhere: int = 0  # the person who has it now: the same one, on another channel they joined with this
    switch_offered: bool = False  # the choice of language was offered to someone who has not chosen


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Conversation).decode
_decode_talk = msgspec.json.Decoder(TalkState).decode


def dump(conversation: Conversation | TalkState) -> str:
    return _encode(conversation).decode()


def load(text: str) -> Conversation:
    return _decode(text)


def load_talk(text: str) -> TalkState:
    return _decode_talk(text)
