"""Supports: each person once, whatever is pressed in whatever order; and nothing is left of who asks to be forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civic.proposals import Draft, State
from storage import backing, people, proposals
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.sealing import Seal

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DRAFT = Draft(kind="proposal", theme="local", title="A bench", text="A bench at every stop, please.", language="en", name="Amina")
PRESSED = st.lists(st.tuples(st.sampled_from(["support", "take_back", "follow", "unfollow"]), st.integers(0, 3)), max_size=30)


class Undone(Exception):
    """Ends an example, so that the next one begins with nobody behind the proposal."""


@pytest.fixture
def db(database_url: str, seal: Seal) -> Iterator[sa.Connection]:
    engine = open_writer(database_url, seal)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def published(db: sa.Connection) -> tuple[int, list[int]]:
    """A published proposal, and four people who are not its author."""
    author = people.meet(db, "console", "amina", NOW).id
    proposal = proposals.file(db, author, "console", DRAFT, NOW.date(), NOW)
    proposals.change(db, proposal, NOW, state=State.PUBLISHED, public_title=DRAFT.title, public_text=DRAFT.text)
    return proposal.number, [people.meet(db, "console", f"person{number}", NOW).id for number in range(4)]


def test_the_count_is_the_number_of_people_whatever_they_press(db: sa.Connection) -> None:
    number, persons = published(db)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(PRESSED)
    def check(pressed: list[tuple[str, int]]) -> None:
        with pytest.raises(Undone), savepoint(db):
            behind: set[int] = set()
            following: set[int] = set()
            for what, who in pressed:
                person = persons[who]
                match what:
                    case "support":
                        assert backing.support(db, number, person, NOW) == (person not in behind)
                        behind.add(person)
                    case "take_back":
                        assert backing.take_back(db, number, person) == (person in behind)
                        behind.discard(person)
                    case "follow":
                        assert backing.follow(db, number, person, NOW) == (person not in following)
                        following.add(person)
                    case "unfollow":
                        assert backing.unfollow(db, number, person) == (person in following)
                        following.discard(person)
            assert proposals.get(db, number).supports == len(behind)
            assert backing.listeners(db, number, 0, 10) == tuple(sorted(behind | following))
            raise Undone

    check()


def test_who_is_forgotten_supports_no_more_and_is_named_no_more(db: sa.Connection) -> None:
    number, persons = published(db)
    for person in persons:
        backing.support(db, number, person, NOW)
        backing.follow(db, number, person, NOW)
    author = proposals.get(db, number).author
    assert author is not None
    people.forget(db, persons[0], NOW)
    people.forget(db, author, NOW)

    left = proposals.get(db, number)
    assert (left.supports, left.author, left.name, left.title) == (3, None, "", DRAFT.title)
    assert backing.listeners(db, number, 0, 10) == tuple(persons[1:])
