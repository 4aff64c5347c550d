"""The first words: who this is, and in which language to go on."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Everywhere, _
from handlers.language import LANGUAGE_NAMES
from handlers.menu import menu_buttons
from storage import people, subscriptions

# Translators: the very first words, shown in the four languages one under the other; at most 90 characters.
GREETING = Everywhere(_("Hello. I am Hiwar, the automatic assistant of Open Government. Choose your language."))


@feature("start", command="start", summary=_("Begin"), words=("start",))
def start(talk: Talk) -> Outgoing:
    """Greet; offer the languages to someone who has not chosen one. A question is answered all the same."""
    if talk.argument in LANGUAGE_NAMES:
        talk.speaks = talk.argument
        people.set_language(talk.db, talk.person.id, talk.speaks, chosen=True)
    elif not talk.person.chose_language:
        return talk.end(GREETING, buttons=[talk.button(name, "start", code) for code, name in LANGUAGE_NAMES.items()])
    return talk.end(
        _(
            "Welcome. I am an automatic assistant: I answer questions about open government in Morocco, with the source and the date. "
            "What I do not know I pass on to a person.\n\nWrite your question in your own words, or choose here."
        ),
        buttons=[*_stopped(talk), *menu_buttons(talk)],
        note=_("Please do not send identity card numbers or other secrets here."),
    )


def _stopped(talk: Talk) -> list[Button]:
    """To whoever comes back: the news that were stopped, which nothing but this press starts again."""
    if not talk.person.is_stopped or not subscriptions.standing(talk.db, talk.person.id).topics:
        return []
    return [talk.button(_("Receive the news again"), "subscribe", "again")]
