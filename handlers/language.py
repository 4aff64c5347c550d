"""Change the language, at any moment."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import _
from storage import people

LANGUAGE_NAMES = {"ar": "العربية", "fr": "Français", "zgh": "ⵜⴰⵎⴰⵣⵉⵖⵜ", "en": "English"}


@feature(
    "language",
    menu=_("Language"),
    command="language",
    summary=_("Change the language"),
    words=("language",),
    gives_way=True,
    is_linkable=True,
)
def language(talk: Talk) -> Outgoing:
    """Choose one of the four languages; whatever was being talked about goes on in it."""
    if talk.argument in LANGUAGE_NAMES:
        chosen = talk.argument
    else:
        chosen = talk.choice("language", _("Which language do you prefer?"), LANGUAGE_NAMES)
    people.set_language(talk.db, talk.person.id, chosen, chosen=True)
    talk.speaks = chosen
    return talk.end(_("From now on I speak English with you."), buttons=[talk.button(_("Menu"), "menu")])
