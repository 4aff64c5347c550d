"""The fields of Messenger's webhook that Hiwar reads; the ones not named are skipped."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Fields(msgspec.Struct, gc=False):
    """Fields of a payload; the ones not named are skipped."""


class Party(Fields):
    id: str


class QuickReply(Fields):
    payload: str = ""


class Coordinates(Fields):
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] = msgspec.field(name="lat")
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] = msgspec.field(name="long")


class AttachmentPayload(Fields):
    url: str = ""
    title: str = ""
    sticker_id: int = 0
    coordinates: Coordinates | None = None


class Attachment(Fields):
    type: str
    payload: AttachmentPayload | None = None


class Referral(Fields):
    ref: str = ""


class Message(Fields):
    mid: str
    text: str = ""
    is_echo: bool = False
    quick_reply: QuickReply | None = None
    attachments: tuple[Attachment, ...] = ()
    referral: Referral | None = None


class Edit(Fields):
    mid: str
    text: str = ""
    num_edit: int = 0


class Postback(Fields):
    payload: str = ""
    title: str = ""
    mid: str = ""
    referral: Referral | None = None


class Event(Fields):
    """One thing that happened in a conversation; which field is there says what it was."""

    sender: Party | None = None
    recipient: Party | None = None
    timestamp: int = 0
    message: Message | None = None
    message_edit: Edit | None = None
    postback: Postback | None = None
    referral: Referral | None = None


class Entry(Fields):
    id: str
    messaging: tuple[msgspec.Raw, ...] = ()


class Delivery(Fields):
    """One POST: several entries, each with several events, read one by one so that a bad one spoils no other."""

    object: str = ""
    entry: tuple[Entry, ...] = ()
