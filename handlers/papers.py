"""Files that Hiwar makes when they are fetched, never before: calendar entries, the code for the entrance, certificates.

Their name (File.ref) is "<kind>-<registration>". What stands in them is read in one go; the drawing, which takes long, needs no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.drawing import CertificateText, certificate, qr_png
from bot.phrases import Voice, _
from civic import calendar_files
from civic.events import Event, Session
from handlers.event_calendar import entry
from handlers.event_words import KINDS, code_shown, in_language, title, when, where
from handlers.turn import HOUSE_LANGUAGE
from storage import certificates, events, people, registrations
from storage.lines import StoredFile
from storage.registrations import Registration

_REF = re.compile(r"(ics|pass|certificate)-(\d{1,12})\Z")


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that is needed to make one file."""

    kind: str
    made: Registration
    event: Event
    session: Session
    language: str
    code: str = ""  # of the certificate


def is_paper(ref: str) -> bool:
    """Whether a file is one of those that are made when they are fetched."""
    return _REF.match(ref) is not None


def read(db: sa.Connection, ref: str, person_id: int | None = None) -> Paper | None:
    """What a file is made of; None when there is none, or it is not this person's. Without a person it is for the channel that sends it."""
    found = _REF.match(ref)
    made = registrations.find(db, int(found[2])) if found else None
    if found is None or made is None or made.person_id is None or (person_id is not None and made.person_id != person_id):
        return None
    event = events.of_session(db, made.session_id)
    session = event.session(made.session_id) if event is not None else None
    if event is None or session is None:
        return None
    person = people.find(db, made.person_id)
    language = (person.language if person is not None else "") or made.language or HOUSE_LANGUAGE
    if found[1] != "certificate":
        return Paper(found[1], made, event, session, language)
    given = certificates.of_registration(db, made.id)
    return None if given is None or made.is_purged else Paper(found[1], made, event, session, language, given.code)


def draw(paper: Paper, voices: Mapping[str, Voice], home: str) -> StoredFile:
    """Make the file: milliseconds for a calendar, up to a second for a certificate."""
    voice = voices[paper.language]
    if paper.kind == "pass":
        return StoredFile(f"hiwar-{paper.made.number}.png", "image/png", qr_png(paper.made.code))
    if paper.kind == "ics":
        calendar = calendar_files.write([entry(paper.event, paper.session, voice, seated=True, home=home)])
        return StoredFile(f"hiwar-{paper.made.number}.ics", "text/calendar", calendar)
    return StoredFile(f"hiwar-{paper.made.number}.pdf", "application/pdf", certificate(_words(paper, voice, home)))


def _words(paper: Paper, voice: Voice, home: str) -> CertificateText:
    language = paper.language
    url = f"{home}/certificates/{paper.code}" if home else ""
    organiser = in_language(paper.event.details.organiser, language)
    about = f"{voice.say(KINDS[paper.event.details.kind])}: {title(paper.event, language)}"
    check = _("Anybody can check this certificate here: {address}", address=url) if url else _("Anybody can check this number on our site.")
    return CertificateText(
        language=language,
        issuer=organiser or voice.say(_("Open Government programme, Morocco")),
        heading=voice.say(_("Certificate of attendance")),
        # Translators: on a certificate, above the name; the next sentence stands below it. In Arabic without gender.
        before=voice.say(_("This is to certify that")),
        name=paper.made.name,
        # Translators: on a certificate, below the name and above the title of the training.
        after=voice.say(_("took part in")),
        title=about,
        lines=tuple(said for line in (when(paper.session), where(paper.session, language)) if (said := voice.say(line))),
        number=voice.say(_("Certificate number: {code}", code=code_shown(paper.code))),
        check=voice.say(check),
        url=url,
    )
