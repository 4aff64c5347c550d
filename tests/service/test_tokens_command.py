"""`hiwar token`: made, listed without the token, revoked, and told what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import tokens_desk
from service.command import main
from service.operations import migrate
from service.settings import Settings
from service.staff_desk import look
from storage import tokens


def test_a_token_is_made_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIWAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HIWAR_ENCODER", "false")
    settings = Settings()
    assert migrate(settings) == 0
    assert main(["token", "create", "Portal", "--scope", "proposals:read", "--scope", "proposals:decide"]) == 0
    shown = capsys.readouterr().out.partition("token: ")[2].splitlines()[0]
    found = look(settings, lambda db: tokens.find(db, shown))
    assert found is not None
    assert (found.name, found.scopes, found.actor) == ("Portal", ("proposals:read", "proposals:decide"), "api:1")
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "Portal" in listed and shown not in listed
    assert main(["token", "revoke", "1"]) == 0
    assert look(settings, lambda db: tokens.find(db, shown)) is None


@pytest.mark.parametrize(
    "arguments", [["create"], ["create", "Portal"], ["create", "Portal", "--scope", "everything"], ["revoke"], ["revoke", "9"]]
)
def test_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("HIWAR_DATA", str(tmp_path / "data"))
    settings = Settings()
    assert migrate(settings) == 0
    assert main(["token", *arguments]) == 1
    said = capsys.readouterr().err
    assert "hiwar token" in said or "--scope" in said
    assert tokens_desk.list_tokens(settings) == 0
