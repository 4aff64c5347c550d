"""One turn: a message comes in, and in one savepoint the talk goes on, is saved, and its replies are put on their way."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import msgspec
import sqlalchemy as sa

from bot.buttons import Signer
from bot.conversation import Conversation, load
from bot.features import Contents
from bot.layout import fit
from bot.messages import ButtonKind, Incoming, Outgoing, Shown, show
from bot.phrases import Voice
from bot.routing import Heard, Unclear, route
from channels.contract import Channel
from civic.people import Person
from civic.terms import Terms
from handlers import away
from handlers.play import Play
from storage import conversations, inbox, lines, moving, outbox, people, presence
from storage.ledger import savepoint

HOUSE_LANGUAGE = "ar"  # for someone whose language nothing tells
_SPOKEN = {"ar": "ar", "ary": "ar", "ary-Latn": "ar", "fr": "fr", "en": "en", "zgh": "zgh"}
_HINTED = {"ar": "ar", "fr": "fr", "en": "en", "zgh": "zgh", "ber": "zgh", "tzm": "zgh", "shi": "zgh"}


_CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another when read aloud or copied
_CODE_LENGTH = 8


def random_code() -> str:
    """A code that people read to each other: 39 bits."""
    return "".join(secrets.choice(_CODE_SIGNS) for _ in range(_CODE_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every turn needs of the world; made once in service/wiring.py."""

    contents: Contents
    voices: Mapping[str, Voice]
    signer: Signer
    channels: Mapping[str, Channel]
    node: str
    new_id: Callable[[], str]
    new_code: Callable[[], str] = random_code
    terms: Terms = field(default_factory=Terms)
    places: dict[str, str] = field(default_factory=dict)  # where Hiwar can be met, by channel; a deep link's payload is put behind


@dataclass(frozen=True, slots=True)
class Answered:
    """What a turn did: letters to send at once, or the answer to the webhook; a repeated event does nothing again."""

    person_id: int | None
    letters: tuple[outbox.Letter, ...] = ()
    instant: str | None = None
    repeated: bool = False
    shown: tuple[Shown, ...] = field(default=())
    speaks: str = ""  # the language the person has just chosen


def receive(db: sa.Connection, house: House, incoming: Incoming, heard: Heard, at: dt.datetime, *, by_webhook: bool = False) -> Answered:
    """Do what one message asks for.

    Raises conversations.Overtaken or inbox.SeenBefore when another process was faster, and routing.Unclear when the
    message has to be understood first.
    """
    arrival = people.arrive(db, incoming.channel, incoming.address, incoming.event)
    if arrival.seen:
        return Answered(arrival.person.id if arrival.person else None, instant=arrival.reply, repeated=True)
    person = arrival.person or people.meet(db, incoming.channel, incoming.address, at)
    if incoming.left or incoming.returned:
        (people.leave(db, person.id, at) if incoming.left else people.come_back(db, person.id))
        inbox.receive(db, incoming.channel, incoming.event, at, None)
        return Answered(person.id)
    if person.is_left:
        people.come_back(db, person.id)
    conversation = load(arrival.state) if arrival.state else Conversation()
    if (conversation.elsewhere or (arrival.person and not arrival.state)) and moving.gather(db, person.id, at):
        arrival = people.arrive(db, incoming.channel, incoming.address, incoming.event)  # what was on the other channel is here now
        conversation = load(arrival.state) if arrival.state else Conversation()
    owner = people.full_address(incoming.channel, incoming.address)
    try:
        play = Play(
            db=db,
            conversation=conversation,
            contents=house.contents,
            person=person,
            voice=house.voices[_language(person, incoming, heard, conversation)],
            incoming=incoming,
            heard=heard,
            now=at,
            signer=house.signer,
            owner=owner,
            new_id=house.new_id,
            new_code=house.new_code,
            places=house.places,
            keeping=frozenset(name for name, channel in house.channels.items() if channel.capabilities.keeps),
            waits=house.channels[incoming.channel].capabilities.window is not None,
            attempt=lambda: savepoint(db),
            terms=house.terms,
        )
        outgoing = play.move(route(incoming, heard, conversation, house.contents, house.signer, owner))
    except Unclear:
        raise Unclear(person.language if person.chose_language else "", conversation.entry) from None
    if play.language != person.language and not person.chose_language and not play.language_chosen:
        people.set_language(db, person.id, play.language, chosen=False)
    if outgoing:
        conversation.offered = _offered(outgoing)
    shown = tuple(show(message, house.voices[play.language]) for message in outgoing)
    if house.channels[incoming.channel].capabilities.window is not None:
        presence.heard(db, person.id, min(incoming.at, at))
        shown = (*away.shown(outbox.take_kept(db, person.id, at), house.voices[play.language], is_stopped=person.is_stopped), *shown)
    conversations.save(db, person.id, conversation, arrival.version, at)
    answered = _put(db, house, person, incoming, shown, at, by_webhook)
    return replace(answered, speaks=play.language) if play.language_chosen else answered


def refuse(db: sa.Connection, house: House, incoming: Incoming, apology: Outgoing, error: str, at: dt.datetime) -> Answered:
    """What is done with a message that made the program fail: it is kept for the operator, and the person is told."""
    person = people.find_by_address(db, incoming.channel, incoming.address) or people.meet(db, incoming.channel, incoming.address, at)
    if inbox.is_received(db, incoming.channel, incoming.event):
        return Answered(person.id, repeated=True)
    inbox.bury(db, incoming.channel, incoming.event, at, msgspec.json.encode(incoming).decode(), error)
    shown = (show(apology, house.voices[_known_language(person, incoming)]),)
    return _put(db, house, person, incoming, shown, at, by_webhook=False)


def _put(
    db: sa.Connection, house: House, person: Person, incoming: Incoming, shown: tuple[Shown, ...], at: dt.datetime, by_webhook: bool
) -> Answered:
    """Put replies on their way: into our own chat's lines, into the webhook's answer where one fits, else into the outbox."""
    channel = house.channels[incoming.channel]
    if channel.capabilities.keeps:
        if not incoming.opened:
            lines.add(db, person.id, "you", _said(db, house, person, incoming), at, incoming.event)
        for message in shown:
            lines.add(db, person.id, "bot", lines.Said(message), at)
        inbox.receive(db, incoming.channel, incoming.event, at, None)
        return Answered(person.id, shown=shown)
    instant = None
    if by_webhook and len(shown) == 1 and channel.capabilities.instant:
        parts = fit(shown[0], channel.limits)
        if len(parts) == 1 and (body := channel.instant(incoming.address, parts[0])) is not None:
            instant = body.decode()
    letters: tuple[outbox.Letter, ...] = ()
    if instant is None:
        letters = tuple(
            outbox.put(db, person.id, incoming.channel, incoming.address, message, outbox.Lane.REPLY, at, claimed_by=house.node)
            for message in shown
        )
    inbox.receive(db, incoming.channel, incoming.event, at, instant)
    return Answered(person.id, letters, instant, shown=shown)


def _said(db: sa.Connection, house: House, person: Person, incoming: Incoming) -> lines.Said:
    """The citizen's own line; a press shows as the label of its button, a command as what it does."""
    text = incoming.text
    command = house.contents.by_command.get(text[1:]) if text.startswith("/") else None
    if command is not None and command.summary is not None:
        text = house.voices[person.language or HOUSE_LANGUAGE].say(command.summary)
    if incoming.pressed:
        recent = reversed(lines.after(db, person.id, 0, most=40))
        labels = (button.label for line in recent for button in line.said.shown.buttons if button.data == incoming.pressed)
        text = next(labels, "")
    return lines.Said(Shown(text, files=incoming.files), incoming.place)


def _offered(outgoing: list[Outgoing]) -> list[str]:
    """What a typed number presses: the buttons of the last message, where they are choices."""
    if not outgoing or not outgoing[-1].numbered:
        return []
    return [button.data for button in outgoing[-1].buttons if button.kind is ButtonKind.REPLY]


def _known_language(person: Person, incoming: Incoming) -> str:
    return person.language or _HINTED.get(incoming.language[:3].rstrip("-_")) or HOUSE_LANGUAGE


def _language(person: Person, incoming: Incoming, heard: Heard, conversation: Conversation) -> str:
    """The language to answer in: the one chosen; else the one understood, known from before, or hinted at by the client.

    In the middle of a talk the language does not change by itself: an answer may well be in another one.
    """
    if person.chose_language:
        return person.language
    known = _known_language(person, incoming)
    if not incoming.text or incoming.text.startswith("/") or heard.word or (conversation.talks and person.language):
        return known
    return _SPOKEN.get(heard.meaning().language) or known
