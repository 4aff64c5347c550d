"""What a person has registered for, and all they can do about it: cancel, change the date, bring a question, the code, the certificate."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, File, FileKind, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.errors import Refusal
from civic.events import Event, Session, State
from civic.seats import Place
from handlers.event_words import REFUSALS, code_shown, in_language, title, way_buttons, when, where
from handlers.registering import calendar_file, confirmed, waiting_words
from storage import certificates, events, registrants
from storage import registrations as kept
from storage.registrations import Registration

LONGEST_QUESTION = 1000
RATINGS: dict[str, Text] = {"5": _("Very good"), "4": _("Good"), "3": _("Fair"), "2": _("Poor"), "1": _("Very poor")}


@feature("registrations", command="registrations", summary=_("My registrations"), is_linkable=True)
def registrations(talk: Talk) -> Outgoing:
    """Everything the person is registered for; by the argument one "<number>", its code, its calendar file or its certificate.

    With "forget", what was kept for the next registration is deleted.
    """
    number, _dash, wish = talk.argument.partition("-")
    if number == "forget":
        registrants.drop(talk.db, talk.person.id)
        return talk.end(_("Done: nothing is kept for your next registration."), buttons=[talk.button(_("Menu"), "menu")])
    mine = _mine(talk, number)
    if mine is None:
        return _all(talk)
    made, event, session = mine
    if wish == "code":
        return _code(talk, made)
    if wish == "calendar":
        return talk.end(_("Here is the file for your calendar."), buttons=_back(talk, made), files=(calendar_file(made),))
    if wish == "certificate":
        return _certificate(talk, made, event, session)
    return _one(talk, made, event, session)


@feature("unregister")
def unregister(talk: Talk) -> Outgoing:
    """Give a seat or a place on the waiting list back."""
    mine = _mine(talk, talk.argument)
    if mine is None:
        return _all(talk)
    made, event, session = mine
    about = Paragraphs((title(event, talk.language), when(session)), "\n")
    if session.starts_at <= talk.now:
        return talk.end(REFUSALS[State.RUNNING], buttons=_back(talk, made))
    if not talk.yes("sure", Paragraphs((_("Do you want to cancel this registration? Your seat goes to the next person."), about))):
        return talk.end(_("Your registration stays as it is."), buttons=_back(talk, made))
    kept.cancel(talk.db, made.id, talk.now)
    return talk.end(
        _("Cancelled. Thank you for telling us: somebody else can come now."),
        buttons=[talk.button(_("Register again"), "events", str(event.id)), talk.button(_("All trainings and events"), "events")],
    )


@feature("reschedule")
def reschedule(talk: Talk) -> Outgoing:
    """Change to another date of the same event."""
    mine = _mine(talk, talk.argument)
    if mine is None:
        return _all(talk)
    made, event, session = mine
    others = _other_dates(talk, event, session)
    if not others:
        return talk.end(_("There is no other date to change to."), buttons=_back(talk, made))
    offered = {str(other.id): _date(talk, event, other) for other in others}
    chosen = talk.choice("date", _("Which date suits you better?"), offered, label=_("Date"))
    talk.review(
        Paragraphs((title(event, talk.language), _("Instead of {old}: {new}", old=session.starts_at, new=offered[chosen]))),
        send=_("Change the date"),
        change=("date",),
    )
    try:
        made = kept.move(talk.db, made.id, int(chosen), talk.now)
    except Refusal as refusal:
        return talk.end(REFUSALS[refusal.reason], buttons=_back(talk, made))
    return confirmed(talk, event, made, _("The date was changed."))


@feature("bring")
def bring(talk: Talk) -> Outgoing:
    """Bring a question to a session: the organisers get it without a name."""
    mine = _mine(talk, talk.argument)
    if mine is None:
        return _all(talk)
    made, _event, _session = mine
    text = talk.words(
        "question",
        _("What would you like to ask there? The organisers get your question before the session, without your name."),
        longest=LONGEST_QUESTION,
        shortest=5,
    )
    registrants.bring(talk.db, made.id, text, talk.now)
    return talk.end(_("Thank you. Your question was passed on."), buttons=_back(talk, made))


@feature("seat")
def seat(talk: Talk) -> Outgoing:
    """Take an offered seat, or leave it to the next one: the argument is "y-<number>" or "n-<number>"."""
    wish, _dash, number = talk.argument.partition("-")
    mine = _mine(talk, number)
    if mine is None:
        return talk.end(REFUSALS["offer_over"], buttons=[talk.button(_("All trainings and events"), "events")])
    made, event, _session = mine
    if made.state is Place.WAITING:
        return _one(talk, *mine)
    if wish != "y":
        if made.state is Place.OFFERED:
            kept.decline(talk.db, made.id, talk.now)
        return talk.end(
            _("Thank you for telling us. The seat was offered to the next person."),
            buttons=[talk.button(_("All trainings and events"), "events")],
        )
    if made.offer_until is not None and talk.now >= made.offer_until:
        kept.expire(talk.db, made.id, talk.now)
        return talk.end(REFUSALS["offer_over"], buttons=[talk.button(_("Register again"), "events", str(event.id))])
    return confirmed(talk, event, kept.accept(talk.db, made.id, talk.now))


@feature("rate")
def rate(talk: Talk) -> Outgoing:
    """How it was: the argument is "<number>-<1 to 5>", and then words if the person likes."""
    number, _dash, given = talk.argument.partition("-")
    mine = _mine(talk, number)
    if mine is None:
        return _all(talk)
    made, _event, _session = mine
    rating = given if given in RATINGS else talk.choice("rating", _("How was it?"), RATINGS)
    remark = talk.words(
        "remark",
        _("Thank you. What was good, and what should be better? The organisers read it without your name."),
        longest=LONGEST_QUESTION,
        optional=True,
    )
    kept.rate(talk.db, made.id, int(rating), remark)
    return talk.end(_("Thank you, that helps to do it better."), buttons=_back(talk, made))


def _mine(talk: Talk, number: str) -> tuple[Registration, Event, Session] | None:
    """A registration of this person, with what it is for; nobody else's, and none that was given back."""
    made = kept.find(talk.db, int(number)) if number.isdecimal() and len(number) < 10 else None
    if made is None or made.person_id != talk.person.id or made.state not in (Place.REGISTERED, Place.OFFERED, Place.WAITING):
        return None
    event = events.of_session(talk.db, made.session_id)
    session = event.session(made.session_id) if event is not None else None
    return None if event is None or session is None else (made, event, session)


def _all(talk: Talk) -> Outgoing:
    mine = kept.of_person(talk.db, talk.person.id)
    forget = []
    if registrants.kept(talk.db, talk.person.id) is not None:
        forget.append(talk.button(_("Do not keep my name any more"), "registrations", "forget"))
    if not mine:
        return talk.end(
            _("You are not registered for anything just now."),
            buttons=[talk.button(_("Trainings and events"), "events"), *forget, talk.button(_("Menu"), "menu")],
        )
    buttons = []
    for made in mine[:10]:
        event = events.of_session(talk.db, made.session_id)
        if event is not None:
            label = _("{number}: {title}", number=made.number, title=title(event, talk.language))
            buttons.append(talk.button(label, "registrations", str(made.id)))
    return talk.end(_("Your registrations. Which one?"), buttons=[*buttons, talk.button(_("All trainings and events"), "events"), *forget])


def _one(talk: Talk, made: Registration, event: Event, session: Session) -> Outgoing:
    about: list[Text] = [title(event, talk.language), when(session), where(session, talk.language)]
    state = event.state_of(session, talk.now)
    is_over = state in (State.PAST, State.CANCELLED)
    if state is State.CANCELLED:
        status: list[Text] = [_("This was cancelled.")]
    elif made.state is Place.WAITING:
        status = waiting_words(talk, made)
    elif made.state is Place.OFFERED:
        return confirmed(talk, event, made)
    elif is_over:
        status = [_("This is over."), _("You were there. Thank you for coming.") if made.arrived_at else ""]
    else:
        status = [_("You have a seat. Your registration has the number {number}.", number=made.number)]
    buttons: list[Button] = []
    if made.state is Place.REGISTERED and not is_over:
        buttons.append(talk.button(_("Code for the entrance"), "registrations", f"{made.id}-code"))
        buttons.append(talk.button(_("File for my calendar"), "registrations", f"{made.id}-calendar"))
        buttons += way_buttons(session, seated=True)
    if made.arrived_at is not None and event.details.has_certificate:
        buttons.append(talk.button(_("Certificate"), "registrations", f"{made.id}-certificate"))
    if is_over:
        buttons += [talk.link(in_language(paper.title, talk.language), paper.url) for paper in event.details.papers]
        if made.arrived_at is not None and event.details.asks_feedback and made.rating is None:
            buttons.append(talk.button(_("Say how it was"), "rate", str(made.id)))
    elif session.starts_at > talk.now:
        buttons.append(talk.button(_("Bring a question"), "bring", str(made.id)))
        if _other_dates(talk, event, session):
            buttons.append(talk.button(_("Change the date"), "reschedule", str(made.id)))
        buttons.append(talk.button(_("Cancel my registration"), "unregister", str(made.id)))
    return talk.end(Paragraphs((*status, Paragraphs(tuple(about), "\n"))), buttons=buttons)


def _code(talk: Talk, made: Registration) -> Outgoing:
    """The code, and its picture for the organiser's camera."""
    if made.state is not Place.REGISTERED:
        return talk.end(Paragraphs(tuple(waiting_words(talk, made))), buttons=_back(talk, made))
    picture = File(f"pass-{made.id}", FileKind.PICTURE, f"hiwar-{made.number}.png", "image/png")
    return talk.end(_("At the entrance, show this code: {code}", code=code_shown(made.code)), buttons=_back(talk, made), files=(picture,))


def _certificate(talk: Talk, made: Registration, event: Event, session: Session) -> Outgoing:
    if made.arrived_at is None or session.ends_at > talk.now or not event.details.has_certificate or made.is_purged:
        return talk.end(_("There is a certificate for those who came, once it is over."), buttons=_back(talk, made))
    given = certificates.give(talk.db, made, event, session, lambda: (talk.new_code() + talk.new_code())[:12], talk.now)
    paper = File(f"certificate-{made.id}", FileKind.DOCUMENT, f"hiwar-{made.number}.pdf", "application/pdf")
    parts = (
        _("Your certificate of attendance. Its number is {code}.", code=code_shown(given.code)),
        _("With this number anybody you show it to can check it on our site. Keep the file: your name is deleted here later."),
    )
    check = [talk.link(_("Check the certificate"), f"{talk.home}/certificates/{given.code}")] if talk.home else []
    return talk.end(Paragraphs(parts), buttons=[*check, *_back(talk, made)], files=(paper,))


def _other_dates(talk: Talk, event: Event, session: Session) -> list[Session]:
    return [other for other in event.open_sessions(talk.now) if other.id != session.id]


def _date(talk: Talk, event: Event, session: Session) -> Text:
    if event.state_of(session, talk.now) is State.FULL:
        return _("{start} (waiting list)", start=session.starts_at)
    return _("{start}, {place}", start=session.starts_at, place=in_language(session.place, talk.language) or _("Online"))


def _back(talk: Talk, made: Registration) -> list[Button]:
    return [talk.button(_("My registration"), "registrations", str(made.id))]
