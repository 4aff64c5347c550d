"""Reads a POST of Messenger's webhook into Incomings: every event of every entry, and never an exception but Unreadable."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import msgspec

from bot.messages import Contact, File, FileKind, Incoming, Place
from channels import messenger_payloads as payloads
from channels.errors import Unreadable

NAME = "messenger"
FILE_SCHEME = "messenger:"  # a File.ref of this channel is "messenger:<address>"; Meta's addresses end after some days
GET_STARTED = "GET_STARTED"  # payload of the button that opens the conversation
SAY = "SAY"  # payload of an ice breaker: its title is what the person asks
LONGEST_EVENT = 100  # characters; the inbox keeps 128, and Meta promises no length for a mid

# The blue thumb in its three sizes: Messenger's own yes (Meta, "Stickers" of the message event).
LIKES = frozenset({369239263222822, 369239343222814, 369239383222810})
_FILES = {"image": FileKind.PICTURE, "audio": FileKind.VOICE, "video": FileKind.VIDEO, "file": FileKind.DOCUMENT}
_LOOKED_INTO = ("image", "file")  # other files are kept, but nobody can read them for the person
_PHONE = re.compile(r"\+?\d[\d ]{5,20}\Z")  # what the quick reply "user_phone_number" brings
_NUL = "\x00"  # PostgreSQL stores no NUL in a text

_decode_delivery = msgspec.json.Decoder(payloads.Delivery).decode
_decode_event = msgspec.json.Decoder(payloads.Event).decode


def parse(raw: bytes, *, page: str = "") -> tuple[Incoming | Unreadable, ...]:
    """What people did, in order; an event that cannot be read stands as its Unreadable, for the others are none the worse for it.

    Events of another page than `page` and what asks nothing of Hiwar (echoes, reads, deliveries, reactions, handovers) are left out.
    Raises Unreadable for what is no delivery of a page at all.
    """
    try:
        delivery = _decode_delivery(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise Unreadable(f"delivery: {_where(error)}") from None
    if delivery.object != "page":
        raise Unreadable("delivery: not of a page")
    return tuple(_events(delivery, page))


def _events(delivery: payloads.Delivery, page: str) -> Iterator[Incoming | Unreadable]:
    for entry in delivery.entry:
        if page and entry.id != page:
            continue
        for raw in entry.messaging:
            try:
                incoming = _read(_decode_event(raw), page)
            except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError, OSError) as error:
                yield Unreadable(f"event: {_where(error)}")
                continue
            if incoming is not None:
                yield incoming


def _where(error: Exception) -> str:
    """The place of a decoding error; msgspec names paths and types, never values."""
    return str(error) if isinstance(error, msgspec.MsgspecError) else type(error).__name__


def _read(event: payloads.Event, page: str) -> Incoming | None:
    sender = event.sender.id if event.sender is not None else ""
    if not sender or sender == page or (page and event.recipient is not None and event.recipient.id != page):
        return None
    at = dt.datetime.fromtimestamp(event.timestamp / 1000, dt.UTC)
    if event.message is not None:
        return None if event.message.is_echo else _said(event.message, sender, at)
    if event.message_edit is not None:
        edit = event.message_edit
        return Incoming(
            channel=NAME,
            event=_event(f"{edit.mid}:{edit.num_edit}"),
            address=sender,
            at=at,
            text=_kept(edit.text),
            message=_event(edit.mid),
            edits=True,
        )
    if event.postback is not None:
        return _pressed(event.postback, sender, at)
    if event.referral is not None:  # an m.me link followed by somebody who has talked with the page before
        return Incoming(
            channel=NAME,
            event=_event(f"referral:{sender}:{event.timestamp}"),
            address=sender,
            at=at,
            text="/start",
            opened=True,
            payload=event.referral.ref,
        )
    return None


def _pressed(postback: payloads.Postback, sender: str, at: dt.datetime) -> Incoming:
    name = _event(postback.mid or f"postback:{sender}:{at.timestamp()}")
    plain = Incoming(channel=NAME, event=name, address=sender, at=at)
    if postback.payload == GET_STARTED:
        ref = postback.referral.ref if postback.referral is not None else ""
        return msgspec.structs.replace(plain, text="/start", opened=True, payload=ref)
    if postback.payload == SAY:
        return msgspec.structs.replace(plain, text=_kept(postback.title))
    if postback.payload.startswith("/"):  # the persistent menu is the same for everybody, so it carries commands
        return msgspec.structs.replace(plain, text=_kept(postback.payload))
    return msgspec.structs.replace(plain, pressed=postback.payload)


def _said(message: payloads.Message, sender: str, at: dt.datetime) -> Incoming | None:
    plain = Incoming(channel=NAME, event=_event(message.mid), address=sender, at=at, message=_event(message.mid))
    if message.quick_reply is not None and message.quick_reply.payload:
        payload = message.quick_reply.payload
        if _PHONE.match(payload):
            return msgspec.structs.replace(plain, contact=Contact(name="", phone=payload))
        return msgspec.structs.replace(plain, pressed=payload)
    text, files, place, unread = _kept(message.text), [], None, ""
    for attachment in message.attachments:
        inside = attachment.payload or payloads.AttachmentPayload()
        if attachment.type == "location" and inside.coordinates is not None:
            place = Place(inside.coordinates.latitude, inside.coordinates.longitude, title=_kept(inside.title))
        elif inside.sticker_id:
            text, unread = ("👍", unread) if inside.sticker_id in LIKES else (text, unread or "sticker")
        elif attachment.type in _FILES and inside.url:
            files.append(_file(_FILES[attachment.type], inside.url))
            if attachment.type not in _LOOKED_INTO:
                unread = "voice" if attachment.type == "audio" else "video"
        elif attachment.type == "fallback":  # the card of a link, whose address stands in the text
            text = text or _kept(inside.url or inside.title)
        else:
            unread = unread or attachment.type[:32]
    if not text and not files and place is None and not unread:
        if message.referral is not None:
            return msgspec.structs.replace(plain, text="/start", opened=True, payload=message.referral.ref)
        unread = "message"  # a kind invented after this was written: the person waits for an answer all the same
    return msgspec.structs.replace(plain, text=text, files=tuple(files), place=place, unread="" if text else unread)


def _file(kind: FileKind, url: str) -> File:
    name = "" if kind is FileKind.PICTURE else _kept(unquote(PurePosixPath(urlsplit(url).path).name))[:100]
    return File(ref=FILE_SCHEME + url, kind=kind, name=name, mime="image/jpeg" if kind is FileKind.PICTURE else "")


def _kept(text: str) -> str:
    return text.replace(_NUL, "") if _NUL in text else text


def _event(name: str) -> str:
    """A name that fits into the inbox, the same for the same thing."""
    return name if len(name) <= LONGEST_EVENT else f"h:{hashlib.sha256(name.encode()).hexdigest()}"
