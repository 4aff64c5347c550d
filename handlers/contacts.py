"""Where to turn: the ministry, and the portal or body for a matter that is not the programme's."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _
from civic.contacts import Contact, Phone
from handlers.questions import MATTERS, answer
from handlers.sources import links, named, said, shown_in, sourced, when
from storage import knowledge, records

MINISTRY_ENTRY, MINISTRY = "contact-ministry", "ministry"
OTHERS = "others"  # an argument, as MATTERS is: the addresses that belong to no matter

# What people come with, the contacts it belongs to, and the subject whose questions explain it.
_WHERE: dict[str, tuple[Phrase, tuple[str, ...], str]] = {
    "information": (_("I want a document or information"), ("information-requests", "cdai"), "access-to-information"),
    "complaint": (_("I have a complaint about a service"), ("complaints", "mediator"), "complaints"),
    "petition": (_("Petition or motion"), ("petitions", "house", "dgct"), "petitions-motions"),
    "opinion": (_("Give my opinion on a draft or a policy"), ("consultations", "draft-laws", "alhoukouma"), "public-consultation"),
    "data": (_("Open data"), ("open-data",), "open-data"),
    "procedure": (_("Administrative procedure"), ("procedures", "call-centre"), "public-services"),
    "association": (_("For associations"), ("associations", "charaka"), "civil-society"),
    "local": (_("My municipality or region"), ("local-governments", "dgct"), "participation-local"),
    "personal": (_("My personal data"), ("personal-data",), "privacy"),
    "corruption": (_("Corruption"), ("corruption-line", "integrity"), "integrity"),
}


@feature(
    "contact", menu=_("Contact the ministry"), command="contact", summary=_("Contact the ministry"), words=("human",), is_linkable=True
)
def contact(talk: Talk) -> Outgoing:
    """The ministry, also for whoever wants a person; or, by the argument, where a matter belongs."""
    if talk.argument == MATTERS:
        return _matters(talk)
    if talk.argument == OTHERS:
        return _others(talk)
    if talk.argument in _WHERE:
        _label, ids, topic = _WHERE[talk.argument]
        found = [one for known in ids if (one := records.find(talk.db, Contact, known))]
        return _told(talk, found, [talk.button(_("Questions and answers"), "topics", topic)])
    if one := records.find(talk.db, Contact, talk.argument):
        return _told(talk, [one], [])
    if entry := knowledge.find(talk.db, MINISTRY_ENTRY):
        return answer(talk, entry)
    if ministry := records.find(talk.db, Contact, MINISTRY):
        return _told(talk, [ministry], [talk.button(_("Where does my matter belong?"), "contact", MATTERS)])
    return talk.end(
        _("You can reach the Open Government programme through its portal."), buttons=links(talk, ["https://www.gouvernement-ouvert.ma"])
    )


def _matters(talk: Talk) -> Outgoing:
    return talk.end(
        _(
            "What is it about? I take no request, petition or complaint myself: I show where each belongs. "
            "You can submit a proposal about the programme here; for other matters of the programme write to the ministry."
        ),
        buttons=[
            *(talk.button(label, "contact", matter) for matter, (label, _ids, _topic) in _WHERE.items()),
            talk.button(_("Other addresses"), "contact", OTHERS),
            talk.button(_("Contact the ministry"), "contact"),
        ],
    )


def _others(talk: Talk) -> Outgoing:
    placed = {known for _label, ids, _topic in _WHERE.values() for known in ids}
    others = [one for one in records.of_kind(talk.db, Contact) if one.id not in placed]
    return talk.end(
        _("Other addresses"),
        buttons=[*(talk.button(said(talk, one.name), "contact", one.id) for one in others), _back(talk)],
    )


def _back(talk: Talk) -> Button:
    return talk.button(_("Another matter"), "contact", MATTERS)


def _told(talk: Talk, contacts: list[Contact], more: list[Button]) -> Outgoing:
    """Contacts one under the other, with what each is for and how to reach it."""
    if not contacts:
        return talk.end(_("There is nothing to show here yet."), buttons=[_back(talk)])
    parts: list[Text] = shown_in(talk, *(one.purpose for one in contacts))
    for one in contacts:
        lines: list[Text] = [named(talk, one.name), said(talk, one.purpose)]
        if one.email:
            lines.append(_("E-mail: {address}", address=one.email))
        if one.address:
            lines.append(_("Address: {address}", address=said(talk, one.address)))
        lines += [_phone(talk, phone) for phone in one.phones]
        lines.append(said(talk, one.check))
        parts.append(Paragraphs(tuple(lines), "\n"))
    urls = list(dict.fromkeys(one.url for one in contacts if one.url))
    oldest = min(contacts, key=lambda one: one.as_of)
    return talk.end(
        Paragraphs(tuple(parts)), buttons=[*links(talk, urls), *more, _back(talk)], note=sourced(oldest.sources, oldest.as_of, oldest.url)
    )


def _phone(talk: Talk, phone: Phone) -> Text:
    if phone.check:
        told = _("Phone: {number} (a source of {date}; please check before calling)", number=phone.number, date=when(phone.as_of))
    else:
        told = _("Phone: {number} (checked in {date})", number=phone.number, date=when(phone.as_of))
    return Paragraphs((told, said(talk, phone.note)), "\n")
