"""Submit a proposal: what it is about, in the person's own words; told where it belongs or that it was said before; sent once."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import File, Outgoing, Place
from bot.phrases import Paragraphs, Text, _, _n
from civic import abuse, claims, working_days
from civic.commitments import Commitment, Plan
from civic.contacts import Contact
from civic.errors import Refusal
from civic.knowledge import language_of
from civic.proposals import (
    CONSENT,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_FILES,
    SHORTEST_TEXT,
    SHORTEST_TITLE,
    Draft,
    Proposal,
    Spot,
    may_support,
)
from handlers.proposal_pages import promised, whole
from handlers.proposal_words import EVERYWHERE, KIND_NAMES, REGION_NAMES, THEME_NAMES, ask_region, ask_theme
from handlers.sources import links, said
from storage import attachments, backing, blocks, proposals, records
from understanding import triage

LONGEST_NAME = 80
LONGEST_SERVICE = 120
MOST_ALIKE = 3  # past three, people read none

_BELONGS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "information": (
        _("This reads like a request for a document or information. The law sets a time for the answer when it is filed here:"),
        ("information-requests",),
    ),
    "complaint": (
        _("This reads like a complaint about a particular case. It is followed up when it is filed here:"),
        ("complaints", "mediator"),
    ),
    "petition": (_("This reads like a petition or a motion. Signatures count when it is filed here:"), ("petitions",)),
    "corruption": (_("This reads like a report of corruption. It can be reported here:"), ("corruption-line", "integrity")),
    "emergency": (
        _(
            "This reads like an emergency. Nobody reads this in time here: "
            "please call the emergency services, or have somebody call them, now."
        ),
        (),
    ),
}


@feature(
    "propose",
    menu=_("Submit a proposal"),
    command="propose",
    summary=_("Submit a proposal"),
    is_linkable=True,
    seldom=("plan", "about", "service", "belongs", "similar", "name"),
)
def propose(talk: Talk) -> Outgoing:
    """Take a proposal, a remark, a contribution or a comment, and say what happens next."""
    recent = proposals.filed_since(talk.db, talk.person.id, talk.now - abuse.DAY)
    if refused := _refused(talk, recent):
        return refused
    kind, subject, service = _subject(talk)
    theme = ask_theme(talk)
    title = talk.words("title", _("Give it a short title."), shortest=SHORTEST_TITLE, longest=LONGEST_TITLE, label=_("Title"))
    text = talk.words(
        "text",
        _(
            "What is the problem, what should change, and who could do it? One idea is enough. "
            "Please leave out other people’s names and numbers."
        ),
        shortest=SHORTEST_TEXT,
        longest=LONGEST_TEXT,
        label=_("Text"),
    )
    if elsewhere := _belongs(talk, title, text):
        return elsewhere
    if supported := _similar(talk, title, text):
        return supported
    region = ask_region(talk)
    if not talk.yes("consent", _consent(), label=_("Consent")):
        return talk.end(
            _("All right. Nothing was kept. You can also write to the ministry, or come back at any time."),
            buttons=[talk.button(_("Contact the ministry"), "contact"), talk.button(_("Menu"), "menu")],
        )
    place = talk.place("place", _("Is it about one place? Send it or write its name."), optional=True, label=_("Place"))
    files = talk.documents(
        "files", _n("You can add {n} picture or document.", "You can add up to {n} pictures or documents, all at once.", MOST_FILES),
        most=MOST_FILES, optional=True, label=_("Files"),
    )  # fmt: skip
    shown = talk.choice(
        "shown",
        _("Should your name stand beside it when it is published?"),
        {"name": _("Yes, show my name"), "anonymous": _("No, stay anonymous")},
        label=_("Show my name"),
    )
    name = (
        talk.words("name", _("Which name should be shown?"), shortest=2, longest=LONGEST_NAME, label=_("Name shown"))
        if shown == "name"
        else ""
    )
    draft = Draft(
        kind=kind,
        theme=theme,
        title=title,
        text=f"{service}\n\n{text}" if service else text,
        language=talk.language,
        about=subject,
        region="" if region == EVERYWHERE else region,
        spot=_spot(place),
        name=name,
    )
    changeable = ("kind", "about", "service", "theme", "title", "text", "region", "place", "files", "shown", "name")
    talk.review(_card(talk, draft, files), send=_("Send"), change=changeable)
    return _filed(talk, draft, files, recent)


def _subject(talk: Talk) -> tuple[str, str, str]:
    """The kind, and the commitment or the service it is about."""
    if talk.argument and records.find(talk.db, Commitment, talk.argument) is not None:
        return "comment", talk.argument, ""
    kind = talk.choice("kind", _("What would you like to send?"), KIND_NAMES, label=_("Kind"))
    if kind == "remark":
        service = talk.words(
            "service", _("Which service or document is it about?"), longest=LONGEST_SERVICE, label=_("Service or document")
        )
        return kind, "", service
    known = records.of_kind(talk.db, Commitment)
    if kind != "comment" or not known:
        return kind, "", ""
    plans = {plan.id: said(talk, plan.title) for plan in reversed(records.of_kind(talk.db, Plan))}
    plan = talk.choice("plan", _("Which plan is the commitment in?"), plans, label=_("Plan"))
    offered = {one.id: said(talk, one.title) for one in known if one.plan == plan}
    return kind, talk.choice("about", _("Which commitment?"), offered, label=_("Commitment")), ""


def _refused(talk: Talk, recent: tuple[Proposal, ...]) -> Outgoing | None:
    """The kind word for somebody who may not file now."""
    if (block := blocks.find(talk.db, talk.person.id, talk.now)) is not None:
        return talk.end(
            _(
                "You cannot send proposals until {date}, because earlier ones broke the rules. You can still ask questions.",
                date=block.until.date(),
            ),
            buttons=[talk.button(_("Contact the ministry"), "contact"), talk.button(_("Menu"), "menu")],
        )
    try:
        abuse.check_rate(recent, talk.now)
    except Refusal as refusal:
        again, most = refusal.values["again"], refusal.values["most"]
        return talk.end(
            _(
                "Thank you for so many ideas: one person can send {most} proposals a day. You can send the next one from {time}.",
                most=most,
                time=again,
            ),
            buttons=[talk.button(_("My proposals"), "proposals"), talk.button(_("Menu"), "menu")],
        )
    return None


def _belongs(talk: Talk, title: str, text: str) -> Outgoing | None:
    """Where a text that is no proposal belongs; it may be sent all the same."""
    matter = triage.matter(f"{title}\n{text}")
    if matter not in _BELONGS:
        return None
    opening, ids = _BELONGS[matter]
    places = [one for known in ids if (one := records.find(talk.db, Contact, known))]
    lines = [Paragraphs((said(talk, one.name), one.url), "\n") for one in places]
    wish = talk.choice(
        "belongs",
        Paragraphs((opening, *lines, _("You can send it here all the same, as a proposal for everyone."))),
        {"send": _("Send it as a proposal"), "go": _("I will go there")},
    )
    if wish == "send":
        return None
    urls = [one.url for one in places if one.url]
    return talk.end(_("Good. Nothing was kept here."), buttons=[*links(talk, urls), talk.button(_("Menu"), "menu")])


def _similar(talk: Talk, title: str, text: str) -> Outgoing | None:
    """Published proposals that say much the same, in full; the person may support one of them instead."""
    found = [one for one in proposals.all_of(talk.db, talk.alike(f"{title}\n{text}")[:MOST_ALIKE]) if may_support(one, talk.person.id)]
    if not found:
        return None
    opening = _n("{n} published proposal is about much the same:", "{n} published proposals are about much the same:", len(found))
    offered: dict[str, Text] = {str(one.number): _("Support {number} instead", number=one.reference) for one in found}
    wish = talk.choice(
        "similar",
        Paragraphs((opening, *(whole(talk.db, one, talk.language) for one in found))),
        {**offered, "mine": _("Mine is different")},
    )
    if wish == "mine":
        return None
    number = int(wish)
    backing.support(talk.db, number, talk.person.id, talk.now)
    backing.follow(talk.db, number, talk.person.id, talk.now)
    return talk.end(
        _(
            "Thank you: you now support {number}. Your own text was not sent. I will tell you when there is an answer.",
            number=f"P-{number}",
        ),
        buttons=[talk.button(_("See it"), "proposal", wish), talk.button(_("Menu"), "menu")],
    )


def _consent() -> Text:
    """What a person agrees to; civic.proposals.CONSENT is its version, to be raised with every change of the meaning."""
    return Paragraphs(
        (
            _(
                "Before you go on: your proposal is kept, read by moderators and, when they publish it, shown to everyone. "
                "Its files are seen by moderators only. "
                "Your account in this chat is kept with it, sealed, so that you can be told what happens; it is never shown."
            ),
            _("You can give your name or stay anonymous, withdraw the proposal, and have your data deleted at any time (law 09-08)."),
            _("Do you agree? (version {version})", version=CONSENT),
        )
    )


def _spot(place: Place | None) -> Spot | None:
    return None if place is None else Spot(place.latitude, place.longitude, place.title or place.address)


def _card(talk: Talk, draft: Draft, files: tuple[File, ...]) -> Text:
    """The whole of it before it is sent."""
    lines: list[Text] = [_("{kind} · {theme}", kind=KIND_NAMES[draft.kind], theme=THEME_NAMES[draft.theme])]
    if commitment := records.find(talk.db, Commitment, draft.about):
        lines.append(_("On the commitment: {title}", title=commitment.title.get(language_of(commitment.title, talk.language), "")))
    lines.append(_("Region: {region}", region=REGION_NAMES.get(draft.region, _("The whole country"))))
    if draft.spot is not None:
        lines.append(_("Place: {place}", place=draft.spot.title or f"{draft.spot.latitude}, {draft.spot.longitude}"))
    if files:
        lines.append(_n("{n} file", "{n} files", len(files)))
    lines.append(_("Name shown: {name}", name=draft.name) if draft.name else _("Without your name"))
    return Paragraphs((draft.title, draft.text, Paragraphs(tuple(lines), "\n")))


def _filed(talk: Talk, draft: Draft, files: tuple[File, ...], recent: tuple[Proposal, ...]) -> Outgoing:
    """Keep it, and give the receipt."""
    promise = working_days.after(talk.now.date(), talk.terms.promise_days)
    claim = "" if draft.name else claims.code(talk.secret("claim"))
    proposal = proposals.file(
        talk.db,
        talk.person.id,
        talk.channel,
        draft,
        promise.day,
        talk.now,
        claim=claim,
        signals=abuse.signs(draft.title, draft.text, recent, talk.now),
    )
    attachments.want(talk.db, proposal.number, talk.channel, files, talk.now)
    parts: list[Text] = [
        _("Thank you. It has the number {number}.", number=proposal.reference),
        _(
            "A moderator reads it next. I will tell you here when it is published, "
            "when there is a question for you, and when there is an answer."
        ),
        promised(promise),
    ]
    if claim:
        parts.append(
            _(
                "With this code you can follow it from anywhere, also from another chat: {code}. "
                "Please write it down: it is shown only now.",
                code=claim,
            )
        )
    parts.append(_("Under “My proposals” you can see where it stands, correct it or withdraw it."))
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[
            talk.button(_("See it"), "proposals", str(proposal.number)),
            talk.button(_("My proposals"), "proposals"),
            talk.button(_("Menu"), "menu"),
        ],
    )
