"""What is told by the clock: when, to whom, once, and never late."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.buttons import Signer
from civic.local_time import notice_time, reminder_time, zone
from civic.seats import Place, offer_ends
from handlers.desk import organising
from handlers.event_notices import Told, tell_next
from handlers.telling import Post
from scheduler.reminders import remind
from scheduler.retention import KEPT, tidy
from storage import certificates, errands, events, lines, people, registrants, registrations
from storage.engines import open_writer
from storage.errands import Errand
from storage.ledger import Ledger
from storage.schema import errands as errand_table
from storage.schema import lines as line_table
from storage.schema import outbox
from storage.sealing import Seal
from tests.events.made import DAY, HOUR, MINUTE, NOW, PLACE, codes, filled, person, training, writing
from tests.stage import voices

ROOT = Path(__file__).parents[2]


def post(seal: Seal) -> Post:
    return Post(voices=voices(), signer=Signer(seal.key_for("buttons")), keeping=frozenset({"console", "webchat"}))


def told_to(db: sa.Connection, person_id: int) -> list[str]:
    return [line.said.shown.text for line in lines.after(db, person_id, 0)]


def do_all(db: sa.Connection, seal: Seal, at: dt.datetime) -> list[Told]:
    done = []
    while (one := tell_next(db, post(seal), at)) is not None:
        done.append(one)
    return done


def local(text: str) -> dt.datetime:
    """A moment in Morocco."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone())


@pytest.mark.parametrize(
    ("starts", "minutes", "reminded"),
    [
        ("2026-12-03T10:00", 1440, "2026-12-02T10:00"),
        ("2026-12-03T10:00", 60, "2026-12-03T09:00"),
        ("2026-12-03T08:30", 60, "2026-12-03T08:00"),
        ("2026-12-03T08:15", 60, "2026-12-02T20:30"),  # a quarter past seven is too early, and eight too late
        ("2026-12-03T07:00", 1440, "2026-12-02T08:00"),
        ("2026-12-03T22:30", 1440, "2026-12-03T08:00"),
        ("2026-12-03T21:30", 60, "2026-12-03T20:30"),
        ("2026-09-20T10:00", 1440, "2026-09-19T11:00"),  # the clock goes back in the night between: 24 hours, not one day
        ("2027-02-08T10:00", 1440, "2027-02-07T10:00"),  # Ramadan of 2027 begins: since 2026 the clock stays at UTC
    ],
)
def test_reminders_leave_people_to_sleep(starts: str, minutes: int, reminded: str) -> None:
    assert reminder_time(local(starts), dt.timedelta(minutes=minutes)) == local(reminded)


def test_the_clock_of_morocco_in_september_2026_and_in_ramadan_2027() -> None:
    """UTC+1 until 20 September 2026, UTC from then on, in Ramadan too."""
    assert local("2026-09-19T12:00").utcoffset() == dt.timedelta(hours=1)
    assert local("2026-09-20T12:00").utcoffset() == dt.timedelta(0)
    for day in ("2027-02-07", "2027-02-20", "2027-03-10", "2027-03-14"):
        assert local(f"{day}T12:00").utcoffset() == dt.timedelta(0)
    said = voices()["ar"].say(voices()["ar"].show(local("2026-09-19T10:00").astimezone(dt.UTC)))
    assert said == "السبت 19 شتنبر 2026، 10:00"
    assert voices()["ar"].show(local("2026-09-21T10:00").astimezone(dt.UTC)) == "الاثنين 21 شتنبر 2026، 10:00"
    assert voices()["ar"].show(local("2027-02-08T10:00").astimezone(dt.UTC)) == "الاثنين 8 فبراير 2027، 10:00"


def test_news_at_night_waits_unless_the_morning_is_too_late() -> None:
    night = local("2026-12-02T23:00")
    assert notice_time(night) == local("2026-12-03T08:00")
    assert notice_time(night, local("2026-12-03T09:00")) == night
    assert notice_time(night, local("2026-12-04T09:00")) == local("2026-12-03T08:00")
    assert notice_time(local("2026-12-02T12:00")) == local("2026-12-02T12:00")


def test_an_offer_never_ends_at_night_nor_after_the_start() -> None:
    noon = local("2026-12-01T12:00")
    assert offer_ends(noon, local("2026-12-10T10:00"), 1440) == local("2026-12-02T12:00")
    assert offer_ends(noon, local("2026-12-10T10:00"), 660) == local("2026-12-02T09:00")
    assert offer_ends(noon, local("2026-12-02T08:00"), 1440) is None
    assert offer_ends(noon, local("2026-12-01T17:00"), 1440) is None
    assert offer_ends(noon, local("2026-12-10T10:00"), 0) is None


def test_each_is_reminded_once_a_day_and_an_hour_before(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        numbers = codes()
        amina, idir = person(db, "amina"), person(db, "idir")
        registrations.register(db, session.id, amina, filled(), numbers, NOW)
        gone = registrations.register(db, session.id, idir, filled("Idir"), numbers, NOW)
        registrations.cancel(db, gone.id, NOW)
        for hours in (24, 23, 1, 0.5):
            do_all(db, seal, session.starts_at - hours * HOUR)
        assert len(told_to(db, amina)) == 2
        assert told_to(db, idir) == []


def test_a_late_reminder_is_dropped_not_sent(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        amina = person(db, "amina")
        registrations.register(db, session.id, amina, filled(), codes(), NOW)
        done = do_all(db, seal, session.starts_at - 30 * MINUTE)
        assert [(one.kind, one.dropped) for one in done] == [(Errand.REMINDER, True), (Errand.REMINDER, True)]
        assert told_to(db, amina) == []


def test_a_session_that_moves_takes_its_reminders_along(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        amina = person(db, "amina")
        registrations.register(db, session.id, amina, filled(), codes(), NOW)
        later = session.starts_at + 2 * DAY
        fields = organising.change_session(
            db, session.id, "staff:1", NOW, starts_at=later, ends_at=later + 3 * HOUR, place=PLACE, point=(34.0209, -6.8416)
        )
        assert fields == ("time",)
        assert [one.kind for one in do_all(db, seal, NOW)] == [Errand.CHANGED]
        assert do_all(db, seal, session.starts_at - 24 * HOUR) == []
        assert [one.people for one in do_all(db, seal, later - 24 * HOUR)] == [1]
        assert len(told_to(db, amina)) == 2


def test_cancelling_tells_everybody_and_stops_the_reminders(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        event = training(db, capacity=1)
        numbers = codes()
        seated, waiting = person(db, "amina"), person(db, "idir")
        registrations.register(db, event.sessions[0].id, seated, filled(), numbers, NOW)
        registrations.register(db, event.sessions[0].id, waiting, filled(), numbers, NOW)
        organising.cancel(db, event.id, "staff:1", NOW)
        assert [(one.kind, one.people) for one in do_all(db, seal, NOW)] == [(Errand.CANCELLED, 2)]
        assert do_all(db, seal, event.sessions[0].starts_at + 5 * DAY) == []


def test_thanks_go_to_those_who_came_or_to_all_where_nobody_was_checked_in(database_url: str, seal: Seal) -> None:
    numbers = codes()
    for checked_in in (True, False):
        with writing(database_url, seal) as db:
            session = training(db).sessions[0]
            made = [
                registrations.register(db, session.id, person(db, f"{name}{checked_in}"), filled(), numbers, NOW) for name in ("a", "b")
            ]
            if checked_in:
                registrations.check_in(db, made[0].id, session.starts_at)
            done = [one for one in do_all(db, seal, session.ends_at + DAY) if one.kind is Errand.THANKS]
            assert [one.people for one in done] == [1 if checked_in else 2]


def test_a_reminder_is_one_letter(database_url: str, seal: Seal) -> None:
    """On a channel that is written to from outside, what is told goes into the outbox once."""
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        amina = people.meet(db, "telegram", "1001", NOW).id
        registrations.register(db, session.id, amina, filled(), codes(), NOW)
        assert [one.people for one in do_all(db, seal, session.starts_at - DAY)] == [1]
        letters = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.person_id == amina)
        assert db.execute(letters).scalar_one() == 1


def test_somebody_who_left_is_not_written_to(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        amina = person(db, "amina")
        registrations.register(db, session.id, amina, filled(), codes(), NOW)
        people.forget(db, amina, NOW)
        assert [one.people for one in do_all(db, seal, session.starts_at - DAY)] == [0]
        event = events.of_session(db, session.id)
        assert event is not None
        assert event.sessions[0].seats.taken == 0


def test_answers_are_purged_and_counts_and_certificates_stay(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        event = training(db)
        session = event.sessions[0]
        made = registrations.register(db, session.id, person(db, "amina"), filled("أمينة", needs="ramp"), codes(), NOW)
        registrants.bring(db, made.id, "a question", NOW)
        registrations.check_in(db, made.id, session.starts_at)
        registrations.rate(db, made.id, 5, "good")
        came = registrations.find(db, made.id)
        assert came is not None
        given = certificates.give(db, came, event, session, lambda: "CERTIFICATE1", session.ends_at)
        tidy(db, session.ends_at + KEPT["registrations"] - DAY)
        kept = registrations.find(db, made.id)
        assert kept is not None and kept.name == "أمينة"
        tidied = tidy(db, session.ends_at + KEPT["registrations"] + DAY)
        assert (tidied["registrations"], tidied["brought_questions"]) == (1, 1)
        purged = registrations.find(db, made.id)
        assert purged is not None
        assert (purged.name, purged.needs, purged.remark, purged.answers, purged.person_id) == ("", "", "", {}, None)
        assert (purged.state, purged.rating, purged.arrived_at) == (Place.REGISTERED, 5, session.starts_at)
        found = certificates.find(db, given.code)
        assert found is not None
        assert found.is_of("  أَمينة ") and not found.is_of("Amina")
        assert registrants.brought_to(db, session.id) == ()


async def test_an_errand_that_fails_is_put_off_and_the_others_are_done(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        first, second = training(db, starts_in=2 * DAY).sessions[0], training(db, starts_in=2 * DAY + HOUR).sessions[0]
        broken = errands.add(db, Errand.MESSAGE, first.id, NOW, body="no json")
        numbers = codes()
        for session in (first, second):
            registrations.register(db, session.id, person(db, f"p{session.id}"), filled(), numbers, NOW)
        errands.add(db, Errand.MESSAGE, second.id, NOW, body='{"ar": "سلام"}')
    ledger = Ledger(open_writer(database_url, seal))
    told = await remind(ledger, lambda db, at: tell_next(db, post(seal), at), lambda: NOW)
    await ledger.close()
    with writing(database_url, seal) as db:
        row = db.execute(sa.select(errand_table).where(errand_table.c.id == broken)).one()
    assert told == 1
    assert row.state == "waiting" and row.due_at == NOW + errands.TRY_AGAIN


async def test_two_clocks_at_once_tell_each_once(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db, capacity=None).sessions[0]
        numbers = codes()
        who = [person(db, f"p{number}") for number in range(250)]
        for person_id in who:
            registrations.register(db, session.id, person_id, filled(), numbers, NOW)
    at = session.starts_at - DAY
    ledgers = [Ledger(open_writer(database_url, seal)) for _ in range(2)]
    told = await asyncio.gather(*(remind(ledger, lambda db, now: tell_next(db, post(seal), now), lambda: at) for ledger in ledgers))
    for ledger in ledgers:
        await ledger.close()
    with writing(database_url, seal) as db:
        counts = db.execute(sa.select(sa.func.count()).select_from(line_table).group_by(line_table.c.person_id)).scalars().all()
    assert sum(told) == 250
    assert counts == [1] * 250


_TELLER = """
import asyncio, sys, datetime as dt
from pathlib import Path
from bot.buttons import Signer
from handlers.event_notices import tell_next
from handlers.telling import Post
from scheduler.reminders import remind
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import open_seal
from tests.stage import voices

async def main():
    url, key, at = sys.argv[1], Path(sys.argv[2]), dt.datetime.fromisoformat(sys.argv[3])
    seal = open_seal(key)
    post = Post(voices=voices(), signer=Signer(seal.key_for("buttons")), keeping=frozenset({"console"}))
    ledger = Ledger(open_writer(url, seal))

    def do(db, now):
        done = tell_next(db, post, now)
        print(done.people if done else "end", flush=True)
        return done

    await remind(ledger, do, lambda: at)
    await ledger.close()

asyncio.run(main())
"""


def test_killed_in_the_middle_each_is_told_once(database_url: str, seal: Seal, tmp_path: Path) -> None:
    """kill -9 between and in the middle of batches: what was not committed is done by the next process, what was is not repeated."""
    from storage.sealing import write_keys

    key = tmp_path / "teller.key"
    write_keys(key, seal.masters)
    with writing(database_url, seal) as db:
        session = training(db, capacity=None).sessions[0]
        numbers = codes()
        who = [person(db, f"p{number}") for number in range(600)]
        for person_id in who:
            registrations.register(db, session.id, person_id, filled(), numbers, NOW)
    at = (session.starts_at - DAY).isoformat()
    script = tmp_path / "teller.py"
    script.write_text(textwrap.dedent(_TELLER))
    for batches in (1, 2, 1000):
        teller = subprocess.Popen(
            [sys.executable, str(script), database_url, str(key), at],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert teller.stdout is not None
        with teller.stdout as output:
            for number, line in enumerate(output, start=1):
                if line == "end\n":
                    break
                if number == batches:
                    teller.send_signal(signal.SIGKILL)
                    break
        teller.wait()
    with writing(database_url, seal) as db:
        counts = db.execute(sa.select(sa.func.count()).select_from(line_table).group_by(line_table.c.person_id)).scalars().all()
    assert counts == [1] * 600
