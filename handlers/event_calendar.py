"""Sessions as calendars show them: for one person's own calendar, and for the feeds that calendars follow."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Phrase, Voice, _
from civic.calendar_files import Entry
from civic.events import Event, Session
from handlers.event_words import KINDS, facts, in_language, title
from handlers.topics import TOPICS

FEED = "/feeds/events.ics"


@feature("calendars")
def calendars(talk: Talk) -> Outgoing:
    """The addresses that a calendar program follows: of everything, or of one subject."""
    topic = talk.argument.removeprefix("t-")
    home = talk.home
    if not home and talk.channel != "webchat":
        return talk.end(
            _("After you have registered for something, I give you a file for your calendar."),
            buttons=[talk.button(_("Trainings and events"), "events")],
        )
    links = [talk.link(_("All trainings and events, for calendars"), f"{home}{FEED}?lang={talk.language}")]
    if topic in TOPICS:
        name: Phrase = _("{subject}, for calendars", subject=TOPICS[topic])
        links.insert(0, talk.link(name, f"{home}/feeds/events/{topic}.ics?lang={talk.language}"))
    links.append(talk.link(_("The same for news readers (RSS)"), f"{home}/feeds/events.xml?lang={talk.language}"))
    return talk.end(
        _("Give this address to your calendar program as a calendar to follow: it then shows everything that is announced, and changes."),
        buttons=[*links, talk.button(_("Receive the news"), "subscribe"), talk.button(_("All trainings and events"), "events")],
    )


def entry(event: Event, session: Session, voice: Voice, *, seated: bool = False, home: str = "") -> Entry:
    """One session for a calendar, in one language; the online link only for who has a seat."""
    language = voice.language
    told = [in_language(event.details.description, language), *(voice.say(fact) for fact in facts(event, language))]
    if seated and session.link:
        told.append(session.link)
    return Entry(
        uid=f"session-{session.id}@hiwar",
        title=f"{voice.say(KINDS[event.details.kind])}: {title(event, language)}",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed_at=event.changed_at or session.starts_at,
        text="\n\n".join(part for part in told if part).translate(_UNISOLATED),
        place=in_language(session.place, language),
        point=None if session.latitude is None or session.longitude is None else (session.latitude, session.longitude),
        url=session.link if seated and session.link else f"{home}/chat?e={event.id}" if home else "",
        sequence=session.sequence,
        is_cancelled=session.is_cancelled or event.status == "cancelled",
    )


_UNISOLATED = {0x2068: None, 0x2069: None}  # calendar programs show these signs as boxes
