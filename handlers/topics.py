"""Browse what Hiwar knows, by subject."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Phrase, _
from storage import knowledge

A_PAGE = 7  # entries; with "more" and "subjects" still a phone's screen

TOPICS: dict[str, Phrase] = {
    "open-government": _("Open government"),
    "ogp": _("Open Government Partnership"),
    "action-plans": _("Action plans"),
    "commitments": _("Commitments"),
    "governance": _("Committees and governance"),
    "civil-society": _("Civil society"),
    "access-to-information": _("Right of access to information"),
    "petitions-motions": _("Petitions and motions"),
    "public-consultation": _("Public consultation"),
    "participation-local": _("Participation in municipalities and regions"),
    "proposals": _("Proposals"),
    "complaints": _("Complaints"),
    "public-services": _("Public services"),
    "open-data": _("Open data"),
    "integrity": _("Integrity and prevention of corruption"),
    "trainings-events": _("Trainings and events"),
    "documents": _("Documents"),
    "news": _("News"),
    "contact": _("Contact"),
    "privacy": _("Privacy"),
    "about-bot": _("About Hiwar"),
}


# Subjects of which there are records to look through, beside the questions.
_RECORDS = {
    "action-plans": "commitments",
    "commitments": "commitments",
    "governance": "committees",
    "documents": "documents",
    "contact": "contact",
}


@feature("topics", menu=_("Browse by subject"), command="topics", summary=_("Browse by subject"))
def topics(talk: Talk) -> Outgoing:
    """The subjects, or a page of the questions of one: the argument is "<topic>" or "<topic>--<page>"."""
    topic, _dashes, page = talk.argument.partition("--")
    if topic not in TOPICS:
        known = set(knowledge.topics(talk.db))
        return talk.end(_("Which subject?"), buttons=[talk.button(TOPICS[name], "topics", name) for name in TOPICS if name in known])
    entries = knowledge.of_topic(talk.db, topic)
    first = int(page or 0) * A_PAGE if page.isdecimal() or not page else 0
    buttons = [talk.button(entry.title_for(talk.language), "ask", entry.id) for entry in entries[first : first + A_PAGE]]
    if len(entries) > first + A_PAGE:
        buttons.append(talk.button(_("More"), "topics", f"{topic}--{first // A_PAGE + 1}"))
    browsed = talk.contents.by_name.get(_RECORDS.get(topic, ""))
    if browsed is not None and browsed.summary is not None:
        buttons.append(talk.button(browsed.summary, browsed.name))
    return talk.end(TOPICS[topic], buttons=[*buttons, talk.button(_("All subjects"), "topics")])
