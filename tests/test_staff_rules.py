"""The rules of the desk's staff: what a role may do, passwords that are refused, names, and how long a session lasts."""

from __future__ import annotations

import datetime as dt

import pytest

from civic.errors import Refusal
from civic.staff import MAY, Role, check_password, is_open, may, may_confirm, shown_name, sign_in_name

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.MODERATOR, {"decide", "block", "answer", "see"}),
        (Role.EDITOR, {"answer", "edit", "announce", "see"}),
        (Role.ADMINISTRATOR, {"block", "staff", "audit", "see"}),
        (Role.AUDITOR, {"audit", "see"}),
    ],
)
def test_each_role_may_do_just_this(role: Role, actions: set[str]) -> None:
    assert {action for action in MAY if may({role}, action)} == actions


def test_somebody_without_a_role_may_do_nothing_and_an_action_without_a_rule_is_a_mistake() -> None:
    assert not any(may((), action) for action in MAY)
    with pytest.raises(KeyError):
        may({Role.EDITOR}, "rule the world")


def test_a_second_person_confirms_but_in_a_team_of_one() -> None:
    assert may_confirm(1, 2, team_of_one=False)
    assert not may_confirm(1, 1, team_of_one=False)
    assert may_confirm(1, 1, team_of_one=True)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaaaaaaa", "password_simple"),
        ("abababababab", "password_simple"),
        ("abcdefghijkl1", "password_simple"),
        ("salma idrissi 1", "password_simple"),
        ("salma@example.ma", "password_simple"),
        ("motdepasse2026", "password_simple"),
        ("Password12345", "password_simple"),
        ("azertyuiop123", "password_simple"),
    ],
)
def test_a_password_that_somebody_would_try_first_is_refused(password: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        check_password(password, "Salma Idrissi", "salma@example.ma")


@pytest.mark.parametrize("password", ["trois figues et un tabouret", "زيتون فوق سطح البيت", "vK4!mq-7Rz_p2", "ⴰⵣⵎⵎⵓⵔ ⴳ ⵓⴷⵔⴰⵔ"])
def test_a_good_password_is_taken_in_any_script(password: str) -> None:
    check_password(password, "Salma Idrissi", "salma@example.ma")


def test_names_are_tidied_or_refused() -> None:
    assert sign_in_name("  Salma@Example.MA ") == "salma@example.ma"
    assert shown_name(" Salma \n Idrissi ") == "Salma Idrissi"
    for text in ("", "ab", "a b c", "x" * 121, "a\x00bc"):
        with pytest.raises(Refusal, match="sign_in_name"):
            sign_in_name(text)
    for text in (" ", "x" * 81, "a\u202eb"):
        with pytest.raises(Refusal, match="name"):
            shown_name(text)


def test_a_session_lasts_half_an_hour_of_silence_and_twelve_hours_in_all() -> None:
    hours, minutes = dt.timedelta(hours=1), dt.timedelta(minutes=1)
    assert is_open(NOW, NOW, NOW + 29 * minutes)
    assert not is_open(NOW, NOW, NOW + 30 * minutes)
    assert is_open(NOW, NOW + 11 * hours + 50 * minutes, NOW + 11 * hours + 59 * minutes)
    assert not is_open(NOW, NOW + 11 * hours + 50 * minutes, NOW + 12 * hours)
