"""How Hiwar presents itself where a channel lists commands and descriptions."""

from __future__ import annotations

from bot.features import Contents
from bot.phrases import Voice, _

# Translators: shown in Telegram before the first message; at most 512 characters.
_DESCRIPTION = _(
    "Hiwar answers your questions about open government in Morocco, in Arabic, French, Tamazight and English, "
    "with the source and the date. "
    "It is an automatic assistant; what it does not know it passes on to a person."
)
# Translators: shown on the profile page in Telegram; at most 120 characters.
_SHORT = _("Automatic assistant of the Open Government programme: questions, answers, contacts.")
# Translators: shown in Messenger before the first message; at most 160 characters.
_GREETING = _("I am Hiwar, the automatic assistant of Open Government in Morocco. Ask your question in your own words.")
# Translators: first questions that Messenger offers to press; each at most 80 characters, in the words of a citizen.
_QUESTIONS = (_("How do I ask for a public document?"), _("What is open government?"), _("How do I make a petition?"))
# Translators: the button that opens a list of choices in WhatsApp; at most 20 characters.
CHOOSE = _("Choose")


def commands(contents: Contents, voice: Voice) -> dict[str, str]:
    """Every command with what it does, in one language."""
    return {feature.command: voice.say(feature.summary) for feature in contents.features if feature.command and feature.summary}


def description(voice: Voice) -> str:
    """What Hiwar is, for an empty chat."""
    return voice.say(_DESCRIPTION)


def short_description(voice: Voice) -> str:
    """What Hiwar is, in one line."""
    return voice.say(_SHORT)


def greeting(voice: Voice) -> str:
    """What Messenger shows before the conversation begins."""
    return voice.say(_GREETING)


def first_questions(voice: Voice) -> tuple[str, ...]:
    """Questions to press for who does not know how to begin."""
    return tuple(voice.say(question) for question in _QUESTIONS)


def short_menu(contents: Contents, voice: Voice) -> dict[str, str]:
    """The few lines of a menu that is always there: command and title."""
    return {name: voice.say(summary) for name in ("menu", "language", "help") if (summary := contents.by_command[name].summary) is not None}
