"""Other ways to reach a person in time, for channels that let Hiwar write only for a while after they did."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Text, _
from handlers.places import CALENDAR, PLACES, link_to

_LATER = _("Here I may write to you only for 24 hours after your last message. What comes later waits until you write again.")


@feature("elsewhere", command="elsewhere", summary=_("Other ways to reach me"))
def elsewhere(talk: Talk) -> Outgoing:
    """Web chat, Telegram, calendar: where else there is, and that a conversation can be taken along."""
    there = [link_to(channel, base) for channel, base in talk.scene.places.items() if channel in PLACES and channel != talk.channel]
    calendar = talk.scene.places.get("calendar")
    if calendar:
        there.append(talk.link(CALENDAR, calendar))
    parts: list[Text] = [_LATER] if talk.scene.waits else []
    if there:
        parts.append(_("I can also be found here. Your conversation can come along."))
    else:
        parts.append(_("There is no other way just now."))
    return talk.end(Paragraphs(tuple(parts)), buttons=[*there, talk.button(_("Take my conversation along"), "moving")])


def reminders(talk: Talk) -> Text:
    """What to add where a reminder is promised: "" where it can always be sent."""
    if not talk.scene.waits:
        return ""
    return Paragraphs((_LATER, _("For other ways, write {words}.", words="/elsewhere")), gap=" ")
