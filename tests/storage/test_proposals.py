"""Proposals in the database: sealed until they are public, found by their words, changed by one at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from civic.proposals import Draft, Proposal, Spot, State
from storage import backing, people, proposals, rotation, steps
from storage.engines import open_writer
from storage.proposals import Changed, Wanted
from storage.sealing import Seal, with_new_key

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
PROMISED = dt.date(2026, 12, 21)
BENCH = Draft(
    kind="proposal",
    theme="local",
    title="A bench at every bus stop",
    text="Elderly people wait standing for half an hour.",
    language="en",
    region="04",
    spot=Spot(34.02, -6.83, "Rabat"),
    name="Amina",
)
LIBRARY = Draft(
    kind="remark", theme="youth-education", title="المكتبة البلدية", text="نطلب فتح المكتبة يوم السبت.", language="ar", region="06"
)


@pytest.fixture
def db(database_url: str, seal: Seal) -> Iterator[sa.Connection]:
    engine = open_writer(database_url, seal)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def citizen(db: sa.Connection, name: str) -> int:
    return people.meet(db, "console", name, NOW).id


def filed(db: sa.Connection, draft: Draft = BENCH, author: str = "amina", **more: object) -> Proposal:
    person = people.find_by_address(db, "console", author)
    return proposals.file(db, person.id if person else citizen(db, author), "console", draft, PROMISED, NOW, **more)  # type: ignore[arg-type]


def test_a_filed_proposal_is_kept_as_it_was_written(db: sa.Connection) -> None:
    proposal = filed(db, signals=("links",))

    assert proposal == proposals.find(db, proposal.number)
    assert (proposal.title, proposal.text, proposal.spot, proposal.name) == (BENCH.title, BENCH.text, BENCH.spot, "Amina")
    assert (proposal.state, proposal.promised, proposal.signals) == (State.WAITING, PROMISED, ("links",))
    assert [step.kind for step in steps.of(db, proposal.number)] == ["filed"]


def test_nothing_a_citizen_wrote_can_be_read_without_the_key(db: sa.Connection) -> None:
    filed(db, claim="K7PM-2XQR")

    for table in ("proposals", "steps", "proposal_words"):
        for row in db.execute(sa.text(f"select * from {table}")):
            kept = b" ".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row)
            assert not any(word in kept for word in (b"bench", b"Elderly", b"Amina", b"Rabat", b"K7PM", b"34.02"))


def test_two_people_cannot_overwrite_each_other(db: sa.Connection) -> None:
    seen = filed(db)
    proposals.change(db, seen, NOW, state=State.PUBLISHED)

    with pytest.raises(Changed):
        proposals.change(db, seen, NOW, state=State.REJECTED)
    assert proposals.get(db, seen.number).state is State.PUBLISHED


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("bench", [BENCH.title]),
        ("BUS  stops", []),
        ("bus stop", [BENCH.title]),
        ("مكتبه", [LIBRARY.title]),
        ("المكتبة السبت", [LIBRARY.title]),
        ("مكتبة الأحد", []),
        ("!", []),
    ],
)
def test_a_proposal_is_found_by_all_of_the_words(db: sa.Connection, words: str, titles: list[str]) -> None:
    filed(db)
    filed(db, LIBRARY)

    assert [found.title for found in proposals.newest(db, Wanted(words=words), 10)] == titles


def test_after_a_correction_it_is_found_by_the_new_words_only(db: sa.Connection) -> None:
    proposal = filed(db)
    corrected = proposals.correct(db, proposal, LIBRARY, PROMISED, NOW)

    assert (corrected.title, corrected.state) == (LIBRARY.title, State.WAITING)
    assert proposals.newest(db, Wanted(words="bench"), 10) == ()
    assert steps.of(db, proposal.number, ["corrected"])[0].details == f"{BENCH.title}\n\n{BENCH.text}"


def test_words_are_found_after_the_key_was_changed(database_url: str, seal: Seal) -> None:
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        number = filed(db).number
    engine.dispose()
    engine = open_writer(database_url, with_new_key(seal))
    with engine.begin() as db:
        rotation.reseal(db)
        assert [found.number for found in proposals.newest(db, Wanted(words="bench"), 10)] == [number]
    engine.dispose()


def test_a_claim_code_finds_its_proposal_and_no_other_does(db: sa.Connection) -> None:
    proposal = filed(db, claim="K7PM-2XQR")
    filed(db, LIBRARY)

    assert proposals.find_by_claim(db, "K7PM-2XQR") == proposal
    assert proposals.find_by_claim(db, "") is None
    assert proposals.find_by_claim(db, "K7PM-2XQS") is None


def pages(page: Callable[[Proposal | None], tuple[Proposal, ...]]) -> list[int]:
    """Every number, two at a time."""
    numbers: list[int] = []
    last: Proposal | None = None
    while found := page(last):
        numbers += [proposal.number for proposal in found]
        last = found[-1]
    return numbers


def test_lists_are_paged_without_a_gap_or_a_repetition(db: sa.Connection) -> None:
    made = [proposals.change(db, filed(db), NOW, promised=PROMISED + dt.timedelta(days=n % 3), supports=n % 2) for n in range(7)]
    numbers = [proposal.number for proposal in made]
    wanted = Wanted(states=(State.WAITING,), theme="local")

    assert pages(lambda last: proposals.newest(db, wanted, 2, last.number if last else None)) == numbers[::-1]
    by_promise = sorted(made, key=lambda each: (each.promised or PROMISED, each.number))
    after = lambda last: (last.promised, last.number) if last else None  # noqa: E731
    assert pages(lambda last: proposals.queue(db, wanted, 2, after(last))) == [each.number for each in by_promise]
    by_supports = sorted(made, key=lambda each: (-each.supports, -each.number))
    before = lambda last: (last.supports, last.number) if last else None  # noqa: E731
    assert pages(lambda last: proposals.most_supported(db, wanted, 2, before(last))) == [each.number for each in by_supports]
    assert proposals.newest(db, Wanted(theme="health-social"), 10) == ()


def test_a_person_supports_once_and_may_take_it_back(db: sa.Connection) -> None:
    number, youssef = filed(db).number, citizen(db, "youssef")

    assert [backing.support(db, number, youssef, NOW), backing.support(db, number, youssef, NOW)] == [True, False]
    assert proposals.get(db, number).supports == 1
    assert [backing.take_back(db, number, youssef), backing.take_back(db, number, youssef)] == [True, False]
    assert proposals.get(db, number).supports == 0


def test_who_supports_and_follows_is_told_once(db: sa.Connection) -> None:
    number, youssef, idir = filed(db).number, citizen(db, "youssef"), citizen(db, "idir")
    backing.support(db, number, youssef, NOW)
    backing.follow(db, number, youssef, NOW)
    backing.follow(db, number, idir, NOW, is_own=True)

    assert backing.listeners(db, number, 0, 10) == (youssef, idir)
    assert backing.listeners(db, number, youssef, 10) == (idir,)
    assert backing.holders(db, number) == (idir,)
    assert backing.followed_by(db, youssef, 10) == (number,)


def test_supporters_of_a_duplicate_support_the_other_once(db: sa.Connection) -> None:
    first, second = filed(db).number, filed(db, LIBRARY, author="youssef").number
    youssef, idir, salma = (person for name in ("youssef", "idir", "salma") if (person := _known(db, name)))
    for person in (youssef, idir, salma):
        backing.support(db, first, person, NOW)
    backing.support(db, second, salma, NOW)

    assert backing.hand_over(db, first, second, NOW) == 1  # Idir: Salma is there already, and Youssef wrote it
    assert proposals.get(db, second).supports == 2


def _known(db: sa.Connection, name: str) -> int:
    person = people.find_by_address(db, "console", name)
    return person.id if person else citizen(db, name)


def test_a_person_who_is_forgotten_leaves_the_proposal_without_its_author(db: sa.Connection) -> None:
    proposal, youssef = filed(db), citizen(db, "youssef")
    backing.support(db, proposal.number, youssef, NOW)
    people.forget(db, proposal.author or 0, NOW)
    people.forget(db, youssef, NOW)

    assert proposals.get(db, proposal.number).author is None
    assert backing.listeners(db, proposal.number, 0, 10) == ()


def test_a_held_proposal_is_held_by_one_until_it_is_let_go(db: sa.Connection) -> None:
    number, until = filed(db).number, NOW + dt.timedelta(minutes=15)

    assert proposals.hold(db, number, 1, until, NOW)
    assert not proposals.hold(db, number, 2, until, NOW)
    assert proposals.hold(db, number, 2, until + dt.timedelta(minutes=15), until)
    proposals.let_go(db, number, 1)
    assert not proposals.hold(db, number, 1, until, NOW)
    proposals.let_go(db, number, 2)
    assert proposals.hold(db, number, 1, until, NOW)


def test_a_missed_promise_is_found_once(db: sa.Connection) -> None:
    proposal = filed(db)

    assert proposals.missed(db, PROMISED, 10) == ()
    assert proposals.missed(db, PROMISED + dt.timedelta(days=1), 10) == (proposal,)
    proposals.change(db, proposal, NOW, missed_at=NOW)
    assert proposals.missed(db, PROMISED + dt.timedelta(days=1), 10) == ()
