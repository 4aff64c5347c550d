"""The words of the starting points for a new event, in every language an event is written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bot.phrases import Phrase, Voice, _
from civic.event_templates import QUESTIONS, TEMPLATES
from civic.events import Details, Extra, ExtraOption
from web.desk.event_forms import WRITTEN

NAMES: dict[str, Phrase] = {
    "training": _("Half-day training"),
    "public_meeting": _("Public meeting"),
    "consultation": _("Consultation session"),
    "committee": _("Committee meeting"),
}

_QUESTIONS: dict[str, Phrase] = {
    # Translators: a question somebody is asked who registers for a training.
    "first_time": _("Is this your first training on this subject?"),
    # Translators: a question somebody is asked who registers for a consultation; the answers follow.
    "speaks_for": _("For whom do you speak?"),
    "wants_to_speak": _("Do you wish to take the floor?"),
    "comes": _("How will you take part?"),
}

_ANSWERS: dict[str, Phrase] = {
    # Translators: an answer to "For whom do you speak?".
    "self": _("For myself"),
    "association": _("For an association"),
    "administration": _("For a public body"),
    "company": _("For a company"),
    # Translators: an answer to "How will you take part?".
    "in_person": _("On site"),
    # Translators: an answer to "How will you take part?".
    "online": _("From a distance"),
}


def details_from(name: str, voice: Callable[[str], Voice]) -> Details | None:
    """What a starting point says of an event, without title and text; None for a name that is none."""
    template = TEMPLATES.get(name)
    if template is None:
        return None
    return Details(
        kind=template.kind,
        title={},
        asks_needs=template.asks_needs,
        has_certificate=template.has_certificate,
        asks_feedback=template.asks_feedback,
        reminders=template.reminders,
        offer_minutes=template.offer_minutes,
        extra=tuple(_question(question, voice) for question in template.questions),
    )


def _question(name: str, voice: Callable[[str], Voice]) -> Extra:
    options = tuple(ExtraOption(answer, _in_all(_ANSWERS[answer], voice)) for answer in QUESTIONS[name])
    kind: Literal["choice", "yes"] = "choice" if options else "yes"
    return Extra(id=name, kind=kind, text=_in_all(_QUESTIONS[name], voice), options=options)


def _in_all(phrase: Phrase, voice: Callable[[str], Voice]) -> dict[str, str]:
    return {language: voice(language).say(phrase) for language in WRITTEN}
