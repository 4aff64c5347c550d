"""Who works at the desk, on both databases: names that are taken, codes and invitations that count once, sessions that end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from civic.errors import Refusal
from civic.staff import IDLE, LONGEST, Role
from storage import audit, staff
from storage.engines import open_writer
from storage.schema import staff as staff_table
from storage.sealing import Seal

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def db(database_url: str, seal: Seal) -> Iterator[sa.Connection]:
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        yield db
    engine.dispose()


def join(db: sa.Connection, address: str = "salma@example.ma", *roles: Role) -> int:
    about = {"name": "Salma Idrissi", "password": "a hash", "second_factor": "SECRET", "language": "ar", "at": NOW}
    return staff.join(db, address=address, roles=roles or {Role.EDITOR}, codes=("aaaa", "bbbb"), **about)


def test_a_member_is_found_again_and_nothing_personal_is_readable_without_the_key(db: sa.Connection) -> None:
    assert staff.is_anyone_there(db) is False
    member_id = join(db)
    assert staff.is_anyone_there(db) is True
    found = staff.secrets_of(db, "salma@example.ma")
    assert found is not None
    assert (found.member.id, found.member.name, found.password, found.second_factor) == (member_id, "Salma Idrissi", "a hash", "SECRET")
    raw = db.execute(sa.text("select name, address, password, second_factor from staff")).one()
    assert all(word not in bytes(value) for value in raw for word in (b"Salma", b"salma", b"hash", b"SECRET"))


def test_a_name_to_sign_in_with_is_taken_once(db: sa.Connection) -> None:
    join(db)
    with pytest.raises(Refusal, match="taken"):
        join(db)


def test_a_code_counts_once_and_none_before_it_counts_afterwards(db: sa.Connection) -> None:
    member_id = join(db)
    assert [staff.use_step(db, member_id, step) for step in (10, 10, 9, 11)] == [True, False, False, True]


def test_a_recovery_code_counts_once_and_new_ones_replace_the_old(db: sa.Connection) -> None:
    member_id = join(db)
    assert staff.codes_left(db, member_id) == 2
    assert [staff.use_code(db, member_id, code) for code in ("aaaa", "aaaa", "cccc")] == [True, False, False]
    staff.keep_codes(db, member_id, ("dddd",))
    assert staff.codes_left(db, member_id) == 1
    assert staff.use_code(db, member_id, "bbbb") is False


def accept(db: sa.Connection, token: str, at: dt.datetime, address: str = "amine@example.ma") -> int:
    return staff.accept(db, token, name="Amine", address=address, password="x", language="fr", step=7, codes=(), at=at)


def test_an_invitation_is_good_once_and_until_its_end(db: sa.Connection) -> None:
    staff.invite(db, "token", {Role.MODERATOR}, "SECRET", NOW, NOW + LONGEST, "operator")
    assert staff.invitation(db, "other", NOW) is None
    assert staff.invitation(db, "token", NOW + LONGEST) is None
    member_id = accept(db, "token", NOW)
    found = staff.find(db, member_id)
    assert found is not None
    assert (found.roles, found.language) == ({Role.MODERATOR}, "fr")
    assert staff.use_step(db, member_id, 7) is False  # the code of the invitation counted
    with pytest.raises(Refusal, match="invitation"):
        accept(db, "token", NOW, "other@example.ma")


def test_a_link_of_the_first_start_replaces_the_one_before(db: sa.Connection) -> None:
    for token in ("first", "second"):
        staff.invite_first(db, token, {Role.ADMINISTRATOR}, "SECRET", NOW, NOW + LONGEST)
    assert staff.invitation(db, "first", NOW) is None
    assert staff.invitation(db, "second", NOW) is not None


def test_a_reset_replaces_the_secrets_and_ends_the_sessions(db: sa.Connection) -> None:
    member_id = join(db)
    staff.begin(db, "cookie", member_id, "a browser", NOW)
    staff.invite(db, "token", (), "NEW", NOW, NOW + LONGEST, "operator", member_id)
    assert staff.session(db, "cookie", NOW) is not None
    assert accept(db, "token", NOW) == member_id
    assert staff.session(db, "cookie", NOW) is None
    found = staff.secrets_by_id(db, member_id)
    assert found is not None
    assert (found.second_factor, found.password, found.member.name, found.member.address) == (
        "NEW",
        "x",
        "Salma Idrissi",
        "salma@example.ma",
    )


def test_a_session_ends_by_itself_by_hand_and_with_its_member(db: sa.Connection) -> None:
    member_id = join(db)
    join(db, "boss@example.ma", Role.ADMINISTRATOR)
    number = staff.begin(db, "one", member_id, "a browser", NOW)
    assert staff.session(db, "one", NOW + IDLE - MINUTE) is not None
    assert staff.session(db, "one", NOW + IDLE) is None
    at = NOW
    while at < NOW + LONGEST - IDLE:
        at += IDLE - MINUTE
        staff.see(db, number, at)
    assert staff.session(db, "one", NOW + LONGEST - MINUTE) is not None
    assert staff.session(db, "one", NOW + LONGEST) is None
    staff.end(db, number, member_id + 1, NOW, "staff:2")  # not theirs
    assert staff.session(db, "one", at) is not None
    staff.disable(db, member_id, NOW, "operator")
    assert staff.session(db, "one", at) is None
    assert staff.secrets_of(db, "salma@example.ma") is None
    staff.enable(db, member_id, NOW, "operator")
    assert staff.session(db, "one", at) is None
    assert staff.secrets_of(db, "salma@example.ma") is not None


def test_the_last_administrator_stays_one(db: sa.Connection) -> None:
    boss = join(db, "boss@example.ma", Role.ADMINISTRATOR)
    other = join(db, "other@example.ma", Role.ADMINISTRATOR)
    staff.disable(db, other, NOW, "operator")
    for change in (lambda: staff.disable(db, boss, NOW, "x"), lambda: staff.set_roles(db, boss, {Role.EDITOR}, NOW, "x")):
        with pytest.raises(Refusal, match="last_administrator"):
            change()
    staff.enable(db, other, NOW, "operator")
    staff.set_roles(db, boss, {Role.EDITOR}, NOW, "operator")


def test_everything_stands_in_the_log(db: sa.Connection) -> None:
    member_id = join(db)
    join(db, "boss@example.ma", Role.ADMINISTRATOR)
    staff.begin(db, "one", member_id, "a browser", NOW)
    staff.set_roles(db, member_id, {Role.AUDITOR}, NOW, "staff:2")
    staff.set_password(db, member_id, "new", NOW, f"staff:{member_id}")
    staff.end_all(db, member_id, NOW, "staff:2")
    staff.disable(db, member_id, NOW, "staff:2")
    noted = [(note.actor, note.action) for note in reversed(audit.page(db, limit=20))]
    me, boss = f"staff:{member_id}", "staff:2"
    assert noted == [
        (me, "signed_in"),
        (boss, "roles_changed"),
        (me, "password_changed"),
        (boss, "sessions_ended"),
        (boss, "member_disabled"),
    ]
    assert audit.verify(db).broken is None


def test_a_member_deleted_by_hand_takes_what_is_theirs_along(db: sa.Connection) -> None:
    member_id = join(db)
    staff.begin(db, "one", member_id, "a browser", NOW)
    db.execute(staff_table.delete().where(staff_table.c.id == member_id))
    assert staff.session(db, "one", NOW) is None
    assert staff.codes_left(db, member_id) == 0
