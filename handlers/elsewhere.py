"""Other ways to reach a person in time, for channels that let Hiwar write only for a while after they did."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Text, _
from handlers.places import CALENDAR, LATER, PLACES, link_to


@feature("elsewhere", command="elsewhere", summary=_("Other ways to reach me"))
def elsewhere(talk: Talk) -> Outgoing:
    """Web chat, Telegram, calendar: where else there is, and that a conversation can be taken along."""
    there = [link_to(channel, base) for channel, base in talk.scene.places.items() if channel in PLACES and channel != talk.channel]
    if talk.home:
        there.append(talk.button(CALENDAR, "calendars"))
    parts: list[Text] = [LATER] if talk.scene.waits else []
    if there:
        parts.append(_("I can also be found here. Your conversation can come along."))
    else:
        parts.append(_("There is no other way just now."))
    return talk.end(Paragraphs(tuple(parts)), buttons=[*there, talk.button(_("Take my conversation along"), "moving")])
