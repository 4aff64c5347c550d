"""The table of contents: one line a feature, in the order of the menu."""

from __future__ import annotations

from bot.features import Contents
from handlers import (
    bodies,
    commitments,
    contacts,
    courtesy,
    documents,
    elsewhere,
    language,
    menu,
    moving,
    questions,
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
        bodies.committees,
        contacts.contact,
        language.language,
        service.privacy,
        menu.menu,
        menu.explain,
        service.stop,
        questions.useful,
        questions.unknown,
        moving.moving,
        elsewhere.elsewhere,
        courtesy.smalltalk,
        courtesy.unasked,
    )
)
