"""Turns what is shown into calls of the Bot API: method and parameters, nothing sent.

The keyboards are plain dicts: python-telegram-bot's types for the same two buttons cost 20 times as much, and the strict fake server of
the tests checks every call against the published description of the API.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.layout import Limits
from bot.messages import ButtonKind, FileKind, Shown, ShownButton

Parameters = dict[str, object]

LIMITS = Limits(
    text=4096,  # sendMessage, code points after entity parsing; the note and the blank line before it count as well
    caption=1024,
    buttons=100,
    label=40,  # not Telegram's: about what a phone shows of a label on a row of its own before it cuts it
    data=64,
    row=2,
    files=1,  # an album can carry no buttons
)
SHORT_LABEL = 18  # characters; two labels of this length share a row on a narrow phone without being cut

_NO_PREVIEW = {"is_disabled": True}  # a card of a web page under each source would bury the answer
_DEVICE = (ButtonKind.PLACE, ButtonKind.CONTACT)
FILE_METHODS = {
    FileKind.PICTURE: ("sendPhoto", "photo"),
    FileKind.DOCUMENT: ("sendDocument", "document"),
    FileKind.VOICE: ("sendVoice", "voice"),
    FileKind.VIDEO: ("sendVideo", "video"),
}


def chat_id(address: str) -> int | str:
    """An address as the Bot API names a chat."""
    try:
        return int(address)
    except ValueError:
        return address  # "@channel"


def message(address: str, part: Shown) -> Parameters:
    """The parameters of sendMessage."""
    parameters: Parameters = {
        "chat_id": chat_id(address),
        "text": html_of(part),
        "parse_mode": "HTML",
        "link_preview_options": _NO_PREVIEW,
    }
    if part.buttons:
        parameters["reply_markup"] = keyboard(part.buttons)
    return parameters


def file_message(address: str, part: Shown) -> Parameters:
    """The parameters of sendPhoto and its like, without the file itself."""
    parameters: Parameters = {"chat_id": chat_id(address)}
    caption = html_of(part)
    if caption:
        parameters |= {"caption": caption, "parse_mode": "HTML"}
    if part.buttons:
        parameters["reply_markup"] = keyboard(part.buttons)
    return parameters


def edited(address: str, ref: str, part: Shown) -> tuple[str, Parameters]:
    """The method and parameters that give a sent message new words and buttons; a message with a file keeps the file."""
    parameters: Parameters = {"chat_id": chat_id(address), "message_id": chat_id(ref), "parse_mode": "HTML"}
    # A reply keyboard cannot be edited in, and a message sent without one keeps none when the parameter is missing.
    if part.buttons and not _asks_device(part.buttons):
        parameters["reply_markup"] = keyboard(part.buttons)
    if part.files:
        return "editMessageCaption", parameters | {"caption": html_of(part)}
    return "editMessageText", parameters | {"text": html_of(part), "link_preview_options": _NO_PREVIEW}


def html_of(part: Shown) -> str:
    """Text and note in Telegram's HTML; nothing a person wrote can become a tag."""
    text = escape(part.text, quote=False)
    if part.buttons and _asks_device(part.buttons):
        # A reply keyboard has no link buttons, so the links stand in the text.
        for button in part.buttons:
            if button.kind is ButtonKind.LINK:
                text += f'\n<a href="{escape(button.url)}">{escape(button.label, quote=False)}</a>'
    if part.note:
        note = f"<i>{escape(part.note, quote=False)}</i>"
        return f"{text}\n\n{note}" if text else note
    return text


def keyboard(buttons: Sequence[ShownButton]) -> Parameters:
    """An inline keyboard; a reply keyboard where a button asks the person's device for a place or a contact."""
    if _asks_device(buttons):
        return _reply_keyboard(buttons)
    return {"inline_keyboard": [[_inline(button) for button in row] for row in _rows(buttons)]}


def _inline(button: ShownButton) -> dict[str, str]:
    if button.kind is ButtonKind.LINK:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.data}


def _reply_keyboard(buttons: Sequence[ShownButton]) -> Parameters:
    # Telegram gives places and contacts only to a reply keyboard, which cannot stand beside an inline one. Its other buttons send
    # their label as a text, and a question understands its labels as typed; a number in front would turn "Skip" into a place's name.
    rows = []
    for row in _rows([button for button in buttons if button.kind is not ButtonKind.LINK]):
        rows.append([_reply(button) for button in row])
    return {"keyboard": rows, "one_time_keyboard": True, "resize_keyboard": True}


def _reply(button: ShownButton) -> dict[str, object]:
    if button.kind is ButtonKind.PLACE:
        return {"text": button.label, "request_location": True}
    if button.kind is ButtonKind.CONTACT:
        return {"text": button.label, "request_contact": True}
    return {"text": button.label}


def _asks_device(buttons: Sequence[ShownButton]) -> bool:
    return any(button.kind in _DEVICE for button in buttons)


def _rows(buttons: Sequence[ShownButton]) -> list[list[ShownButton]]:
    """One button a row; two neighbours share one when both labels are short and neither asks the device."""
    rows: list[list[ShownButton]] = []
    room = False
    for button in buttons:
        short = len(button.label) <= SHORT_LABEL and button.kind not in _DEVICE
        if short and room:
            rows[-1].append(button)
            room = False
        else:
            rows.append([button])
            room = short
    return rows
