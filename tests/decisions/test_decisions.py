"""Every decision: what it changes, who hears of it and when, what the log says, and that undoing it leaves no trace with citizens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from civic.decisions import Decider, Details, Standing
from civic.errors import Refusal
from civic.proposals import Act, Proposal, State
from handlers.desk.decisions import confirm, decide, decline, undo
from storage import answers, backing, blocks, decisions, people, proposals, records, steps
from storage.proposals import Changed, Wanted
from tests.proposals_at_hand import (
    ALONE,
    ANSWER,
    COMMITTEE,
    HOUSE,
    LATER,
    NOW,
    PROMISED,
    SALMA,
    TOOL,
    YOUSSEF,
    actions,
    citizen,
    filed,
    plain,
    tell_all,
    told,
)

MASKED = Details(text="Elderly people wait standing for half an hour. Call me: ▇▇▇.")
DELAY = Details(promised=dt.date(2027, 1, 29), message="Two ministries are looking at it.")
ACTS = {  # what each needs; how it stands afterwards; what the author reads; the step and the audit entry it leaves
    Act.PUBLISH: (MASKED, State.PUBLISHED, "P-1 is published: A bench at every bus stop.", "published", "proposal_published"),
    Act.ASK: (Details(message="Which town?"), State.ASKED, "A moderator has a question about P-1", "asked", "proposal_asked"),
    Act.REJECT: (Details(reason="complaint"), State.REJECTED, "is not published.", "rejected", "proposal_rejected"),
    Act.MERGE: (Details(target=2), State.MERGED, "says the same as P-2", "merged", "proposal_merged"),
    Act.FORWARD: (Details(body="oversight-committee"), State.WAITING, "Oversight committee", "forwarded", "proposal_forwarded"),
    Act.ANSWER: (ANSWER, State.ANSWERED, "There is an official answer to P-1", "answered", "proposal_answered"),
    Act.DELAY: (DELAY, State.WAITING, "takes longer than promised. It is now promised by 29 January 2027", "delayed", "proposal_delayed"),
    Act.NOTE: (Details(message="Ask the legal service."), State.WAITING, "", "note", "proposal_noted"),
}


def both(db: sa.Connection) -> Proposal:
    """Amina's proposal, P-1, beside another one that says the same, P-2."""
    records.load(db, (COMMITTEE,), NOW)
    amina = filed(db)
    filed(db, author="brahim")
    return amina


def unversioned(proposal: Proposal) -> Proposal:
    """All that undoing has to bring back; versions only rise, so that who saw the decision cannot decide on the undone."""
    return replace(proposal, version=0)


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_decision_counts_at_once_and_is_told_once_when_it_cannot_be_undone(db: sa.Connection, act: Act) -> None:
    details, state, said, step, action = ACTS[act]
    number = both(db).number

    decision = decide(db, ALONE, number, act, details, SALMA, NOW)

    assert proposals.get(db, number).state is state
    assert [each.kind for each in steps.of(db, number)] == ["filed", step]
    assert [(actor, what, subject) for actor, what, subject, _details in actions(db)] == [("staff:1", action, "P-1")]
    tell_all(db, LATER - dt.timedelta(microseconds=1))
    assert told(db, "amina") == []
    tell_all(db)
    tell_all(db, LATER + dt.timedelta(hours=1))
    assert len(told(db, "amina")) == (1 if said else 0)
    assert said in plain("".join(told(db, "amina")))
    assert told(db, "brahim") == []
    assert decisions.get(db, decision.id).told_at == LATER
    with pytest.raises(Refusal, match="too_late"):
        undo(db, decision.id, SALMA, LATER)


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_decision_can_be_undone_and_nobody_hears_of_it(db: sa.Connection, act: Act) -> None:
    details, _state, _said, step, action = ACTS[act]
    before = both(db)

    decision = decide(db, ALONE, before.number, act, details, SALMA, NOW)
    undone = undo(db, decision.id, SALMA, LATER - dt.timedelta(microseconds=1))

    assert undone.standing is Standing.UNDONE
    assert unversioned(proposals.get(db, before.number)) == unversioned(before)
    assert answers.find(db, before.number) is None
    assert [each.number for each in proposals.newest(db, Wanted(words="0612345678"), 9)] == [2, 1]
    assert [each.kind for each in steps.of(db, before.number) if each.is_public] == ["filed"]
    assert [each.kind for each in steps.of(db, before.number)] == ["filed", "retracted", "undone"]
    assert steps.of(db, before.number)[1].details.startswith(step)
    assert [what for _actor, what, _subject, _details in actions(db)] == [action, f"{action}_undone"]
    tell_all(db, LATER + dt.timedelta(hours=1))
    assert told(db, "amina") == []
    with pytest.raises(Refusal, match="undone"):
        undo(db, decision.id, SALMA, NOW)


@pytest.mark.parametrize("act", [Act.REJECT, Act.ANSWER], ids=str)
def test_a_second_person_confirms_a_rejection_and_an_official_answer(db: sa.Connection, act: Act) -> None:
    details, state, said, step, action = ACTS[act]
    number = both(db).number

    decision = decide(db, HOUSE, number, act, details, SALMA, NOW)
    assert decision.standing is Standing.PROPOSED
    assert proposals.get(db, number).state is State.WAITING
    assert [each.id for each in decisions.proposed(db, 9)] == [decision.id]
    assert [each.kind for each in steps.of(db, number) if each.is_public] == ["filed"]
    for refused, who in (("same_person", SALMA), ("own", replace(YOUSSEF, own={citizen(db, "amina")}))):
        with pytest.raises(Refusal, match=refused):
            confirm(db, HOUSE, decision.id, who, NOW)
    with pytest.raises(Refusal, match="pending"):
        decide(db, HOUSE, number, Act.PUBLISH, Details(), YOUSSEF, NOW)
    tell_all(db, LATER + dt.timedelta(days=1))
    assert told(db, "amina") == []

    confirmed_at = NOW + dt.timedelta(days=1)
    confirm(db, HOUSE, decision.id, YOUSSEF, confirmed_at)
    assert proposals.get(db, number).state is state
    assert proposals.get(db, number).decided_by == SALMA.id
    assert steps.of(db, number)[-1].kind == step
    tell_all(db, confirmed_at + HOUSE.undo)
    assert [said in plain(text) for text in told(db, "amina")] == [True]
    assert [(actor, what) for actor, what, _subject, _details in actions(db)] == [
        ("staff:1", f"{action}_proposed"),
        ("staff:2", f"{action}_confirmed"),
    ]
    with pytest.raises(Refusal, match="settled"):
        confirm(db, HOUSE, decision.id, YOUSSEF, NOW)


def test_what_a_second_person_confirmed_can_be_undone_by_either(db: sa.Connection) -> None:
    before = both(db)
    for who in (SALMA, YOUSSEF):
        decision = decide(db, HOUSE, before.number, Act.REJECT, Details(reason="spam"), SALMA, NOW)
        confirm(db, HOUSE, decision.id, YOUSSEF, NOW)
        with pytest.raises(Refusal, match="not_yours"):
            undo(db, decision.id, Decider(id=3, actor="staff:3"), NOW)
        undo(db, decision.id, who, NOW)
        assert unversioned(proposals.get(db, before.number)) == unversioned(before)


def test_a_second_person_declines_with_a_reason_that_moderators_see(db: sa.Connection) -> None:
    number = both(db).number
    decision = decide(db, HOUSE, number, Act.REJECT, Details(reason="spam"), SALMA, NOW)

    with pytest.raises(Refusal, match="reason_missing"):
        decline(db, decision.id, " ", YOUSSEF, NOW)
    with pytest.raises(Refusal, match="same_person"):
        decline(db, decision.id, "I changed my mind", SALMA, NOW)
    assert decline(db, decision.id, "It is no spam.", YOUSSEF, NOW).standing is Standing.DECLINED

    assert proposals.get(db, number).state is State.WAITING
    assert [(each.kind, each.details, each.is_public) for each in steps.of(db, number)][2:] == [("declined", "It is no spam.", False)]
    assert actions(db)[-1] == ("staff:2", "proposal_rejected_declined", "P-1", "It is no spam.")
    decide(db, HOUSE, number, Act.PUBLISH, Details(), YOUSSEF, NOW)
    assert proposals.get(db, number).state is State.PUBLISHED


def test_whoever_proposed_may_take_it_back_before_it_is_confirmed(db: sa.Connection) -> None:
    number = both(db).number
    decision = decide(db, HOUSE, number, Act.REJECT, Details(reason="spam"), SALMA, NOW)

    with pytest.raises(Refusal, match="not_yours"):
        undo(db, decision.id, YOUSSEF, NOW)
    undo(db, decision.id, SALMA, NOW + dt.timedelta(days=3))

    assert decisions.pending(db, number) is None
    assert actions(db)[-1][1] == "proposal_rejected_undone"


def test_a_decision_proposed_about_an_older_text_cannot_be_confirmed_and_falls_away(db: sa.Connection) -> None:
    before = both(db)
    decision = decide(db, HOUSE, before.number, Act.REJECT, Details(reason="unclear"), SALMA, NOW)
    proposals.change(db, proposals.get(db, before.number), NOW, title="Benches, and who pays for them")

    with pytest.raises(Refusal, match="changed_since"):
        confirm(db, HOUSE, decision.id, YOUSSEF, NOW)
    decide(db, HOUSE, before.number, Act.PUBLISH, Details(), YOUSSEF, NOW)
    assert decisions.get(db, decision.id).standing is Standing.UNDONE
    assert [what for _actor, what, _subject, _details in actions(db)][1:] == ["proposal_rejected_lapsed", "proposal_published"]


def test_a_team_of_one_does_both_and_the_log_says_so(db: sa.Connection) -> None:
    number = both(db).number
    decide(db, ALONE, number, Act.REJECT, Details(reason="spam"), SALMA, NOW)
    proposals.change(db, proposals.get(db, number), NOW, state=State.WAITING, appealed_at=NOW)
    decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)

    assert [details for _actor, _what, _subject, details in actions(db)] == [
        "reason: spam · team of one: no second person",
        "outcome: accepted · by: 2027-06-30 · team of one: no second person",
    ]


def test_an_appeal_goes_to_another_moderator(db: sa.Connection) -> None:
    number = both(db).number
    decision = decide(db, HOUSE, number, Act.REJECT, Details(reason="spam"), SALMA, NOW)
    confirm(db, HOUSE, decision.id, YOUSSEF, NOW)
    proposals.change(db, proposals.get(db, number), NOW, state=State.WAITING, appealed_at=NOW)

    for who in (SALMA, replace(SALMA, actor="api:9 of staff:1")):
        with pytest.raises(Refusal, match="same_moderator"):
            decide(db, HOUSE, number, Act.PUBLISH, Details(), who, NOW)
    again = decide(db, HOUSE, number, Act.REJECT, Details(reason="complaint"), YOUSSEF, NOW)
    with pytest.raises(Refusal, match="same_moderator"):
        confirm(db, HOUSE, again.id, SALMA, NOW)
    confirm(db, HOUSE, again.id, TOOL, NOW)
    assert proposals.get(db, number).state is State.REJECTED


def test_a_program_counts_as_the_person_behind_it(db: sa.Connection) -> None:
    number = both(db).number
    program = replace(SALMA, actor="api:9 of staff:1")
    decision = decide(db, HOUSE, number, Act.REJECT, Details(reason="spam"), program, NOW)

    with pytest.raises(Refusal, match="same_person"):
        confirm(db, HOUSE, decision.id, SALMA, NOW)
    assert confirm(db, HOUSE, decision.id, YOUSSEF, NOW).standing is Standing.DONE


def test_nobody_decides_about_their_own_or_what_somebody_else_holds(db: sa.Connection) -> None:
    number = both(db).number
    with pytest.raises(Refusal, match="own"):
        decide(db, HOUSE, number, Act.PUBLISH, Details(), replace(SALMA, own={citizen(db, "amina")}), NOW)
    assert proposals.hold(db, number, YOUSSEF.id, NOW + dt.timedelta(minutes=15), NOW)
    with pytest.raises(Refusal, match="held"):
        decide(db, HOUSE, number, Act.PUBLISH, Details(), SALMA, NOW)
    decide(db, HOUSE, number, Act.PUBLISH, Details(), YOUSSEF, NOW)
    assert proposals.get(db, number).held_by is None


def test_two_moderators_who_saw_the_same_cannot_both_decide(db: sa.Connection) -> None:
    seen = both(db)
    decide(db, HOUSE, seen.number, Act.FORWARD, Details(body="oversight-committee"), SALMA, NOW, version=seen.version)

    with pytest.raises(Changed):
        decide(db, HOUSE, seen.number, Act.PUBLISH, Details(), YOUSSEF, NOW, version=seen.version)
    assert [what for _actor, what, _subject, _details in actions(db)] == ["proposal_forwarded"]


def test_decisions_are_undone_from_the_last_to_the_first(db: sa.Connection) -> None:
    before = both(db)
    first = decide(db, ALONE, before.number, Act.PUBLISH, MASKED, SALMA, NOW)
    second = decide(db, ALONE, before.number, Act.ANSWER, ANSWER, SALMA, NOW + dt.timedelta(seconds=1))

    with pytest.raises(Refusal, match="changed_since"):
        undo(db, first.id, SALMA, NOW)
    undo(db, second.id, SALMA, NOW)
    undo(db, first.id, SALMA, NOW)
    assert unversioned(proposals.get(db, before.number)) == unversioned(before)


def test_what_its_author_did_meanwhile_is_not_undone(db: sa.Connection) -> None:
    number = both(db).number
    decision = decide(db, ALONE, number, Act.PUBLISH, Details(), SALMA, NOW)
    proposals.change(db, proposals.get(db, number), NOW + dt.timedelta(seconds=1), state=State.WITHDRAWN)

    with pytest.raises(Refusal, match="changed_since"):
        undo(db, decision.id, SALMA, NOW + dt.timedelta(seconds=2))
    assert proposals.get(db, number).state is State.WITHDRAWN


def test_the_published_wording_covers_what_the_author_wrote(db: sa.Connection) -> None:
    """Everyone reads and finds the covered wording; only moderators still see the other one."""
    number = both(db).number
    decide(db, HOUSE, number, Act.PUBLISH, MASKED, SALMA, NOW)

    assert proposals.get(db, number).text == MASKED.text
    assert "0612345678" in decisions.original(db, number).text
    assert [each.number for each in proposals.newest(db, Wanted(words="0612345678"), 9)] == [2]
    assert [each.number for each in proposals.newest(db, Wanted(words="elderly standing"), 9)] == [2, 1]
    tell_all(db)
    assert "A moderator covered personal data" in told(db, "amina")[0]
    rejected = decide(db, HOUSE, number, Act.REJECT, Details(reason="personal-data"), SALMA, NOW)
    confirm(db, HOUSE, rejected.id, YOUSSEF, NOW)
    assert db.execute(sa.text("select public_text from proposals where number = 1")).scalar() is None


@pytest.mark.parametrize(
    ("act", "details", "reason", "field"),
    [
        (Act.PUBLISH, Details(title="No"), "length", "title"),
        (Act.ASK, Details(), "length", "message"),
        (Act.REJECT, Details(reason="because"), "choose", "reason"),
        (Act.MERGE, Details(target=1), "target_missing", "target"),
        (Act.MERGE, Details(target=9), "target_missing", "target"),
        (Act.FORWARD, Details(body="nobody"), "body_missing", "body"),
        (Act.ANSWER, Details(outcome="accepted", who="MTNRA", words={"ar": "نعم"}), "language_missing", "words_fr"),
        (Act.ANSWER, Details(outcome="maybe", who="MTNRA", words={"ar": "نعم"}), "choose", "outcome"),
        (Act.ANSWER, Details(outcome="accepted", who="MTNRA", by_when=dt.date(2026, 1, 1)), "past", "by_when"),
        (Act.ANSWER, Details(outcome="accepted", who="MTNRA", words={"tlh": "HIja'"}), "language_unknown", "words"),
        (Act.DELAY, Details(promised=PROMISED, message="Later."), "not_later", "promised"),
        (Act.NOTE, Details(message=" "), "length", "message"),
    ],
)
def test_a_decision_that_does_not_say_enough_says_what_is_missing(
    db: sa.Connection, act: Act, details: Details, reason: str, field: str
) -> None:
    number = both(db).number
    with pytest.raises(Refusal) as refusal:
        decide(db, HOUSE, number, act, details, SALMA, NOW)

    assert (refusal.value.reason, refusal.value.question) == (reason, field)
    assert actions(db) == []


def test_what_is_not_there_cannot_be_decided(db: sa.Connection) -> None:
    for refused in (
        lambda: decide(db, HOUSE, 99, Act.PUBLISH, Details(), SALMA, NOW),
        lambda: confirm(db, HOUSE, 99, SALMA, NOW),
        lambda: decline(db, 99, "no", SALMA, NOW),
        lambda: undo(db, 99, SALMA, NOW),
    ):
        with pytest.raises(Refusal, match="unknown"):
            refused()


def test_a_merge_hands_supporters_and_followers_over(db: sa.Connection) -> None:
    """Idir supports both, Tuda follows the first, Brahim wrote the second."""
    number = both(db).number
    decide(db, HOUSE, number, Act.PUBLISH, Details(), SALMA, NOW)
    tell_all(db)
    for name in ("idir", "lalla", "brahim"):
        backing.support(db, number, citizen(db, name), NOW)
    backing.support(db, 2, citizen(db, "idir"), NOW)
    backing.follow(db, number, citizen(db, "tuda", "fr"), NOW)
    decide(db, HOUSE, number, Act.MERGE, Details(target=2), SALMA, LATER)
    assert proposals.get(db, 2).supports == 1
    tell_all(db, LATER + HOUSE.undo)

    assert proposals.get(db, 2).supports == 2
    assert backing.supported(db, 2, citizen(db, "lalla"))
    assert not backing.supported(db, 2, citizen(db, "brahim"))
    assert backing.follows_it(db, 2, citizen(db, "tuda"))
    assert backing.follows_it(db, 2, citizen(db, "amina"))
    assert "dit la même chose" in told(db, "tuda")[0]
    assert [len(told(db, name)) for name in ("amina", "idir", "lalla", "brahim", "tuda")] == [2, 1, 1, 1, 1]


def test_a_forgotten_author_breaks_nothing(db: sa.Connection) -> None:
    number = both(db).number
    blocks.put(db, blocks.Block(citizen(db, "amina"), LATER, "staff:1", "spam", NOW))
    decide(db, ALONE, number, Act.ANSWER, ANSWER, SALMA, NOW)
    backing.follow(db, number, citizen(db, "idir"), NOW)
    people.forget(db, citizen(db, "amina"), NOW)
    tell_all(db)

    assert len(told(db, "idir")) == 1
    assert proposals.get(db, number).author is None
