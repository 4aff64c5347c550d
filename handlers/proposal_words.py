"""What proposals are about, where they stand and why some are not published, in words; the values are those of civic/proposals.py."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.phrases import Phrase, _
from civic.proposals import State

KIND_NAMES: dict[str, Phrase] = {
    # Translators: what a citizen files; the first is the general one.
    "proposal": _("Proposal"),
    "remark": _("Remark on a service or a document"),
    "contribution": _("Contribution to the next action plan"),
    "comment": _("Comment on a commitment"),
}

THEME_NAMES: dict[str, Phrase] = {
    "access-to-information": _("Access to information"),
    "participation": _("Citizen participation"),
    "public-services": _("Public services"),
    "integrity": _("Integrity and prevention of corruption"),
    "open-data": _("Open data"),
    "local": _("Municipalities and regions"),
    "justice": _("Justice"),
    "environment": _("Environment and climate"),
    "equality": _("Equality and inclusion"),
    "youth-education": _("Youth and education"),
    "health-social": _("Health and social protection"),
    "other": _("Another theme"),
}

# Translators: the names of the regions as the decree 2-15-40 has them.
EVERYWHERE = "00"  # no region: the whole country

REGION_NAMES: dict[str, Phrase] = {
    "01": _("Tangier-Tetouan-Al Hoceima"),
    "02": _("Oriental"),
    "03": _("Fez-Meknes"),
    "04": _("Rabat-Sale-Kenitra"),
    "05": _("Beni Mellal-Khenifra"),
    "06": _("Casablanca-Settat"),
    "07": _("Marrakesh-Safi"),
    "08": _("Draa-Tafilalet"),
    "09": _("Souss-Massa"),
    "10": _("Guelmim-Oued Noun"),
    "11": _("Laayoune-Sakia El Hamra"),
    "12": _("Dakhla-Oued Ed-Dahab"),
}

# Translators: where a proposal stands; it is the proposal that is "published" or "withdrawn".
STATE_NAMES: dict[State, Phrase] = {
    State.WAITING: _("Waiting for a moderator"),
    State.ASKED: _("Waiting for a clarification"),
    State.PUBLISHED: _("Published"),
    State.ANSWERED: _("Officially answered"),
    State.REJECTED: _("Rejected"),
    State.MERGED: _("Joined to another proposal"),
    State.WITHDRAWN: _("Withdrawn"),
}

REASON_NAMES: dict[str, Phrase] = {
    "not-open-government": _("Not about open government"),
    "unclear": _("Not clear enough"),
    "already-answered": _("Already answered"),
    "information-request": _("An information request"),
    "complaint": _("A complaint"),
    "petition": _("A petition"),
    "court-case": _("Before a court"),
    "personal-data": _("Personal data of others"),
    "offensive": _("Offensive"),
    "advertising": _("Advertising"),
    "false-statement": _("A statement that is not true"),
    "spam": _("Spam"),
}

REASON_TEXTS: dict[str, Phrase] = {
    "not-open-government": _(
        "It is not about transparency, participation, accountability, integrity or public services, which is what this programme is for. "
        "If it can be linked to one of them, please say how and send it again."
    ),
    "unclear": _(
        "It is not clear enough what is proposed, and to whom. "
        "Please say in a few sentences what the problem is, what should change and who could do it, and send it again."
    ),
    "already-answered": _("An official answer to the same proposal exists already. Please read it among the published proposals."),
    "information-request": _(
        "It asks for a document or information. Please file it on the portal chafafiya.ma, where the law sets a time for the answer."
    ),
    "complaint": _("It is a complaint about a particular case. Please file it on the portal chikaya.ma, where it is followed up."),
    "petition": _("It is a petition or a motion. Please file it on the portal eparticipation.ma, where signatures count."),
    "court-case": _("It concerns a case before a court, about which this programme may not say anything. Only the court can decide it."),
    "personal-data": _("It names other people or gives data about them. Please take out names, numbers and addresses and send it again."),
    "offensive": _("It contains insults, threats or contempt for people. Please say the same thing with respect and send it again."),
    "advertising": _("It advertises a product, a company, a party or a candidate. Please keep to what should change for everyone."),
    "false-statement": _(
        "It accuses someone or states something as a fact without a source. Please give the source, or leave it out, and send it again."
    ),
    "spam": _("The same message was sent many times, or it has no content. Please send one proposal, once."),
}

OUTCOME_NAMES: dict[str, Phrase] = {
    # Translators: the outcome of an official answer; it is the proposal that is "accepted".
    "accepted": _("Accepted"),
    "accepted-in-part": _("Accepted in part"),
    "already-done": _("Already done"),
    "under-study": _("Under study"),
    "not-accepted": _("Not accepted"),
}


def ask_theme(talk: Talk) -> str:
    """Ask for the theme, when a proposal is written and when it is corrected."""
    return talk.choice("theme", _("Which theme is it closest to?"), THEME_NAMES, label=_("Theme"))


def ask_region(talk: Talk) -> str:
    """The same for the region; EVERYWHERE for the whole country."""
    return talk.choice("region", _("Which region is it about?"), {EVERYWHERE: _("The whole country"), **REGION_NAMES}, label=_("Region"))
