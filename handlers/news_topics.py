"""The topics of news in words: what a person subscribes to, and what an item belongs to."""

from __future__ import annotations

import sqlalchemy as sa

from bot.phrases import Phrase, Text, _
from civic.commitments import Commitment
from civic.knowledge import language_of
from civic.regions import REGIONS
from civic.subscriptions import COMMITMENT, GENERAL, REGION, is_topic
from storage import records

# Translators: topics of news, also on buttons; at most 40 characters each.
GENERAL_NAMES: dict[str, Phrase] = {
    "initiatives": _("Initiatives and national activities"),
    "meetings": _("Planned meetings and how to join"),
    "committees": _("Committee meetings and their reports"),
    "calls": _("Calls for candidates and consultations"),
    "trainings": _("Trainings and events"),
    "partners": _("International partners’ initiatives"),
}


def region_name(region: str, language: str) -> str:
    """A region's name in a language."""
    names = REGIONS[region]
    return names.get(language) or names["ar"]


def topic_name(db: sa.Connection, topic: str, language: str) -> Text:
    """A topic in words; its id where what it was about is not there any more."""
    if topic in GENERAL_NAMES:
        return GENERAL_NAMES[topic]
    if topic.startswith(REGION) and topic.removeprefix(REGION) in REGIONS:
        return _("Region: {region}", region=region_name(topic.removeprefix(REGION), language))
    commitment = records.find(db, Commitment, topic.removeprefix(COMMITMENT)) if topic.startswith(COMMITMENT) else None
    if commitment is not None:
        return _("Commitment: {title}", title=commitment.title.get(language_of(commitment.title, language), topic))
    return topic


def is_known(db: sa.Connection, topic: str) -> bool:
    """Whether somebody may subscribe to this."""
    if topic.startswith(COMMITMENT):
        return records.find(db, Commitment, topic.removeprefix(COMMITMENT)) is not None
    return is_topic(topic)


def all_topics(db: sa.Connection) -> tuple[str, ...]:
    """Every topic there is: the general ones, regions, commitments."""
    commitments = (COMMITMENT + commitment.id for commitment in records.of_kind(db, Commitment))
    return (*GENERAL, *(REGION + region for region in REGIONS), *commitments)
