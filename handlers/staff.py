"""Somebody who works at the desk says that this chat is theirs, so that they never decide about what they send in from it."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, _
from storage import staff_chats


@feature("staff", command="staff", is_linkable=True, link="staff")
def staff(talk: Talk) -> Outgoing:
    """Link the chat to the member of staff whose code it is."""
    code = talk.argument.strip().casefold()
    if not code or not staff_chats.link(talk.db, code, talk.person.id, talk.now):
        how = _("This is for those who work at the desk: a new code stands there under “Your account”.")
        return talk.end(Paragraphs((_("This code is not right, or it is too old."), how)))
    return talk.end(_("The desk knows now that this chat is yours. What you send in from here is decided by your colleagues."))
