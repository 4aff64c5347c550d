"""What an operator does by hand does what it says, and refuses what would lose something."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from bot.messages import Incoming
from service import content, operations
from service.running import InUse, refuse_half_rotated, running
from service.settings import Settings
from storage import audit, inbox, lines, people
from storage.engines import open_writer
from storage.schema import HEAD, conversations, dead_letters
from storage.schema import audit as audit_table
from storage.schema import inbox as inbox_table
from storage.schema import people as people_table
from storage.sealing import KeyUnreadable, Seal, SealBroken, open_seal, with_new_key, write_keys
from storage.upgrade import revision
from tests.fakes.telegram_api import FakeTelegram

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SECRET_WORDS = "my neighbour Idder asked"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A fresh installation that knows nothing: no message here needs to be understood, and building that takes seconds."""
    return Settings(data=tmp_path / "data", content=tmp_path / "empty", encoder=False, port=0)


def in_database(settings: Settings, function: Callable[[sa.Connection], object]) -> object:
    engine = open_writer(settings.url, open_seal(settings.key_path))
    try:
        with engine.begin() as db:
            return function(db)
    finally:
        engine.dispose()


def actions(settings: Settings) -> list[tuple[str, str]]:
    read = sa.select(audit_table.c.action, audit_table.c.subject).order_by(audit_table.c.id)
    return in_database(settings, lambda db: [tuple(row) for row in db.execute(read)])


# Migrating


def test_a_fresh_installation_is_migrated_once(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.migrate(settings) == 0
    assert in_database(settings, revision) == HEAD
    assert settings.key_path.stat().st_mode & 0o777 == 0o600
    assert operations.migrate(settings) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert HEAD in first
    assert "as it did before" in second


def test_a_database_that_is_not_there_is_told_without_its_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(data=tmp_path, database_url="postgresql://hiwar:swordfish@127.0.0.1:1/none?connect_timeout=2")
    assert operations.migrate(settings) == 1
    told = capsys.readouterr().err
    assert "the database cannot be used" in told
    assert "swordfish" not in told


# Content


def test_the_content_is_listed_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert content.list_content(as_json=True) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(listed) >= 60
    assert all(set(entry) == {"id", "topic", "languages", "examples", "as_of"} for entry in listed)
    petition = next(entry for entry in listed if entry["id"] == "petition-what")
    assert petition["topic"] == "petitions-motions"
    assert {"ar", "fr", "en"} <= set(petition["languages"])
    assert petition["examples"]["ary-Latn"] >= 8


def test_the_content_is_listed_as_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert content.list_content(as_json=False) == 0
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "topic", "as", "of", "languages", "examples"]
    assert any(row.startswith("petition-what ") for row in rows)
    assert last == f"{len(rows)} entries"


def test_a_mistake_in_the_content_is_told_by_file_entry_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "news.yml").write_text("- {id: one, topic: news}\n", "utf-8")
    (tmp_path / "knowledge" / "contact.yml").write_text("- {id: [\n", "utf-8")
    assert content.check_content(tmp_path) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("error: news.yml, one, -: ") and "as_of" in line for line in told)
    assert any(line.startswith("error: contact.yml, -, -: ") for line in told)
    assert told[-1] == "0 entries, 2 errors, 0 to look at"


# Changing the key


def raw_keys(settings: Settings) -> set[int]:
    read = sa.select(sa.type_coerce(people_table.c.address, sa.LargeBinary))
    return in_database(settings, lambda db: {bytes(raw)[0] for raw in db.execute(read).scalars()})


def with_a_person(settings: Settings) -> None:
    operations.migrate(settings)
    in_database(settings, lambda db: people.meet(db, "webchat", "Tiziri", NOW))
    in_database(settings, lambda db: audit.note(db, NOW, "operator", "tested", "nothing", "a sealed detail"))


def test_after_a_change_of_the_key_only_the_new_one_is_left_and_opens_everything(settings: Settings) -> None:
    with_a_person(settings)
    old = open_seal(settings.key_path)
    assert operations.rotate_key(settings) == 0
    new = open_seal(settings.key_path)
    assert list(new.masters) == [2]
    assert new.masters[2] != old.masters[1]
    assert raw_keys(settings) == {2}
    assert in_database(settings, lambda db: people.find_by_address(db, "webchat", "Tiziri")) is not None
    assert actions(settings) == [("tested", "nothing"), ("key_rotated", "key 2")]
    assert settings.key_path.stat().st_mode & 0o777 == 0o600
    assert operations.rotate_key(settings) == 0
    assert raw_keys(settings) == {3}


@pytest.mark.parametrize("is_sealed_anew", [False, True])
def test_a_change_that_was_interrupted_loses_nothing_and_is_finished_by_the_next(settings: Settings, is_sealed_anew: bool) -> None:
    """The power went after the key file got both keys, before or after the database was sealed anew."""
    from storage import rotation

    with_a_person(settings)
    ring = with_new_key(open_seal(settings.key_path))
    write_keys(settings.key_path, ring.masters)
    if is_sealed_anew:
        in_database(settings, rotation.reseal)
    assert in_database(settings, lambda db: people.find(db, 1)) is not None
    with pytest.raises(KeyUnreadable, match="hiwar key rotate"):
        refuse_half_rotated(settings.key_path)
    assert operations.rotate_key(settings) == 0
    assert open_seal(settings.key_path).masters == {2: ring.masters[2]}
    assert in_database(settings, lambda db: people.find_by_address(db, "webchat", "Tiziri")) is not None
    refuse_half_rotated(settings.key_path)


def test_a_value_that_cannot_be_opened_leaves_key_and_database_as_they_were(settings: Settings) -> None:
    with_a_person(settings)
    in_database(settings, lambda db: db.execute(sa.text("update audit set details = x'01ff'")))
    before = settings.key_path.read_bytes()
    with pytest.raises(SealBroken, match=r"audit\.details"):
        operations.rotate_key(settings)
    assert settings.key_path.read_bytes() == before
    assert raw_keys(settings) == {1}


def test_without_a_key_or_a_database_there_is_nothing_to_change(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.rotate_key(settings) == 1
    assert "no key yet" in capsys.readouterr().err
    write_keys(settings.key_path, {1: bytes(32)})
    assert operations.rotate_key(settings) == 1
    assert "no database yet" in capsys.readouterr().err
    assert list(open_seal(settings.key_path).masters) == [1]
    assert not (settings.data / "hiwar.db").exists()


def test_two_programs_may_share_a_data_folder_but_not_with_a_change_of_the_key(tmp_path: Path) -> None:
    with running(tmp_path), running(tmp_path), pytest.raises(InUse, match="stop it first"), running(tmp_path, alone=True):
        pass
    with running(tmp_path, alone=True), pytest.raises(InUse, match="is being changed"), running(tmp_path):
        pass
    with running(tmp_path, alone=True):
        pass


def started(settings: Settings) -> subprocess.Popen[str]:
    """A real Hiwar on the data folder, once it says that it listens."""
    given = {"HIWAR_DATA": str(settings.data), "HIWAR_CONTENT": str(settings.content), "HIWAR_PORT": "0", "HIWAR_ENCODER": "false"}
    environment = {**os.environ, **given, "HIWAR_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-c", "import sys; from service.command import main; sys.exit(main(['run']))"]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert "listening" in program.stdout.readline(), program.communicate()[1]
    return program


def test_the_key_is_not_changed_under_a_running_hiwar(settings: Settings) -> None:
    program = started(settings)
    try:
        with pytest.raises(InUse, match="stop it first"):
            operations.rotate_key(settings)
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=30)
    assert list(open_seal(settings.key_path).masters) == [1]
    assert operations.rotate_key(settings) == 0
    again = started(settings)
    again.send_signal(signal.SIGTERM)
    _out, told = again.communicate(timeout=30)
    assert again.returncode == 0, told


# Dead letters


def a_message(channel: str = "webchat", **more: object) -> Incoming:
    return Incoming(channel=channel, event="e1", address="77", at=NOW, text="/help " + SECRET_WORDS, **more)


def bury(settings: Settings, incoming: Incoming) -> None:
    """As a turn that fails leaves it: a dead letter, and its event in the inbox."""

    def put(db: sa.Connection) -> None:
        person = people.meet(db, incoming.channel, incoming.address, NOW)
        people.set_language(db, person.id, "en", chosen=True)
        inbox.bury(
            db, incoming.channel, incoming.event, NOW, msgspec.json.encode(incoming).decode(), "KeyError in ask, questions.py line 3"
        )
        inbox.receive(db, incoming.channel, incoming.event, NOW, None)

    operations.migrate(settings)
    in_database(settings, put)


def states(settings: Settings) -> dict[int, str]:
    return in_database(settings, lambda db: dict(db.execute(sa.select(dead_letters.c.id, dead_letters.c.state)).all()))


async def test_dead_letters_are_listed_without_what_they_say(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    bury(settings, a_message())
    capsys.readouterr()
    assert await operations.letters(settings, "list", None) == 0
    told = capsys.readouterr().out
    assert "1  2026-11-22 12:00 UTC  webchat     KeyError in ask, questions.py line 3" in told
    assert SECRET_WORDS not in told
    assert "77" not in told


async def test_a_dead_letter_is_answered_again_though_the_inbox_knows_its_event(settings: Settings) -> None:
    bury(settings, a_message())
    assert await operations.letters(settings, "answer", 1) == 0
    assert states(settings) == {1: "answered"}
    said = in_database(settings, lambda db: lines.after(db, 1, 0))
    assert [line.side for line in said] == ["you", "bot"]
    assert actions(settings) == [("letter_answered", "letter 1")]
    assert await operations.letters(settings, "answer", 1) == 1  # it waits no longer


async def test_the_late_answer_reaches_the_person_on_telegram(settings: Settings) -> None:
    bury(settings, a_message("telegram"))
    async with FakeTelegram() as telegram:
        with_token = Settings(**{**settings.model_dump(), "telegram_token": telegram.token, "telegram_base_url": telegram.url})
        assert await operations.letters(with_token, "answer", 1) == 0
        assert [one.chat for one in telegram.sent()] == ["77"]
    assert states(settings) == {1: "answered"}


async def test_a_dead_letter_of_a_channel_without_a_token_goes_on_waiting(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    bury(settings, a_message("telegram"))
    assert await operations.letters(settings, "answer", 1) == 1
    assert "telegram, which is not set up" in capsys.readouterr().err
    assert states(settings) == {1: "waiting"}


async def test_a_dead_letter_that_fails_again_goes_on_waiting_and_can_be_tried_again(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    bury(settings, a_message())
    broken = {"person_id": 1, "state": "this is no conversation", "version": 1, "updated_at": NOW}
    in_database(settings, lambda db: db.execute(conversations.insert().values(broken)))
    for _try in range(2):
        assert await operations.letters(settings, "answer", 1) == 1
        assert "could not be answered this time either" in capsys.readouterr().err
    assert {number: state for number, state in states(settings).items() if state == "waiting"} == {1: "waiting"}
    in_database(settings, lambda db: db.execute(conversations.delete()))
    assert await operations.letters(settings, "answer", 1) == 0
    assert set(states(settings).values()) == {"answered", "dropped"}


async def test_a_try_that_was_cut_short_after_its_commit_is_not_done_twice(settings: Settings) -> None:
    bury(settings, a_message())
    in_database(settings, lambda db: inbox.receive(db, "webchat", "again-1-0", NOW, None))
    assert await operations.letters(settings, "answer", 1) == 0
    assert states(settings) == {1: "answered"}
    assert in_database(settings, lambda db: lines.after(db, 1, 0)) == ()


async def test_a_dead_letter_is_dropped_and_its_event_stays_known(settings: Settings) -> None:
    bury(settings, a_message())
    assert await operations.letters(settings, "drop", 1) == 0
    assert states(settings) == {1: "dropped"}
    assert actions(settings) == [("letter_dropped", "letter 1")]
    assert in_database(settings, lambda db: db.execute(sa.select(inbox_table.c.event)).scalars().all()) == ["e1"]


async def test_letters_say_what_is_missing(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert await operations.letters(settings, "answer", None) == 1
    assert "hiwar letters answer NUMBER" in capsys.readouterr().err
    assert await operations.letters(settings, "list", None) == 1
    assert "no database yet" in capsys.readouterr().err
    assert not settings.data.exists()
    await asyncio.to_thread(operations.migrate, settings)
    assert await operations.letters(settings, "drop", 9) == 1
    assert "no message with the number 9" in capsys.readouterr().err


def test_a_key_of_another_installation_opens_nothing_and_says_so(settings: Settings) -> None:
    bury(settings, a_message())
    write_keys(settings.key_path, {1: bytes(range(32))})
    with pytest.raises(SealBroken):
        asyncio.run(operations.letters(settings, "list", None))
    assert isinstance(open_seal(settings.key_path), Seal)
