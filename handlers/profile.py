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


def commands(contents: Contents, voice: Voice) -> dict[str, str]:
    """Every command with what it does, in one language."""
    return {feature.command: voice.say(feature.summary) for feature in contents.features if feature.command and feature.summary}


def description(voice: Voice) -> str:
    """What Hiwar is, for an empty chat."""
    return voice.say(_DESCRIPTION)


def short_description(voice: Voice) -> str:
    """What Hiwar is, in one line."""
    return voice.say(_SHORT)
