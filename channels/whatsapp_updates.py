"""Reads a POST of WhatsApp's webhook into Incomings.

pywa checks the signature of the raw bytes, but its own handlers would lose a message that cannot be stored (they catch every error and
answer "ok") and would remember repeated ones in memory only. So what is inside is read here, and stored before it is acknowledged.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Annotated

import msgspec

from bot.messages import Contact, File, FileKind, Incoming, Place
from channels.errors import Unreadable

NAME = "whatsapp"
FILE_SCHEME = "whatsapp:"  # a File.ref of this channel is "whatsapp:<media id>"
LONGEST_EVENT = 100  # characters; the inbox keeps 128
_FILES = {"image": FileKind.PICTURE, "document": FileKind.DOCUMENT, "audio": FileKind.VOICE, "video": FileKind.VIDEO}
_SILENT = frozenset({"reaction", "system", "revoke", "unsupported_system"})  # nobody waits for an answer to these
_NUL = "\x00"


class _Fields(msgspec.Struct, gc=False):
    """Fields of a payload; the ones not named are skipped."""


class _Text(_Fields):
    body: str = ""


class _Media(_Fields):
    id: str = ""
    caption: str = ""
    filename: str = ""
    mime_type: str = ""


class _Location(_Fields):
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    name: str = ""
    address: str = ""


class _Chosen(_Fields):
    id: str = ""


class _Interactive(_Fields):
    button_reply: _Chosen | None = None
    list_reply: _Chosen | None = None


class _TemplateButton(_Fields):
    payload: str = ""
    text: str = ""


class _Phone(_Fields):
    phone: str = ""


class _Name(_Fields):
    formatted_name: str = ""


class _Card(_Fields):
    name: _Name | None = None
    phones: tuple[_Phone, ...] = ()


class _Edited(_Fields):
    text: _Text | None = None
    image: _Media | None = None
    video: _Media | None = None
    document: _Media | None = None


class _Edit(_Fields):
    original_message_id: str
    message: _Edited


class _Message(_Fields):
    sender: str = msgspec.field(name="from")
    id: str
    timestamp: str
    type: str
    text: _Text | None = None
    image: _Media | None = None
    document: _Media | None = None
    audio: _Media | None = None
    video: _Media | None = None
    location: _Location | None = None
    interactive: _Interactive | None = None
    button: _TemplateButton | None = None
    contacts: tuple[_Card, ...] = ()
    edit: _Edit | None = None


class _Metadata(_Fields):
    phone_number_id: str = ""


class _Value(_Fields):
    metadata: _Metadata | None = None
    messages: tuple[msgspec.Raw, ...] = ()


class _Change(_Fields):
    field: str
    value: msgspec.Raw


class _Entry(_Fields):
    changes: tuple[_Change, ...] = ()


class _Delivery(_Fields):
    object: str = ""
    entry: tuple[_Entry, ...] = ()


_decode_delivery = msgspec.json.Decoder(_Delivery).decode
_decode_value = msgspec.json.Decoder(_Value).decode
_decode_message = msgspec.json.Decoder(_Message).decode


def parse(raw: bytes, *, phone: str = "") -> tuple[Incoming | Unreadable, ...]:
    """What people did, in order; a message that cannot be read stands as its Unreadable. Statuses, templates, calls and the messages of
    other numbers are left out. Raises Unreadable for what is no delivery of WhatsApp at all."""
    try:
        delivery = _decode_delivery(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise Unreadable(f"delivery: {_where(error)}") from None
    if delivery.object != "whatsapp_business_account":
        raise Unreadable("delivery: not of WhatsApp")
    return tuple(_messages(delivery, phone))


def _messages(delivery: _Delivery, phone: str) -> Iterator[Incoming | Unreadable]:
    for change in (change for entry in delivery.entry for change in entry.changes if change.field == "messages"):
        try:
            value = _decode_value(change.value)
        except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
            yield Unreadable(f"change: {_where(error)}")
            continue
        if phone and value.metadata is not None and value.metadata.phone_number_id not in ("", phone):
            continue
        for raw in value.messages:
            try:
                incoming = _read(_decode_message(raw))
            except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError, OSError) as error:
                yield Unreadable(f"message: {_where(error)}")
                continue
            if incoming is not None:
                yield incoming


def _where(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.MsgspecError) else type(error).__name__


def _read(message: _Message) -> Incoming | None:
    if message.type in _SILENT:
        return None
    at = dt.datetime.fromtimestamp(int(message.timestamp), dt.UTC)
    name = _event(message.id)
    plain = Incoming(channel=NAME, event=name, address=message.sender, at=at, message=name, callback=message.id)
    if message.edit is not None:
        inside = message.edit.message
        media = inside.image or inside.video or inside.document
        text = inside.text.body if inside.text is not None else media.caption if media is not None else ""
        return msgspec.structs.replace(plain, text=_kept(text), message=_event(message.edit.original_message_id), edits=True)
    if message.interactive is not None and (chosen := message.interactive.button_reply or message.interactive.list_reply) is not None:
        return msgspec.structs.replace(plain, pressed=chosen.id)
    if message.button is not None:  # of a template: its answer opens the window, and what waited is shown
        return msgspec.structs.replace(plain, text=_kept(message.button.text))
    if message.location is not None:
        here = message.location
        place = Place(here.latitude, here.longitude, title=_kept(here.name), address=_kept(here.address))
        return msgspec.structs.replace(plain, place=place)
    if message.contacts and message.contacts[0].phones:
        card = message.contacts[0]
        contact = Contact(name=_kept(card.name.formatted_name if card.name is not None else ""), phone=_kept(card.phones[0].phone))
        return msgspec.structs.replace(plain, contact=contact)
    if message.text is not None and message.text.body:
        return msgspec.structs.replace(plain, text=_kept(message.text.body))
    return _with_file(plain, message)


def _with_file(plain: Incoming, message: _Message) -> Incoming:
    media = {"image": message.image, "document": message.document, "audio": message.audio, "video": message.video}.get(message.type)
    if media is None or not media.id:
        return msgspec.structs.replace(plain, unread=message.type[:32])
    file = File(ref=FILE_SCHEME + media.id, kind=_FILES[message.type], name=_kept(media.filename)[:100], mime=media.mime_type)
    unread = {"audio": "voice", "video": "video"}.get(message.type, "") if not media.caption else ""
    return msgspec.structs.replace(plain, text=_kept(media.caption), files=(file,), unread=unread)


def _kept(text: str) -> str:
    return text.replace(_NUL, "") if _NUL in text else text


def _event(name: str) -> str:
    return name if len(name) <= LONGEST_EVENT else f"h:{hashlib.sha256(name.encode()).hexdigest()}"
