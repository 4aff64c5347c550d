"""Go on in another channel: a short code carries a conversation there with all that belongs to it, or makes two channels one person's."""

from __future__ import annotations

from bot.answers import folded
from bot.conversation import TalkState
from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.moving import DIGITS, LASTS, UNDO, may_try, may_undo
from civic.people import Person
from handlers.places import PLACES, link_to, name_of
from handlers.telling import Recipient, post_of, tell
from storage import moving as store
from storage import people

WISHES = {
    "carry": _("Move there"),
    "join": _("Use both as one"),
    "enter": _("I have a code"),
}


@feature(
    "moving",
    command="move",
    summary=_("Go on in another app"),
    is_linkable=True,
    link="move",
)
def moving(talk: Talk) -> Outgoing:
    """Make a code, enter one, or take back what a code did."""
    if talk.argument.startswith("undo-"):
        return _taken_back(talk, talk.argument.removeprefix("undo-"))
    code = _digits(talk.argument)
    if not code:
        wish = talk.choice(
            "wish",
            _(
                "You can go on somewhere else. “Move there” carries what you have begun, your questions and all that is yours; "
                "“Use both as one” shares it, and I write to you where you wrote last. For this I give you a code."
            ),
            WISHES,
        )
        if wish != "enter":
            return _issued(talk, wish)
        code = _digits(talk.words("code", _("Please write the code of {n} digits that I gave you there.", n=DIGITS), longest=40))
        if not code:
            talk.again("code", _("A code has {n} digits.", n=DIGITS))
    return _entered(talk, code)


def _issued(talk: Talk, wish: str) -> Outgoing:
    """A new code, and the links that carry it."""
    if wish == "join" and store.is_joined(talk.db, talk.person.id):
        return _joined_already(talk)
    code = _code(talk, wish)
    there = {channel: base for channel, base in talk.scene.places.items() if channel in PLACES and channel != talk.channel}
    links = [link_to(channel, base, f"move-{code}") for channel, base in there.items()]
    minutes = int(LASTS.total_seconds() // 60)
    return talk.end(
        Paragraphs(
            (
                _("Your code: {code}", code=f"{code[:4]} {code[4:]}"),
                _("Open Hiwar there and write: {words}", words=f"/move {code}"),
                _("Give the code to nobody: whoever has it gets your conversation. It is good for {n} minutes.", n=minutes),
            )
        ),
        buttons=links,
    )


def _code(talk: Talk, wish: str) -> str:
    """A code nobody can guess: worked out with the key from who asks and when, for a dialogue may not throw dice."""
    for turn in range(100):
        drawn = talk.scene.signer.digest(f"code {talk.person.id} {talk.now.isoformat()} {turn}")
        code = f"{int(drawn, 16) % 10**DIGITS:0{DIGITS}}"
        if store.issue(talk.db, talk.person.id, _digest(talk, code), wish, talk.now):
            return code
    raise RuntimeError("a hundred codes in a row were taken")


def _entered(talk: Talk, code: str) -> Outgoing:
    """Ask for consent in the language of who comes, and do it."""
    if not may_try(*store.attempts(talk.db, talk.person.id, talk.now)):
        return talk.end(_("Those were too many wrong codes. Please wait a quarter of an hour and ask for a new one."))
    digest = _digest(talk, code)
    found = store.find(talk.db, digest, talk.now)
    source = people.find(talk.db, found.person_id) if found is not None else None
    if found is None or source is None:
        store.note_attempt(talk.db, talk.person.id, talk.now)
        return talk.end(_("This code is not right, or it is too old."), buttons=[talk.button(_("Try again"), "moving")])
    if source.id == talk.person.id:
        return talk.end(_("This code was made here. Enter it where you want to go on."))
    if found.wish == "join" and (store.is_joined(talk.db, talk.person.id) or store.is_joined(talk.db, source.id)):
        return _joined_already(talk)
    language = talk.language if talk.person.chose_language or not source.language else source.language
    say = post_of(talk).voices[language].say
    wish = talk.choice(
        "consent", Paragraphs(tuple(say(part) for part in _asked(talk, source, found.wish))), {"yes": say(_("Yes")), "no": say(_("No"))}
    )
    if wish == "no":
        return talk.end(_("Nothing was moved."))
    return _done(talk, source, digest, found.wish, language)


def _asked(talk: Talk, source: Person, wish: str) -> tuple[Text, ...]:
    there = name_of(source.channel)
    if wish == "carry":
        what = _(
            "Shall I bring your conversation from there ({place}) to here? Drafts, questions and all that is yours come along.", place=there
        )
    else:
        what = _(
            "Shall I treat you here and there ({place}) as one person? Drafts, questions and all that is yours are then in both.",
            place=there,
        )
    careful = _("Say yes only if you asked for this code yourself, a few minutes ago.")  # somebody may have sent them a link with theirs
    if talk.channel in talk.scene.keeping:
        return (what, careful)
    return (what, careful, _("This messaging service carries your messages through servers abroad. The web chat does not."))


def _done(talk: Talk, source: Person, digest: str, wish: str, language: str) -> Outgoing:
    move, brought = store.make(talk.db, digest, source.id, talk.person.id, wish, talk.now)
    if language != talk.language:
        people.set_language(talk.db, talk.person.id, language, chosen=source.chose_language)
        talk.speaks = language
    tell(talk.db, post_of(talk), source.id, lambda reader: _farewell(talk, move, reader), talk.now)
    talk.then = lambda talks: _add(talk, talks, brought)
    done = (
        _("Done: everything is here now.")
        if wish == "carry"
        else _("Done: here and there is one now. I write to you where you wrote last.")
    )
    undo = _("Bring it back") if wish == "carry" else _("Part them again")
    return talk.end(done, buttons=[talk.button(undo, "moving", f"undo-{move.id}")])


def _farewell(talk: Talk, move: store.Move, reader: Recipient) -> Outgoing:
    """What the channel left behind reads; whoever lost it by a stolen code gets it back there."""
    place = name_of(talk.channel)
    if move.wish == "carry":
        text = _("Your conversation was moved from here to {place}. If that was not you, bring it back.", place=place)
        return Outgoing(text, (reader.button(_("Bring it back"), "moving", f"undo-{move.id}"),), numbered=False)
    text = _("What you do here is now one with {place}. If that was not you, part them again.", place=place)
    return Outgoing(text, (reader.button(_("Part them again"), "moving", f"undo-{move.id}"),), numbered=False)


def _taken_back(talk: Talk, number: str) -> Outgoing:
    """Undo a move of one's own, from either side."""
    move = store.move_of(talk.db, talk.person.id, int(number)) if number.isdecimal() and len(number) < 18 else None
    if move is None or not may_undo(move.wish, move.at, talk.now):
        return talk.end(_("There is nothing to bring back: it was done already, or more than {n} days ago.", n=UNDO.days))
    here = talk.person.id
    other = move.source_id if here == move.target_id else move.target_id
    brought, leaving = store.undo(talk.db, move, here, talk.now)

    def part(talks: list[TalkState]) -> None:
        store.put_aside(talk.db, other, [each for each in talks if each.id in leaving], talk.now)
        talks[:] = [each for each in talks if each.id not in leaving]
        _add(talk, talks, brought)

    talk.then = part
    if move.wish == "join":
        return talk.end(_("Done: they are two again. What was there before is there, what is new is here."))
    if here == move.source_id:
        return talk.end(_("Done: it is back here."))
    tell(talk.db, post_of(talk), other, lambda reader: Outgoing(_("Your conversation is back here.")), talk.now)
    return talk.end(_("Done: it is back where it was."))


def _add(talk: Talk, talks: list[TalkState], brought: list[TalkState]) -> None:
    """Go on with the talks that came; one of the same feature that was open here becomes a draft."""
    coming = {each.feature for each in brought}
    store.put_aside(talk.db, talk.person.id, [each for each in talks if each.feature in coming], talk.now)
    talks[:] = [each for each in talks if each.feature not in coming]
    talks.extend(each for each in brought if each.feature != "moving")


def _joined_already(talk: Talk) -> Outgoing:
    move = store.move_of(talk.db, talk.person.id)
    buttons: list[Button] = []
    if move is not None and move.wish == "join":
        buttons = [talk.button(_("Part them again"), "moving", f"undo-{move.id}")]
    return talk.end(_("One of the two is joined with another already. Part those first."), buttons=buttons)


def _digits(text: str) -> str:
    """A code as typed, in whatever digits and groups; "" for what is none."""
    typed = "".join(sign for sign in folded(text) if sign.isascii() and sign.isalnum())
    return typed if typed.isdecimal() and len(typed) == DIGITS else ""


def _digest(talk: Talk, code: str) -> str:
    return talk.scene.signer.digest(f"moving {code}")
