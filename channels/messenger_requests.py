"""Turns what is shown into messages of the Send API: bodies only, nothing sent."""

from __future__ import annotations

from bot.layout import GAP, Limits
from bot.messages import ButtonKind, FileKind, Shown, ShownButton

Body = dict[str, object]

LONGEST_TEXT = 2000  # characters; Send API, message.text
MOST_QUICK_REPLIES = 13  # Send API, "Quick Replies"
LONGEST_TITLE = 20  # characters of a quick reply or a button; longer ones are cut by Messenger
LONGEST_PAYLOAD = 1000
LONGEST_TEMPLATE_TEXT = 640  # button template
MOST_TEMPLATE_BUTTONS = 3

LIMITS = Limits(
    text=LONGEST_TEXT,
    caption=0,  # a file carries no words
    buttons=MOST_QUICK_REPLIES,
    label=LONGEST_TITLE,
    data=LONGEST_PAYLOAD,
    numbers=True,
    devices=frozenset({ButtonKind.CONTACT}),  # the quick reply "location" is gone; a place is sent by the person or written
    links=MOST_TEMPLATE_BUTTONS,
    linked_text=LONGEST_TEMPLATE_TEXT,
)
ATTACHMENTS = {FileKind.PICTURE: "image", FileKind.DOCUMENT: "file", FileKind.VOICE: "audio", FileKind.VIDEO: "video"}
LARGEST = {FileKind.PICTURE: 8 * 1024 * 1024}  # bytes; Send API, "Attachments"
LARGEST_OTHER = 25 * 1024 * 1024


def message(part: Shown) -> Body:
    """The `message` of a part without files: text with quick replies, or a button template where addresses are to be opened."""
    text = f"{part.text}{GAP}{part.note}" if part.text and part.note else part.text or part.note
    links = [button for button in part.buttons if button.kind is ButtonKind.LINK]
    if not links:
        return {"text": text, **_quick_replies(part.buttons)}
    others = [button for button in part.buttons if button.kind is not ButtonKind.LINK]
    # Buttons of a template stay under their message; quick replies go with the next one. So all stand on the template where they fit.
    whole = len(part.buttons) <= MOST_TEMPLATE_BUTTONS and all(button.kind is not ButtonKind.CONTACT for button in others)
    on_template = part.buttons if whole else tuple(links)
    payload = {"template_type": "button", "text": text, "buttons": [_button(button) for button in on_template]}
    return {"attachment": {"type": "template", "payload": payload}, **({} if whole else _quick_replies(tuple(others)))}


def attachment(kind: FileKind, attachment_id: str = "") -> Body:
    """The `message` of a file: one that Meta has already, or one that travels beside it as a form part."""
    payload: Body = {"attachment_id": attachment_id} if attachment_id else {"is_reusable": True}
    return {"attachment": {"type": ATTACHMENTS[kind], "payload": payload}}


def _quick_replies(buttons: tuple[ShownButton, ...]) -> Body:
    if not buttons:
        return {}
    return {
        "quick_replies": [
            {"content_type": "user_phone_number"}
            if button.kind is ButtonKind.CONTACT
            else {"content_type": "text", "title": button.label, "payload": button.data}
            for button in buttons
        ]
    }


def _button(button: ShownButton) -> Body:
    if button.kind is ButtonKind.LINK:
        return {"type": "web_url", "title": button.label, "url": button.url}
    return {"type": "postback", "title": button.label, "payload": button.data}
