"""`hiwar staff` and `hiwar audit verify`, as an operator types them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from civic.staff import Role
from service.command import main
from storage import staff
from tests.web.desk import employ, looking

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HIWAR_DATA", str(tmp_path / "data"))
    assert main(["migrate"]) == 0
    return tmp_path / "data"


def test_a_link_lets_somebody_in_with_the_roles_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staff", "invite"]) == 1
    assert main(["staff", "invite", "--role", "editor", "--role", "auditor"]) == 0
    token = re.findall(r"http://127.0.0.1:8080/desk/invitation/(\S+)", capsys.readouterr().out)[0]
    found = looking(data, lambda db: staff.invitation(db, token, NOW))
    assert found is not None
    assert found.roles == {Role.EDITOR, Role.AUDITOR}


def test_members_are_listed_reset_and_shut_out(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boss, other = employ(data, "administrator", name="Bahija"), employ(data, "editor", name="Amine")
    assert main(["staff", "list"]) == 0
    told = capsys.readouterr().out
    assert "Bahija" in told
    assert "last login never" in told
    assert main(["staff", "reset", str(other)]) == 0
    token = re.findall(r"/desk/invitation/(\S+)", capsys.readouterr().out)[0]
    found = looking(data, lambda db: staff.invitation(db, token, NOW))
    assert found is not None
    assert found.member_id == other
    assert main(["staff", "disable", str(other)]) == 0
    assert main(["staff", "disable", str(boss)]) == 1
    assert "last administrator" in capsys.readouterr().err
    for what in ("reset", "disable"):
        assert main(["staff", what]) == 1
        assert main(["staff", what, "99"]) == 1
    assert "disabled" in (main(["staff", "list"]), capsys.readouterr().out)[1]


def test_the_log_is_proved_and_the_first_broken_row_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _number in range(3):
        main(["staff", "invite", "--role", "editor"])
    assert main(["audit", "verify"]) == 0
    assert "The audit log is unbroken: 3 rows." in capsys.readouterr().out

    def forge(db: sa.Connection) -> None:
        db.execute(sa.text("drop trigger audit_stands"))
        db.execute(sa.text("update audit set actor = 'nobody' where id = 2"))

    looking(data, forge)
    assert main(["audit", "verify"]) == 1
    assert "the audit log is broken at row 2" in capsys.readouterr().err


def test_the_chain_holds_after_a_new_key(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["staff", "invite", "--role", "editor"])
    assert main(["key", "rotate"]) == 0
    assert main(["audit", "verify"]) == 0
    assert "unbroken: 2 rows" in capsys.readouterr().out
