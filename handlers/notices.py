"""What citizens are told of decisions about proposals: once, in their language, and not before a decision can no longer be undone.

The author and whoever showed the claim code are told first and always, for it is their own case; then, in slices, those who support or
follow the proposal and have not asked to be left alone. Each slice notes in its own transaction how far it came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

import sqlalchemy as sa

from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Text, _, _n
from civic.bodies import Body
from civic.knowledge import language_of
from civic.proposals import PUBLIC, Act, Proposal, State, reference
from handlers.language import LANGUAGE_NAMES
from handlers.proposal_words import OUTCOME_NAMES, REASON_TEXTS
from handlers.telling import Post, Recipient, tell
from storage import answers, backing, decisions, hooks, people, proposals, records
from storage.decisions import Decision
from storage.outbox import Lane

MOST_TOLD = 100  # people told in one piece of the ledger's work
MOST_NAMED = 10  # proposals named in one notice
CASE, OWN_CASE, REPLY = "proposal", "proposals", "reply"  # features: as everyone reads one, as its author does, answer a question about it
_TO_ALL = frozenset({Act.PUBLISH, Act.MERGE, Act.ANSWER})

Word = Callable[[Recipient], Outgoing]


def tell_some(db: sa.Connection, post: Post, at: dt.datetime, most: int = MOST_TOLD) -> bool:
    """Tell up to about `most` people of decisions that can no longer be undone; whether there may be more to tell.

    Exactly once, whenever the program dies: who is told and that they were told is one transaction.
    """
    count = 0
    while count < most:
        decision = decisions.due(db, at)
        if decision is None:
            return False
        count += 1 + _tell(db, post, decision, at, most - count)
    return True


def _tell(db: sa.Connection, post: Post, decision: Decision, at: dt.datetime, most: int) -> int:
    """Tell of one decision, or of those taken together about one author's proposals; how many people."""
    if decision.act is Act.NOTE:
        decisions.all_told(db, [decision.id], at)
        return 0
    proposal = proposals.get(db, decision.number)
    was_public = decision.before is not None and State(decision.before.state) in PUBLIC
    first = decision.told_to == 0
    count = 0
    if first:
        hooks.announce(db, "proposal.decided", proposal.number, proposal.state, at)
        if decision.act is Act.REJECT and not was_public and len(group := _rejected_together(db, decision)) > 1:
            return _tell_together(db, post, proposal, group, at)
        if decision.act is Act.MERGE:
            backing.hand_over(db, proposal.number, decision.details.target, at)
            if proposal.author is not None:
                backing.follow(db, decision.details.target, proposal.author, at)
        for person_id in _own(db, proposal):
            count += tell(db, post, person_id, partial(notice, db, proposal, decision, is_own=True), at, language=proposal.language)
    if decision.act not in _TO_ALL and not (decision.act is Act.REJECT and was_public):
        decisions.all_told(db, [decision.id], at)
        return count
    listening = backing.listeners(db, proposal.number, decision.told_to, max(1, most - count))
    own = _own(db, proposal)
    for person_id in listening:
        person = people.find(db, person_id)
        if person is None or person.is_stopped or person_id in own:
            continue
        count += tell(db, post, person_id, partial(notice, db, proposal, decision, is_own=False), at, lane=Lane.BULK)
    if listening and backing.listeners(db, proposal.number, listening[-1], 1):
        decisions.told(db, decision.id, listening[-1])
    else:
        decisions.all_told(db, [decision.id], at)
    return count


def _own(db: sa.Connection, proposal: Proposal) -> tuple[int, ...]:
    """Whose own case it is, each once."""
    holders = backing.holders(db, proposal.number)
    return tuple(dict.fromkeys((proposal.author, *holders) if proposal.author is not None else holders))


def _rejected_together(db: sa.Connection, decision: Decision) -> list[Decision]:
    """Decisions of one bulk about one author's proposals that nobody else has to hear of."""
    return [
        each
        for each in decisions.alike(db, decision)
        if each.before is not None and State(each.before.state) not in PUBLIC and not backing.holders(db, each.number)
    ]


def _tell_together(db: sa.Connection, post: Post, proposal: Proposal, group: Sequence[Decision], at: dt.datetime) -> int:
    """One notice instead of hundreds for somebody who sent hundreds."""
    told = tell(db, post, proposal.author, partial(together, group), at, language=proposal.language)
    for decision in group[1:]:  # the first was announced by the caller
        hooks.announce(db, "proposal.decided", decision.number, State.REJECTED, at)
    decisions.all_told(db, [decision.id for decision in group], at)
    return int(told)


def together(group: Sequence[Decision], reader: Recipient) -> Outgoing:
    """Several proposals of one author were rejected for one reason."""
    numbers = ", ".join(reference(decision.number) for decision in group[:MOST_NAMED])
    rest = len(group) - MOST_NAMED
    parts: list[Text] = [
        _n(
            "{n} proposal of yours is not published: {numbers}",
            "{n} proposals of yours are not published: {numbers}",
            len(group),
            numbers=numbers,
        )
    ]
    if rest > 0:
        parts.append(_n("and {n} more.", "and {n} more.", rest))
    parts += [REASON_TEXTS[group[0].details.reason], group[0].details.message.strip(), _appeal()]
    return Outgoing(Paragraphs(tuple(parts)), (reader.button(_("See them"), OWN_CASE),))


def notice(db: sa.Connection, proposal: Proposal, decision: Decision, reader: Recipient, *, is_own: bool) -> Outgoing:
    """A decision in words, with the way to the proposal."""
    parts = _parts(db, proposal, decision, reader.language, is_own)
    buttons = []
    if decision.act is Act.ASK:
        buttons.append(reader.button(_("Answer"), REPLY, str(proposal.number)))
    elif is_own or proposal.is_public:
        buttons.append(reader.button(_("See it"), OWN_CASE if is_own else CASE, str(proposal.number)))
    if decision.act is Act.MERGE:
        buttons.append(_other(db, decision, reader))
    note: Text = "" if is_own else _("You are told because you support or follow this proposal.")
    return Outgoing(Paragraphs(tuple(parts)), tuple(buttons), note=note, human=decision.act is Act.ASK)


def _parts(db: sa.Connection, proposal: Proposal, decision: Decision, language: str, is_own: bool) -> list[Text]:
    public_title = decision.before.public_title if decision.before is not None and not is_own else None
    named = {"number": proposal.reference, "title": public_title or proposal.title}
    details = decision.details
    match decision.act:
        case Act.PUBLISH:
            parts: list[Text] = [_("{number} is published: {title}. Everyone can read it and support it.", **named)]
            if is_own and (details.title or details.text):
                parts.append(
                    _("A moderator covered personal data or changed some words before publishing it. Please read it as it is now.")
                )
            if is_own and proposal.promised is not None:
                parts.append(_("An official answer is promised by {day}.", day=proposal.promised))
            return parts
        case Act.ASK:
            return [
                _("A moderator has a question about {number}, {title}:", **named),
                details.message.strip(),
                _("Your proposal waits until you have answered."),
            ]
        case Act.REJECT:
            return _rejected(decision, named, is_own)
        case Act.MERGE:
            other = proposals.get(db, details.target)
            return [
                _(
                    "{number}, {title}, says the same as {other}. The two were joined: "
                    "who supported or followed it does so with {other} from now on.",
                    **named,
                    other=other.reference,
                )
            ]
        case Act.FORWARD:
            body = records.find(db, Body, details.body)
            name = body.name[language_of(body.name, language)] if body is not None else details.body
            return [_("{number}, {title}, was passed on to those whom it concerns: {body}.", **named, body=name)]
        case Act.ANSWER:
            return _answered(db, proposal, named, language)
        case Act.DELAY:
            return [
                _(
                    "The answer to {number}, {title}, takes longer than promised. It is now promised by {day}.",
                    **named,
                    day=details.promised,
                ),
                _("The reason: {reason}", reason=details.message.strip()),
            ]
    raise AssertionError(f"nobody is told of {decision.act}")


def _rejected(decision: Decision, named: dict[str, str], is_own: bool) -> list[Text]:
    was_public = decision.before is not None and State(decision.before.state) in PUBLIC
    opening = _("{number}, {title}, is no longer published.", **named) if was_public else _("{number}, {title}, is not published.", **named)
    reason: Text = REASON_TEXTS[decision.details.reason]
    if not is_own:
        return [opening]
    return [opening, reason, decision.details.message.strip(), _appeal()]


def _appeal() -> Text:
    return _("You may correct it and send it again. If you do not agree, you may ask once that another moderator looks at it.")


def _answered(db: sa.Connection, proposal: Proposal, named: dict[str, str], language: str) -> list[Text]:
    answer = answers.find(db, proposal.number)
    if answer is None:
        raise AssertionError(f"{proposal.reference} is answered without an answer")
    written = answer.language_for(language)
    parts: list[Text] = [_("There is an official answer to {number}, {title}: {outcome}.", **named, outcome=OUTCOME_NAMES[answer.outcome])]
    if written != language:
        parts.append(_("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[written]))
    parts.append(answer.words[written])
    parts.append(_("Who answers: {who}", who=answer.who))
    if answer.by_when is not None:
        parts.append(_("To be done by {day}.", day=answer.by_when))
    return parts


def _other(db: sa.Connection, decision: Decision, reader: Recipient) -> Button:
    other = proposals.get(db, decision.details.target)
    return reader.button(_("See {number}", number=other.reference), CASE, str(other.number))
