"""Tells people what they did not just ask for: in their language, through their channel, in the transaction of its caller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.buttons import OUTSIDE, Signer
from bot.dialogue import Talk
from bot.messages import Button, Outgoing, show
from bot.phrases import Text, Voice
from civic.people import Person
from handlers.turn import HOUSE_LANGUAGE
from storage import lines, outbox, people


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What telling needs of the world; `keeping` are the channels whose conversation is kept in our own tables."""

    voices: Mapping[str, Voice]
    signer: Signer
    keeping: frozenset[str]


def post_of(talk: Talk) -> Post:
    """What a dialogue needs to tell somebody else, after its last question."""
    scene = talk.scene
    return Post(voices={voice.language: voice for voice in scene.voice.others}, signer=scene.signer, keeping=scene.keeping)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told, the voice that speaks to them, and buttons that only they can press."""

    person: Person
    voice: Voice
    signer: Signer

    @property
    def language(self) -> str:
        return self.voice.language

    def button(self, label: Text, feature: str, argument: str = "") -> Button:
        """A button that starts a feature; it stays good for ever."""
        owner = people.full_address(self.person.channel, self.person.address)
        return Button(label, self.signer.make(owner, OUTSIDE, feature, argument))


def tell(
    db: sa.Connection,
    post: Post,
    person_id: int | None,
    word: Callable[[Recipient], Outgoing],
    at: dt.datetime,
    *,
    language: str = "",
    lane: outbox.Lane = outbox.Lane.NOTICE,
    expires_at: dt.datetime | None = None,
) -> bool:
    """Put a notice on its way; False for somebody who has left or is not known any more.

    Who wants no messages is told too: this is for what concerns a person's own case. `language` speaks to someone whose own is not known.
    On a channel whose window is closed it waits for the person's next message, until `expires_at`.
    """
    person = people.find(db, person_id) if person_id is not None else None
    if person is None or person.is_left:
        return False
    voice = post.voices.get(person.language or language) or post.voices[HOUSE_LANGUAGE]
    shown = show(word(Recipient(person, voice, post.signer)), voice)
    if person.channel in post.keeping:
        lines.add(db, person.id, "bot", lines.Said(shown), at)
    else:
        outbox.put(db, person.id, person.channel, person.address, shown, lane, at, expires_at=expires_at)
    return True
