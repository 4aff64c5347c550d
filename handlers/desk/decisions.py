"""Decide about proposals: one way for the desk and for programs, with the same rules, locks, second persons and audit.

A decision takes effect at once and is told when it can no longer be undone (handlers/notices.py), so undoing leaves no trace with citizens.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import sqlalchemy as sa

from civic.bodies import Body
from civic.decisions import Decider, Details, House, Standing, check_details
from civic.errors import Refusal
from civic.proposals import NEEDS_SECOND, PUBLIC, Act, Proposal, State, check_act, check_second, leads_to, needs_second, reference
from storage import answers, audit, decisions, proposals, records, steps
from storage.answers import Answer
from storage.decisions import Decision
from storage.proposals import Changed

_KINDS = {  # the step that a decision leaves in the timeline
    Act.PUBLISH: "published",
    Act.ASK: "asked",
    Act.REJECT: "rejected",
    Act.MERGE: "merged",
    Act.FORWARD: "forwarded",
    Act.ANSWER: "answered",
    Act.DELAY: "delayed",
    Act.NOTE: "note",
}
_PERSON = re.compile(r"staff:(\d+)")
BULK_WAITS = dt.timedelta(minutes=10)  # a bulk is told when its last slice is done, or after this when the program died in it


def decide(
    db: sa.Connection,
    house: House,
    number: int,
    act: Act,
    details: Details,
    by: Decider,
    at: dt.datetime,
    *,
    version: int | None = None,
    bulk: str = "",
) -> Decision:
    """Decide about a proposal, or propose to a second person to decide so.

    Raises Refusal (unknown, own, not_now, held, same_moderator, pending, or what is wrong with the details), and Changed when it is not
    the `version` that the decider saw.
    """
    proposal = _found(db, number, version)
    check_act(_seen_by_team(proposal, house), act, by, at)
    if act is not Act.NOTE:
        _check_pending(db, proposal, by, at)
    check_details(act, details, proposal, at.date())
    _check_targets(db, act, details)
    if needs_second(act, team_of_one=house.team_of_one):
        audit.note(db, at, by.actor, f"{_action(act)}_proposed", proposal.reference, _summary(details, bulk))
        steps.note(db, number, at, "proposed", by.actor, act.value)
        proposals.let_go(db, number, by.id)
        seen = decisions.snapshot(db, proposal)
        return decisions.add(db, number, act, Standing.PROPOSED, by.actor, details, at, before=seen, bulk=bulk)
    before = _apply(db, proposal, act, details, by, at)
    alone = "team of one: no second person" if act in NEEDS_SECOND else ""
    audit.note(db, at, by.actor, _action(act), proposal.reference, " · ".join(filter(None, (_summary(details, bulk), alone))))
    tell_at = at + (BULK_WAITS if bulk else house.undo)
    return decisions.add(db, number, act, Standing.DONE, by.actor, details, at, before=before, bulk=bulk, tell_at=tell_at)


def confirm(db: sa.Connection, house: House, decision_id: int, by: Decider, at: dt.datetime, *, in_bulk: bool = False) -> Decision:
    """Let a proposed decision count. Raises Refusal (unknown, settled, own, not_now, changed_since, same_person, same_moderator, held)."""
    decision = _proposed(db, decision_id)
    proposal = proposals.get(db, decision.number)
    if _is_stale(decision, proposal):
        raise Refusal("changed_since")
    first = member_of(decision.by)
    check_second(proposal, decision.act, first, by, team_of_one=house.team_of_one)
    if proposal.is_held(at) and proposal.held_by not in (by.id, first):
        raise Refusal("held", until=proposal.held_until)
    check_details(decision.act, decision.details, proposal, at.date())
    before = _apply(db, proposal, decision.act, decision.details, replace(by, id=first, actor=decision.by), at)
    tell_at = at + (BULK_WAITS if in_bulk else house.undo)
    if not decisions.finish(db, decision, Standing.DONE, second=by.actor, at=at, before=before, tell_at=tell_at):
        raise Changed(f"decision {decision_id} was settled meanwhile")
    alone = "team of one: the same person" if first == by.id else f"proposed by {decision.by}"
    audit.note(db, at, by.actor, f"{_action(decision.act)}_confirmed", proposal.reference, alone)
    return decisions.get(db, decision_id)


def decline(db: sa.Connection, decision_id: int, reason: str, by: Decider, at: dt.datetime) -> Decision:
    """Refuse a proposed decision, which leaves the proposal as it was. Raises Refusal (unknown, settled, own, same_person, reason)."""
    decision = _proposed(db, decision_id)
    if proposals.get(db, decision.number).author in by.own:
        raise Refusal("own")
    if member_of(decision.by) == by.id:
        raise Refusal("same_person")
    if not reason.strip():
        raise Refusal("reason_missing", "reason")
    if not decisions.finish(db, decision, Standing.DECLINED, second=by.actor, at=at):
        raise Changed(f"decision {decision_id} was settled meanwhile")
    steps.note(db, decision.number, at, "declined", by.actor, reason.strip())
    audit.note(db, at, by.actor, f"{_action(decision.act)}_declined", reference(decision.number), reason.strip())
    return decisions.get(db, decision_id)


def undo(db: sa.Connection, decision_id: int, by: Decider, at: dt.datetime) -> Decision:
    """Take back a decision before anybody hears of it. Raises Refusal (unknown, not_yours, undone, too_late, changed_since)."""
    decision = decisions.find(db, decision_id)
    if decision is None:
        raise Refusal("unknown")
    if by.actor not in (decision.by, decision.second):
        raise Refusal("not_yours")
    if decision.standing is Standing.PROPOSED:
        if by.actor != decision.by or not decisions.finish(db, decision, Standing.UNDONE):
            raise Refusal("undone")
        steps.note(db, decision.number, at, "undone", by.actor, decision.act.value)
        audit.note(db, at, by.actor, f"{_action(decision.act)}_undone", reference(decision.number))
        return decisions.get(db, decision_id)
    if decision.standing is not Standing.DONE or decision.before is None:
        raise Refusal("undone")
    proposal = proposals.get(db, decision.number)
    is_note = decision.act is Act.NOTE
    if not is_note and (proposal.changed_at != decision.done_at or not decisions.is_latest(db, decision)):
        raise Refusal("too_late" if decision.told_at or decision.told_to else "changed_since")
    if not decisions.undo(db, decision, at):
        raise Refusal("too_late")
    if not is_note:
        decisions.restore(db, proposal, decision.before)
    steps.retract(db, decision.before.step)
    steps.note(db, decision.number, at, "undone", by.actor, decision.act.value)
    audit.note(db, at, by.actor, f"{_action(decision.act)}_undone", reference(decision.number))
    return decisions.get(db, decision_id)


def member_of(actor: str) -> int:
    """The number by which the rules know an actor: "staff:3" and its program "api:2 of staff:3" are 3, the program "api:2" alone is -2."""
    person = _PERSON.search(actor)
    return int(person[1]) if person else -int(actor.partition(":")[2])


def _found(db: sa.Connection, number: int, version: int | None) -> Proposal:
    proposal = proposals.find(db, number)
    if proposal is None:
        raise Refusal("unknown")
    if version is not None and proposal.version != version:
        raise Changed(f"{proposal.reference} was changed meanwhile")
    return proposal


def _proposed(db: sa.Connection, decision_id: int) -> Decision:
    decision = decisions.find(db, decision_id)
    if decision is None:
        raise Refusal("unknown")
    if decision.standing is not Standing.PROPOSED:
        raise Refusal("settled")
    return decision


def _is_stale(decision: Decision, proposal: Proposal) -> bool:
    """Whether the proposal is another one than when the decision was proposed, for example corrected by its author."""
    return decision.before is not None and decision.before.changed_at != proposal.changed_at


def _check_pending(db: sa.Connection, proposal: Proposal, by: Decider, at: dt.datetime) -> None:
    """One decision waits for a second person at a time; one about an older text falls away."""
    waiting = decisions.pending(db, proposal.number)
    if waiting is None:
        return
    if not _is_stale(waiting, proposal):
        raise Refusal("pending")
    decisions.finish(db, waiting, Standing.UNDONE)
    audit.note(db, at, by.actor, f"{_action(waiting.act)}_lapsed", proposal.reference)


def _seen_by_team(proposal: Proposal, house: House) -> Proposal:
    """In a team of one nobody else could look at an appeal."""
    return replace(proposal, decided_by=None) if house.team_of_one else proposal


def _check_targets(db: sa.Connection, act: Act, details: Details) -> None:
    if act is Act.MERGE:
        target = proposals.find(db, details.target)
        if target is None or target.state not in (State.WAITING, *PUBLIC):
            raise Refusal("target_missing", "target")
    if act is Act.FORWARD and records.find(db, Body, details.body) is None:
        raise Refusal("body_missing", "body")


def _apply(db: sa.Connection, proposal: Proposal, act: Act, details: Details, by: Decider, at: dt.datetime) -> decisions.Before:
    """Do it, and tell how it was before."""
    number = proposal.number
    before = decisions.snapshot(db, proposal)
    if act is Act.NOTE:
        step = steps.note(db, number, at, "note", by.actor, details.message.strip())
        return _with_step(before, step)
    values = _values(db, proposal, act, details, by, at)
    proposals.change(db, proposal, at, state=leads_to(act, proposal.state), **values)
    proposals.let_go(db, number, by.id)
    if act is Act.ANSWER:
        words = {language: text.strip() for language, text in details.words.items()}
        answer = Answer(
            outcome=details.outcome, who=details.who.strip(), words=words, instead=details.instead, by_when=details.by_when, at=at
        )
        answers.put(db, number, answer)
    if values.get("public_text", before.public_text) != before.public_text:
        decisions.learn(db, number)
    return _with_step(before, steps.note(db, number, at, _KINDS[act], by.actor, _step(act, details)))


def _values(db: sa.Connection, proposal: Proposal, act: Act, details: Details, by: Decider, at: dt.datetime) -> dict[str, object]:
    if act is Act.FORWARD:
        return {"body": details.body}
    if act is Act.DELAY:
        return {"promised": details.promised, "missed_at": None}
    values: dict[str, object] = {"decided_by": by.id} if act in NEEDS_SECOND else {}  # against these one may appeal, to somebody else
    if act in (Act.PUBLISH, Act.ANSWER) and (details.title or details.text or not proposal.is_public):
        written = decisions.original(db, proposal.number) if not proposal.is_public else proposal
        values |= {"public_title": details.title.strip() or written.title, "public_text": details.text.strip() or written.text}
    if act in (Act.PUBLISH, Act.ANSWER) and proposal.published_at is None:
        values |= {"published_at": at}
    if act in (Act.ASK, Act.REJECT, Act.MERGE, Act.ANSWER):
        values |= {"promised": None}
    if act in (Act.REJECT, Act.MERGE):
        values |= {"public_title": None, "public_text": None}
    if act is Act.MERGE:
        values |= {"merged_into": details.target}
    return values


def _with_step(before: decisions.Before, step: int) -> decisions.Before:
    return decisions.Before(**{name: getattr(before, name) for name in before.__struct_fields__} | {"step": step})


def _step(act: Act, details: Details) -> str:
    """What the timeline keeps of a decision, in plain words or as the value that words are found by."""
    match act:
        case Act.ASK:
            return details.message.strip()
        case Act.REJECT:
            return "\n".join(filter(None, (details.reason, details.message.strip())))
        case Act.MERGE:
            return str(details.target)
        case Act.FORWARD:
            return details.body
        case Act.DELAY:
            return f"{details.promised}\n{details.message.strip()}"
        case Act.ANSWER:
            return details.outcome
    return ""


def _action(act: Act) -> str:
    return f"proposal_{_KINDS[act] if act is not Act.NOTE else 'noted'}"


def _summary(details: Details, bulk: str) -> str:
    """What the audit log says of a decision: values, never the words of a citizen."""
    said = {
        "reason": details.reason,
        "into": reference(details.target) if details.target else "",
        "body": details.body,
        "outcome": details.outcome,
        "by": str(details.by_when or ""),
        "promised": str(details.promised or ""),
        "wording": "changed" if details.title or details.text else "",
        "bulk": bulk,
    }
    return " · ".join(f"{name}: {value}" for name, value in said.items() if value)
