"""The table of contents: one line a feature, in the order of the menu."""

from __future__ import annotations

from bot.features import Contents
from handlers import (
    bodies,
    commitments,
    contacts,
    courtesy,
    documents,
    event_calendar,
    events,
    language,
    menu,
    questions,
    registering,
    registrations,
    service,
    start,
    topics,
)

CONTENTS = Contents(
    (
        start.start,
        questions.ask,
        topics.topics,
        commitments.commitments,
        documents.documents,
        events.events,
        registering.register,
        registrations.registrations,
        bodies.committees,
        contacts.contact,
        language.language,
        service.privacy,
        menu.menu,
        menu.explain,
        service.stop,
        questions.useful,
        questions.unknown,
        registrations.unregister,
        registrations.reschedule,
        registrations.bring,
        registrations.seat,
        registrations.rate,
        event_calendar.calendars,
        courtesy.smalltalk,
        courtesy.unasked,
    )
)
