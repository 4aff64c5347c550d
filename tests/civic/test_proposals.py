"""Who may do what to a proposal, in which state."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from civic import proposals
from civic.errors import Refusal
from civic.proposals import Act, Moderator, Proposal, State

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
SALMA, YOUSSEF = Moderator(id=1), Moderator(id=2)  # moderators
AMINA = 7  # a citizen, the author

WAITING = Proposal(
    number=12,
    author=AMINA,
    kind="proposal",
    theme="local",
    about="",
    title="A bench at every bus stop",
    text="Elderly people wait standing for half an hour.",
    language="en",
    region="04",
    spot=None,
    name="",
    state=State.WAITING,
    version=1,
    filed_at=NOW,
    changed_at=NOW,
    promised=NOW.date(),
)


def refused(check: object, *args: object, **more: object) -> str:
    with pytest.raises(Refusal) as refusal:
        check(*args, **more)  # type: ignore[operator]
    return refusal.value.reason


def in_state(state: State, **more: object) -> Proposal:
    return dataclasses.replace(WAITING, state=state, **more)  # type: ignore[arg-type]


ALLOWED = {
    State.WAITING: {Act.PUBLISH, Act.ASK, Act.REJECT, Act.MERGE, Act.FORWARD, Act.ANSWER, Act.DELAY, Act.NOTE},
    State.ASKED: {Act.REJECT, Act.NOTE},
    State.PUBLISHED: {Act.REJECT, Act.MERGE, Act.FORWARD, Act.ANSWER, Act.DELAY, Act.NOTE},
    State.ANSWERED: {Act.ANSWER, Act.NOTE},
    State.REJECTED: {Act.NOTE},
    State.MERGED: {Act.NOTE},
    State.WITHDRAWN: {Act.NOTE},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_each_act_is_allowed_in_its_states_only(state: State, act: Act) -> None:
    if act in ALLOWED[state]:
        proposals.check_act(in_state(state), act, SALMA, NOW)
    else:
        assert refused(proposals.check_act, in_state(state), act, SALMA, NOW) == "not_now"


@pytest.mark.parametrize("act", Act)
def test_nobody_decides_about_their_own_proposal(act: Act) -> None:
    author = Moderator(id=3, own=(AMINA,))

    assert refused(proposals.check_act, WAITING, act, author, NOW) == "own"
    assert refused(proposals.check_second, WAITING, act, SALMA.id, author, team_of_one=True) == "own"


def test_what_one_moderator_holds_another_cannot_decide_until_the_hold_ends() -> None:
    held = dataclasses.replace(WAITING, held_by=SALMA.id, held_until=NOW + proposals.LOCK)

    assert refused(proposals.check_act, held, Act.PUBLISH, YOUSSEF, NOW) == "held"
    proposals.check_act(held, Act.NOTE, YOUSSEF, NOW)
    proposals.check_act(held, Act.PUBLISH, SALMA, NOW)
    proposals.check_act(held, Act.PUBLISH, YOUSSEF, NOW + proposals.LOCK)


def test_a_rejection_and_an_official_answer_need_a_second_person() -> None:
    assert {act for act in Act if proposals.needs_second(act, team_of_one=False)} == {Act.REJECT, Act.ANSWER}
    assert not any(proposals.needs_second(act, team_of_one=True) for act in Act)
    assert refused(proposals.check_second, WAITING, Act.REJECT, SALMA.id, SALMA, team_of_one=False) == "same_person"
    proposals.check_second(WAITING, Act.REJECT, SALMA.id, YOUSSEF, team_of_one=False)


def test_an_appeal_goes_to_another_moderator() -> None:
    appealed = dataclasses.replace(WAITING, appealed_at=NOW, decided_by=SALMA.id)

    assert refused(proposals.check_act, appealed, Act.PUBLISH, SALMA, NOW) == "same_moderator"
    assert refused(proposals.check_second, appealed, Act.REJECT, YOUSSEF.id, SALMA, team_of_one=False) == "same_moderator"
    proposals.check_act(appealed, Act.PUBLISH, YOUSSEF, NOW)


@pytest.mark.parametrize("state", State)
def test_what_its_author_may_do(state: State) -> None:
    proposal = in_state(state)

    assert proposals.may_correct(proposal) == (state in (State.WAITING, State.ASKED, State.REJECTED))
    assert proposals.may_withdraw(proposal) == (state in (State.WAITING, State.ASKED, State.PUBLISHED))
    assert proposals.may_appeal(proposal) == (state in (State.REJECTED, State.ANSWERED))
    assert not proposals.may_appeal(dataclasses.replace(proposal, appealed_at=NOW))
    assert not proposals.may_support(proposal, AMINA)
    assert proposals.may_support(proposal, 8) == (state is State.PUBLISHED)


@pytest.mark.parametrize(
    ("written", "number"), [("P-12", 12), ("p 12", 12), ("12", 12), (" p-7 ", 7), ("Q-12", None), ("twelve", None), ("", None)]
)
def test_a_reference_is_read_as_people_write_it(written: str, number: int | None) -> None:
    assert proposals.number_in(written) == number
