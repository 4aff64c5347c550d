"""The names of the places where Hiwar can be met, as people know them."""

from __future__ import annotations

from bot.messages import Button, ButtonKind
from bot.phrases import Text, _

PLACES: dict[str, Text] = {"webchat": _("Web chat"), "telegram": "Telegram", "messenger": "Messenger", "whatsapp": "WhatsApp"}
# Translators: a calendar to subscribe to, in a phone or a computer; at most 20 characters.
CALENDAR = _("Calendar of events")


def name_of(channel: str) -> Text:
    return PLACES.get(channel, channel)


def link_to(channel: str, base: str, payload: str = "") -> Button:
    """A button that opens Hiwar there, with the payload of a deep link."""
    return Button(name_of(channel), kind=ButtonKind.LINK, url=f"{base}{payload}" if payload else base.partition("?")[0])
