"""The table of contents: one line a feature, in the order of the menu."""

from __future__ import annotations

from bot.features import Contents
from handlers import (
    bodies,
    commitments,
    contacts,
    courtesy,
    documents,
    language,
    menu,
    news,
    preview,
    questions,
    service,
    start,
    subscriptions,
    topics,
)

CONTENTS = Contents(
    (
        start.start,
        questions.ask,
        topics.topics,
        news.latest,
        subscriptions.subscribe,
        commitments.commitments,
        documents.documents,
        bodies.committees,
        contacts.contact,
        language.language,
        service.privacy,
        menu.menu,
        menu.explain,
        subscriptions.stop,
        subscriptions.quiet_hours,
        news.search,
        preview.preview,
        questions.useful,
        questions.unknown,
        courtesy.smalltalk,
        courtesy.unasked,
    )
)
