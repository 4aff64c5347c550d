"""How the desk words decisions about proposals: acts, steps, what was done, what stands in the way, and how long is left."""

from __future__ import annotations

import datetime as dt

from bot.phrases import Phrase, _, _n
from civic import personal_data
from civic.errors import Refusal
from civic.proposals import Act, Proposal
from civic.working_days import between
from handlers.proposal_words import STATE_NAMES

ACTS: dict[Act, Phrase] = {
    # Translators: buttons under a citizen's proposal, for the moderator who decides about it.
    Act.PUBLISH: _("Publish"),
    Act.ASK: _("Ask the author"),
    Act.REJECT: _("Reject"),
    Act.MERGE: _("Join to another"),
    Act.FORWARD: _("Pass on"),
    Act.ANSWER: _("Official answer"),
    Act.DELAY: _("Promise a later date"),
    Act.NOTE: _("Private note"),
}
KEYS = {
    Act.PUBLISH: "a",
    Act.REJECT: "r",
    Act.ASK: "q",
    Act.MERGE: "m",
    Act.FORWARD: "f",
    Act.ANSWER: "o",
    Act.DELAY: "d",
    Act.NOTE: "n",
}
DONE: dict[Act, Phrase] = {
    Act.PUBLISH: _("It is published."),
    Act.ASK: _("The question is on its way to the author."),
    Act.REJECT: _("It is rejected."),
    Act.MERGE: _("It is joined to the other one."),
    Act.FORWARD: _("It is passed on."),
    Act.ANSWER: _("The official answer is published."),
    Act.DELAY: _("The later date is promised."),
    Act.NOTE: _("The note is kept; only moderators see it."),
}
SIGNS: dict[str, Phrase] = {
    # Translators: signs of abuse in a proposal.
    "links": _("Many links"),
    "repeated": _("Sent before"),
    "many": _("Many at once"),
    "loud": _("In capitals"),
}
PERSONAL: dict[personal_data.Kind, Phrase] = {
    personal_data.Kind.PHONE: _("Phone number"),
    personal_data.Kind.EMAIL: _("E-mail address"),
    personal_data.Kind.IDENTITY: _("Identity card number"),
    personal_data.Kind.ACCOUNT: _("Bank account"),
    personal_data.Kind.CARD: _("Payment card"),
    personal_data.Kind.LOGIN: _("Personal account on a site"),
}
STEPS: dict[str, Phrase] = {
    # Translators: a line of what happened to a proposal; beside it stand the date and who did it.
    "filed": _("Filed"),
    "corrected": _("Corrected; before, it said:"),
    "replied": _("Answered the question:"),
    "appealed": _("Asked for another moderator:"),
    "withdrawn": _("Withdrawn"),
    "missed": _("The promise was missed"),
    "published": _("Published"),
    "asked": _("Asked the author:"),
    "rejected": _("Rejected"),
    "merged": _("Joined to another proposal"),
    "forwarded": _("Passed on"),
    "answered": _("Officially answered"),
    "delayed": _("A later date was promised"),
    "note": _("Private note:"),
    "proposed": _("Prepared for a second person"),
    "declined": _("Declined by the second person:"),
    "retracted": _("Taken back before anybody was told"),
    "undone": _("Undone"),
}
_REFUSALS: dict[str, Phrase] = {
    "own": _("This is your own proposal: somebody else has to decide."),
    "same_moderator": _("This is an appeal against your decision: another moderator has to look at it."),
    "same_person": _("You prepared this decision: somebody else has to confirm it."),
    "pending": _("Another decision about this proposal waits for a second person. Confirm or decline it first."),
    "changed": _("Somebody changed this proposal meanwhile. Look at it again before you decide."),
    "changed_since": _("The proposal has changed since this decision. Look at it again."),
    "settled": _("This decision was settled already."),
    "undone": _("There is nothing left to undo."),
    "too_late": _("It is too late to undo this: people have been told. You can decide anew."),
    "not_yours": _("Only who decided or confirmed can undo it."),
    "unknown": _("There is no such proposal."),
    "target_missing": _("Write the number of a proposal that waits or is published, for example P-12."),
    "body_missing": _("Choose whom it concerns."),
    "not_later": _("Choose a day after the one promised so far, within half a year."),
    "past": _("Choose a day that is not past."),
    "date": _("Write a day as 2026-12-31."),
    "choose": _("Choose one of these."),
    "reason_missing": _("Say why, for whoever prepared the decision."),
    "language_missing": _("Write the answer in this language, or choose in which one it is read instead."),
    "language_unknown": _("An answer is written in Arabic, French, Tamazight or English."),
    "none_chosen": _("Choose at least one proposal."),
    "too_many": _("At most {most} proposals are decided at once. Narrow the list with the filters."),
    "block_end": _("A block ends after today and within a year."),
}


def worded(refusal: Refusal) -> Phrase:
    """The sentence for a refusal; KeyError for a reason that has none."""
    values = refusal.values
    match refusal.reason:
        case "not_now":
            return _("This cannot be decided now: the proposal is “{state}”.", state=STATE_NAMES[values["state"]])  # type: ignore[index]
        case "held":
            return _("A colleague is looking at this proposal until {moment}.", moment=values["until"])
        case "length":
            return _("Write from {least} to {most} characters here.", least=values["least"], most=values["most"])
        case "too_many":
            return _("At most {most} proposals are decided at once. Narrow the list with the filters.", most=values["most"])
    return _REFUSALS[refusal.reason]


def reason_in_short(reason: str) -> Phrase:
    """Why one of many could not be decided."""
    return _REFUSALS.get(reason) or {"not_now": _("Decided already."), "held": _("A colleague is looking at it.")}.get(
        reason, _("It does not say enough.")
    )


def days_left(proposal: Proposal, today: dt.date) -> Phrase | None:
    """How long until the promise, in words; None without one."""
    if proposal.promised is None:
        return None
    days = between(today, proposal.promised)
    if proposal.promised < today:
        return _n("{n} working day late", "{n} working days late", max(1, -days))
    if days == 0:
        return _("due today")
    return _n("{n} working day left", "{n} working days left", days)


def is_pressing(proposal: Proposal, today: dt.date) -> bool:
    """Whether the promise is missed or nearly so."""
    return proposal.promised is not None and (proposal.promised < today or between(today, proposal.promised) <= 2)
