"""The names of the places where Hiwar can be met, as people know them."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.messages import Button, ButtonKind
from bot.phrases import Text, _

PLACES: dict[str, Text] = {"webchat": _("Web chat"), "telegram": "Telegram", "messenger": "Messenger", "whatsapp": "WhatsApp"}
# Translators: a calendar to subscribe to, in a phone or a computer; at most 20 characters.
CALENDAR = _("Calendar of events")
LATER = _("Here I may write to you only for 24 hours after your last message. What comes later waits until you write again.")


def name_of(channel: str) -> Text:
    return PLACES.get(channel, channel)


def link_to(channel: str, base: str, payload: str = "") -> Button:
    """A button that opens Hiwar there, with the payload of a deep link."""
    return Button(name_of(channel), kind=ButtonKind.LINK, url=f"{base}{payload}" if payload else base.partition("?")[0])


def another_way(talk: Talk) -> tuple[list[Text], list[Button]]:
    """What to add where something is promised for later, on a channel that may not let Hiwar write then; nothing where it always may."""
    if not talk.scene.waits:
        return [], []
    return [LATER], [talk.button(_("Other ways to reach me"), "elsewhere")]
