"""Reads a Telegram Update into an Incoming: only the fields Hiwar uses, and never an exception but Unreadable.

python-telegram-bot's `Update.de_json` costs 135 us and raises TypeError, KeyError, AttributeError and OverflowError on hostile
payloads; these structs cost about 10 us for a text message or a picture, Incoming included, and fail in one known way.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from bot.messages import Contact, File, FileKind, Incoming, Place
from channels import telegram_payloads as payloads
from channels.errors import Unreadable

NAME = "telegram"
FILE_SCHEME = "telegram:"  # a File.ref of this channel is "telegram:<file_id>"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

# Telegram's clients cut a long text at 4,096, but at the last space or line before it, and some count UTF-16 units; the
# first part is therefore somewhat shorter than the limit. From here on a text may be the first half of a longer one.
POSSIBLY_CUT = 3500

# Stickers that answer yes or no are read as their emoji. Any other sticker is not words: it must not become a title.
ANSWERING_STICKERS = frozenset("👍👎👌✅❌")
_VARIANTS = dict.fromkeys((*range(0x1F3FB, 0x1F400), 0xFE0F))  # skin tones, and the mark that asks for colour

_NUL = "\x00"  # PostgreSQL stores no NUL in a text; Telegram sends none, a forged payload may

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w{3,32}))?(?=\s|$)", re.ASCII)
_decode_update = msgspec.json.Decoder(payloads.Update).decode
_decode_envelope = msgspec.json.Decoder(payloads.Envelope).decode
_decode_keys = msgspec.json.Decoder(payloads.OnlyKeys).decode


def parse(raw: bytes, *, now: dt.datetime | None = None, username: str = "") -> Incoming | None:
    """Read one Update; None for kinds that ask nothing of Hiwar, Unreadable for what is no Update.

    `now` is the time of a press, which Telegram does not tell. With the bot's `username`, a group's command for another bot is None.
    """
    update = _decoded(raw)
    try:
        if update.message is not None:
            return _said(update.update_id, update.message, raw, username, edits=False)
        if update.callback_query is not None:
            return _pressed(update.update_id, update.callback_query, now or dt.datetime.now(dt.UTC))
        if update.edited_message is not None:
            return _said(update.update_id, update.edited_message, raw, username, edits=True)
        if update.my_chat_member is not None:
            return _membership(update.update_id, update.my_chat_member)
    except (ValueError, OverflowError, OSError) as error:  # a date outside the calendar
        raise Unreadable(f"update {update.update_id}: {type(error).__name__} in its date") from None
    return None


def order_of(raw: bytes) -> tuple[int, str]:
    """The update's id and the chat it belongs to, for handling chats side by side and each chat in order; Unreadable."""
    try:
        update = _decode_envelope(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError):
        update_id = _decoded_id(raw)
        return update_id, f"?{update_id}"
    inside = update.message or update.edited_message or update.my_chat_member
    if inside is not None:
        return update.update_id, str(inside.chat.id)
    press = update.callback_query
    if press is not None:
        return update.update_id, str(press.message.chat.id if press.message is not None else press.sender.id)
    return update.update_id, f"?{update.update_id}"


def _decoded_id(raw: bytes) -> int:
    try:
        return msgspec.json.decode(raw, type=payloads.IdOnly).update_id
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise Unreadable(f"update without an id: {_where(error)}") from None


def _decoded(raw: bytes) -> payloads.Update:
    try:
        return _decode_update(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise Unreadable(f"update: {_where(error)}") from None


def _where(error: Exception) -> str:
    """The place of a decoding error; msgspec names paths and types, never values."""
    if isinstance(error, msgspec.MsgspecError):
        return str(error)
    return type(error).__name__


def _said(update_id: int, message: payloads.Message, raw: bytes, username: str, *, edits: bool) -> Incoming | None:
    chat, sender = message.chat, message.sender
    if chat.type == "channel" or sender is None or sender.is_bot:
        return None
    group = chat.type in ("group", "supergroup")
    if group and message.sender_chat is not None:
        return None  # said in the name of a channel or of the group itself: nobody to answer
    text = _kept(message.text or message.caption)
    opened, payload = False, ""
    command = _COMMAND.match(text) if text.startswith("/") else None
    if command is not None:
        name, addressee = command.groups()
        if group and addressee and username and addressee.casefold() != username.casefold():
            return None
        text = f"/{name.lower()}{text[command.end() :]}"
        if name.lower() == "start":
            # "/start" stays in the text, its payload does not: a deep link is not something the person typed.
            opened, payload, text = True, text[len("/start") :].strip(), "/start"
    files: tuple[File, ...] = ()
    place: Place | None = None
    contact: Contact | None = None
    unread = ""
    if not message.text:
        files, unread = _files(message)
        place = _place(message)
        if place is not None:
            if edits:
                return None  # a live location is edited every few seconds; its first message was the answer
        elif message.contact is not None:
            card = message.contact
            contact = Contact(name=_kept(f"{card.first_name} {card.last_name}".strip()), phone=_kept(card.phone_number))
        elif message.sticker is not None:
            emoji = message.sticker.emoji.translate(_VARIANTS)
            text, unread = (emoji, "") if emoji in ANSWERING_STICKERS else ("", "sticker")
        elif not text and not files:
            unread = "" if edits else _kind(raw)
            if not unread:
                return None
        if text:
            unread = ""  # a caption can be read, whatever it stands under
    return Incoming(
        channel=NAME,
        event=str(update_id),
        address=str(chat.id),
        at=dt.datetime.fromtimestamp(message.date, dt.UTC),
        text=text,
        opened=opened,
        payload=payload,
        files=files,
        place=place,
        contact=contact,
        message=str(message.message_id),
        edits=edits,
        album=str(message.media_group_id),
        cut=len(message.text) >= POSSIBLY_CUT,
        language=sender.language_code,
        group=group,
        unread=unread,
    )


def _kept(text: str) -> str:
    return text.replace(_NUL, "") if _NUL in text else text


def _files(message: payloads.Message) -> tuple[tuple[File, ...], str]:
    """The file a message carries and, where Hiwar cannot look into it, what it was."""
    if message.photo:
        largest = max(message.photo, key=lambda size: (size.width * size.height, size.file_size))
        return (File(ref=FILE_SCHEME + largest.file_id, kind=FileKind.PICTURE, mime="image/jpeg", size=largest.file_size),), ""
    if message.animation is not None:  # before `document`, which Telegram fills as well for old bots
        return (_file(message.animation, FileKind.VIDEO),), "animation"
    if message.document is not None:
        return (_file(message.document, FileKind.DOCUMENT),), ""
    if message.voice is not None:
        return (_file(message.voice, FileKind.VOICE),), "voice"
    if message.video is not None:
        return (_file(message.video, FileKind.VIDEO),), "video"
    if message.video_note is not None:
        return (_file(message.video_note, FileKind.VIDEO),), "video_note"
    if message.audio is not None:
        return (_file(message.audio, FileKind.VOICE),), "audio"
    if message.live_photo is not None:
        return (_file(message.live_photo, FileKind.VIDEO),), "live_photo"
    return (), ""


def _file(file: payloads.File, kind: FileKind) -> File:
    return File(ref=FILE_SCHEME + file.file_id, kind=kind, name=_kept(file.file_name), mime=file.mime_type, size=file.file_size)


def _place(message: payloads.Message) -> Place | None:
    venue, location = message.venue, message.location
    if venue is not None:
        here = venue.location
        return Place(latitude=here.latitude, longitude=here.longitude, title=_kept(venue.title), address=_kept(venue.address))
    if location is not None:
        return Place(latitude=location.latitude, longitude=location.longitude)
    return None


def _kind(raw: bytes) -> str:
    """What a message without words is ("poll", "dice", a kind invented after this was written), or "" for Telegram's own notices.

    The second decoding is paid only by the rare message in which the first found nothing.
    """
    for name, value in _decode_keys(raw).message.items():
        if name in payloads.NOTICES and bytes(value) != b"false":
            return ""
        if name not in payloads.AROUND and name not in payloads.NOTICES and bytes(value) not in (b"false", b"null"):
            return name
    return ""


def _pressed(update_id: int, press: payloads.Press, now: dt.datetime) -> Incoming | None:
    # The message under the button was sent by the bot; who pressed is in the query's own "from".
    if press.sender.is_bot or not press.data:
        return None
    under = press.message
    return Incoming(
        channel=NAME,
        event=str(update_id),
        address=str(under.chat.id if under is not None else press.sender.id),
        at=now,
        pressed=_kept(press.data),
        message=str(under.message_id) if under is not None else "",
        language=press.sender.language_code,
        callback=str(press.id),
        group=under is not None and under.chat.type in ("group", "supergroup"),
    )


def _membership(update_id: int, change: payloads.Membership) -> Incoming | None:
    # In a private chat Telegram reports only blocking ("kicked") and unblocking ("member") of the bot.
    if change.chat.type != "private":
        return None
    status = change.new_chat_member.status
    if status not in ("kicked", "left", "member"):
        return None
    return Incoming(
        channel=NAME,
        event=str(update_id),
        address=str(change.chat.id),
        at=dt.datetime.fromtimestamp(change.date, dt.UTC),
        left=status != "member",
        returned=status == "member",
    )
