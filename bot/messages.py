"""What crosses a channel, in both directions, with no vendor in sight."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from bot.phrases import Everywhere, Text, Voice


class FileKind(StrEnum):
    PICTURE = "picture"
    DOCUMENT = "document"
    VOICE = "voice"
    VIDEO = "video"


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a person sent or that the bot sends; `ref` is how its channel fetches it again."""

    ref: str
    kind: FileKind = FileKind.DOCUMENT
    name: str = ""
    mime: str = ""
    size: int = 0  # bytes, 0 when the vendor does not say


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A point on the map in degrees (WGS 84), or only the words a person gave for it."""

    latitude: float | None = None
    longitude: float | None = None
    title: str = ""
    address: str = ""


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A card of the address book that a person chose to send."""

    name: str
    phone: str


class Incoming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a person did in a channel: typed, pressed, sent, opened, edited, left.

    `event` is unique in its channel, so the same thing delivered twice is done once. `message` names the vendor's
    message, so that a later edit finds the answer it changes.
    """

    channel: str
    event: str
    address: str  # where replies go: a chat, not necessarily a person
    at: dt.datetime
    text: str = ""  # words typed, or the caption of files
    pressed: str = ""  # data of the button pressed
    opened: bool = False  # the chat was opened or started again ("/start", "get started")
    payload: str = ""  # what a deep link carried
    files: tuple[File, ...] = ()
    place: Place | None = None
    contact: Contact | None = None
    message: str = ""
    edits: bool = False  # a new version of `message`
    album: str = ""  # files sent together share one album
    cut: bool = False  # as long as the vendor lets a message be: the rest may follow in the next
    language: str = ""  # of the person's client, a hint and no more
    callback: str = ""  # what the channel needs to acknowledge a press
    left: bool = False  # blocked the bot or closed the account
    returned: bool = False  # unblocked it
    group: bool = False  # said in a group, not in a private chat
    unread: str = ""  # what it was when Hiwar cannot read it: "voice", "video", "sticker", "poll", ...


class ButtonKind(StrEnum):
    REPLY = "reply"  # comes back as `pressed`
    LINK = "link"  # opens an address
    PLACE = "place"  # asks the person's device for the place
    CONTACT = "contact"  # asks for the person's own card


class Button(msgspec.Struct, frozen=True):
    label: Text
    data: str = ""
    kind: ButtonKind = ButtonKind.REPLY
    url: str = ""


class Outgoing(msgspec.Struct, frozen=True):
    """Something to say, not yet in any language; `note` is the quiet line beneath (source and date, progress, the way out)."""

    text: Text
    buttons: tuple[Button, ...] = ()
    note: Text = ""
    files: tuple[File, ...] = ()
    numbered: bool = False  # the buttons are choices: their number may be typed instead
    human: bool = False  # the words of a person (a moderator), not of the program: some channels let them arrive later


class ShownButton(msgspec.Struct, frozen=True, omit_defaults=True):
    label: str
    data: str = ""
    kind: ButtonKind = ButtonKind.REPLY
    url: str = ""


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Outgoing in the language of its reader: what is stored, fitted to a channel's limits and sent."""

    text: str
    buttons: tuple[ShownButton, ...] = ()
    note: str = ""
    files: tuple[File, ...] = ()
    language: str = ""  # ar, fr, zgh or en: gives direction and type
    numbered: bool = False
    human: bool = False


def show(outgoing: Outgoing, voice: Voice) -> Shown:
    """Say a message to a reader."""
    return Shown(
        voice.say(outgoing.text),
        tuple(ShownButton(voice.say(button.label), button.data, button.kind, button.url) for button in outgoing.buttons),
        voice.say(outgoing.note),
        outgoing.files,
        "" if isinstance(outgoing.text, Everywhere) else voice.language,
        outgoing.numbered,
        outgoing.human,
    )
