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
    my_proposals,
    propose,
    published,
    questions,
    service,
    start,
    topics,
)

CONTENTS = Contents(
    (
        start.start,
        questions.ask,
        propose.propose,
        published.browse,
        topics.topics,
        commitments.commitments,
        documents.documents,
        bodies.committees,
        contacts.contact,
        my_proposals.mine,
        my_proposals.claim,
        my_proposals.reply,
        my_proposals.correct,
        my_proposals.appeal,
        my_proposals.withdraw,
        published.search,
        published.proposal,
        published.support,
        published.follow,
        language.language,
        service.privacy,
        menu.menu,
        menu.explain,
        service.stop,
        questions.useful,
        questions.unknown,
        courtesy.smalltalk,
        courtesy.unasked,
    )
)
