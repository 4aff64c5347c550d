"""The doctor finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.messages import Shown
from channels.telegram import WebhookState
from service import checks_machine as machine
from service import checks_storage as storage
from service import checks_telegram as telegram
from service import operations
from service.doctor import examine, expected_webhook
from service.findings import Finding, Level
from service.settings import Settings
from storage import inbox, outbox, people, soundness
from storage.engines import open_writer
from storage.schema import HEAD
from storage.sealing import Seal, open_seal, with_new_key, write_keys
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.telegram_trouble import Trouble

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
OK, ATTENTION, BROKEN = Level.OK, Level.ATTENTION, Level.BROKEN


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", encoder=False, port=0)


@pytest.fixture
def installed(settings: Settings) -> Iterator[Settings]:
    """An installation that ran once, with a person in it."""
    operations.migrate(settings)
    write(settings, lambda db: people.meet(db, "telegram", "77", NOW))
    yield settings


def write(settings: Settings, function: object) -> object:
    engine = open_writer(settings.url, open_seal(settings.key_path))
    try:
        with engine.begin() as db:
            return function(db)
    finally:
        engine.dispose()


def look(settings: Settings, now: dt.datetime = NOW) -> list[Finding]:
    return storage.look(settings.url, settings.key_path, now).findings


def only(findings: Iterable[Finding], level: Level) -> Finding:
    """The one finding of a level; whatever is not ok says what to do."""
    found = [finding for finding in findings if finding.level is level]
    assert len(found) == 1, found
    assert bool(found[0].do) == (level is not OK)
    return found[0]


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything about a folder that an examination could change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


# As a whole


async def test_a_fresh_machine_is_sound_and_nothing_is_made_on_it(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert await examine(settings, lambda: NOW) == 0
    told = capsys.readouterr().out
    assert "database: " in told
    assert told.count("`hiwar run` makes it") == 3  # data folder, key, database
    assert "clock: could not be checked" in told
    assert not settings.data.exists()


async def test_an_installation_is_examined_without_a_change_to_any_file(installed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(installed.data)
    assert await examine(installed, lambda: NOW) == 0
    assert tree(installed.data) == before
    told = capsys.readouterr().out
    assert "ok         key: opens what is in the database" in told
    assert f"ok         database: at revision {HEAD}" in told
    assert "ok         database: SQLite finds no fault" in told


async def test_a_running_installation_is_examined_beside_its_writer(installed: Settings) -> None:
    engine = open_writer(installed.url, open_seal(installed.key_path))
    with engine.begin() as db:
        people.meet(db, "telegram", "78", NOW)
        before = set(tree(installed.data))
        assert {finding.level for finding in look(installed)} == {OK}
        assert set(tree(installed.data)) == before
    engine.dispose()


async def test_every_finding_that_is_not_ok_is_told_with_what_to_do_and_the_status_says_it(
    installed: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.key_path.unlink()
    assert await examine(installed, lambda: NOW) == 1
    lines = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("broken     key: "))
    assert "is missing, but there is a database" in lines[place]
    assert lines[place + 1].strip().startswith("-> restore the key from your backup")
    assert " broken, " in lines[-1]
    assert not installed.key_path.exists()


async def test_with_a_token_telegram_is_asked_and_its_clock_compared(installed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeTelegram() as fake:
        given = {"telegram_token": fake.token, "telegram_base_url": fake.url}
        assert await examine(Settings(**{**installed.model_dump(), **given})) == 0
        told = capsys.readouterr().out
        assert "clock: agrees with Telegram's" in told
        assert "Telegram: the token is @HiwarTestBot's" in told
        assert set(fake.calls) == {"getMe", "getWebhookInfo"}  # reading only, and never getUpdates
        assert fake.token not in told


async def test_a_secret_is_never_told(installed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeTelegram() as fake:
        given = {
            "telegram_token": fake.token,
            "telegram_base_url": fake.url,
            "public_url": "https://hiwar.example.ma",
            "database_url": "postgresql://hiwar:swordfish@127.0.0.1:1/none?connect_timeout=2",
        }
        fake.updates.url = "https://other.example.ma/bot/their-secret-path"
        assert await examine(Settings(**{**installed.model_dump(), **given})) == 1
    told = capsys.readouterr().out
    assert "leads elsewhere, to other.example.ma" in told
    for secret in (fake.token, "swordfish", "their-secret-path"):
        assert secret not in told


# Settings


@pytest.mark.parametrize(
    ("given", "environment", "level", "words"),
    [
        ({}, {}, OK, "no Telegram token"),
        ({"telegram_token": "123456789:AAF-abcdefghijklmnopqrstuvwxyz_012345"}, {}, OK, "a Telegram token is set"),
        ({"telegram_token": "AAF-abcdefghij"}, {}, BROKEN, "has not the form"),
        ({}, {"HIWAR_TELEGRAM_TOKN": "1"}, ATTENTION, "HIWAR_TELEGRAM_TOKN is set"),
        ({}, {"HIWAR_PORT": "1", "HOME": "/"}, OK, "no public address"),
        ({"public_url": "https://hiwar.example.ma"}, {}, ATTENTION, "no proxy is trusted"),
        ({"public_url": "https://hiwar.example.ma", "trusted_proxies": 1}, {}, OK, "the public address is https://hiwar.example.ma"),
        ({"public_url": "https://:8443", "trusted_proxies": 1}, {}, BROKEN, "no host"),
        (
            {
                "public_url": "https://hiwar.example.ma:9443",
                "trusted_proxies": 1,
                "telegram_token": "123456789:AAF-abcdefghijklmnopqrstuvwxyz_012345",
            },
            {},
            BROKEN,
            "does not deliver to port 9443",
        ),
    ],
)
def test_settings_are_looked_at(given: dict[str, object], environment: dict[str, str], level: Level, words: str) -> None:
    findings = [finding for finding in machine.settings_given(Settings(**given), environment) if words in finding.found]
    assert [finding.level for finding in findings] == [level]


def test_a_token_is_never_shown() -> None:
    for token in ("123456789:AAF-abcdefghijklmnopqrstuvwxyz_012345", "half-a-token"):
        assert all(token not in str(finding) for finding in machine.settings_given(Settings(telegram_token=token), {}))


# The data folder


def test_a_data_folder_open_to_others_or_of_another_user_wants_attention(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert "mode 750" in only(machine.data_folder(tmp_path, os.geteuid()), ATTENTION).found
    assert "this is user 54321" in only(machine.data_folder(tmp_path, 54321), ATTENTION).found
    tmp_path.chmod(0o700)
    only(machine.data_folder(tmp_path, os.geteuid()), OK)


def test_a_file_in_the_place_of_the_data_folder_or_above_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "not a folder" in only(machine.data_folder(tmp_path / "data", 0), BROKEN).found
    assert "cannot be made" in only(machine.data_folder(tmp_path / "data" / "below", 0), BROKEN).found


@pytest.mark.parametrize(("free", "level"), [(5 * machine.GIB, OK), (machine.GIB - 1, ATTENTION), (machine.NO_SPACE - 1, BROKEN)])
def test_little_room_on_the_disk_is_told_in_time(free: int, level: Level) -> None:
    assert machine.room(free).level is level


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_one_above(tmp_path: Path) -> None:
    assert machine.nearest(tmp_path / "a" / "b") == tmp_path
    assert machine.disk(tmp_path / "a" / "b").what == "disk"


# The key


def test_a_key_that_others_can_read_is_broken(installed: Settings) -> None:
    installed.key_path.chmod(0o640)
    assert "chmod 600" in only(look(installed), BROKEN).do


@pytest.mark.parametrize("content", ["", "1:short\n", "not a key\n", "1:ⴰ\n"])
def test_a_damaged_key_is_broken(installed: Settings, content: str) -> None:
    installed.key_path.write_text(content, "utf-8")
    assert "backup" in only(look(installed), BROKEN).do


def test_the_key_of_another_database_is_broken(installed: Settings) -> None:
    write_keys(installed.key_path, {1: bytes(range(32))})
    found = only(look(installed), BROKEN)
    assert "cannot be opened with the keys at hand" in found.found
    assert "belongs to this database" in found.do


def test_an_interrupted_change_of_the_key_is_broken(installed: Settings) -> None:
    write_keys(installed.key_path, with_new_key(open_seal(installed.key_path)).masters)
    assert "hiwar key rotate" in only(look(installed), BROKEN).do


# The database


@pytest.mark.parametrize(
    ("revision", "level", "words"),
    [(HEAD, OK, HEAD), ("", OK, "`hiwar run` makes the tables"), ("0000", ATTENTION, "needs"), ("9999", BROKEN, "knows only")],
)
def test_the_revision_of_the_database_is_compared(revision: str, level: Level, words: str) -> None:
    found = storage.schema(revision)
    assert found.level is level
    assert words in found.found


def test_a_damaged_database_is_broken_and_the_backup_named(installed: Settings) -> None:
    file = soundness.sqlite_file(installed.url)
    assert file is not None
    with file.open("r+b") as opened:
        opened.seek(4096 + 8)
        opened.write(bytes(200))
    assert any(finding.level is BROKEN and finding.what == "database" and "backup" in finding.do for finding in look(installed))


def test_a_file_that_is_no_database_is_broken(settings: Settings) -> None:
    settings.data.mkdir()
    (settings.data / "hiwar.db").write_bytes(b"no database at all, but long enough to be read as one" * 40)
    assert "cannot be read" in only(look(settings), BROKEN).found


def test_a_database_that_is_not_in_wal_mode_wants_attention(installed: Settings) -> None:
    engine = sa.create_engine(installed.url)
    with engine.connect() as db:
        db.exec_driver_sql("pragma journal_mode=delete")
    engine.dispose()
    assert "WAL" in only(look(installed), ATTENTION).found


@pytest.mark.parametrize(
    ("server", "level", "words"),
    [
        (soundness.Server(18, "UTF8", ()), OK, "PostgreSQL 18"),
        (soundness.Server(13, "UTF8", ()), ATTENTION, "no longer maintained"),
        (soundness.Server(18, "SQL_ASCII", ()), BROKEN, "SQL_ASCII"),
        (soundness.Server(18, "UTF8", ("UPDATE on people",)), BROKEN, "UPDATE on people"),
    ],
)
def test_a_postgresql_server_is_judged(server: soundness.Server, level: Level, words: str) -> None:
    found = storage.server(server)
    assert found.level is level
    assert words in found.found


def test_a_postgresql_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    found = storage.look("postgresql://hiwar:swordfish@127.0.0.1:1/none?connect_timeout=2", tmp_path / "hiwar.key", NOW).findings
    assert "HIWAR_DATABASE_URL" in only(found, BROKEN).do
    assert "swordfish" not in str(found)


def test_either_database_is_found_sound_and_its_contents_opened(database_url: str, seal: Seal, tmp_path: Path) -> None:
    write_keys(tmp_path / "hiwar.key", seal.masters)
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        people.meet(db, "telegram", "77", NOW)
    engine.dispose()
    found = storage.look(database_url, tmp_path / "hiwar.key", NOW).findings
    assert {finding.level for finding in found} == {OK}, found
    assert any("opens what is in the database" in finding.found for finding in found)


@pytest.mark.postgres
def test_missing_rights_on_postgresql_are_named_and_nothing_can_be_written(database_url: str, seal: Seal) -> None:
    if database_url.startswith("sqlite"):
        return  # it has no users
    owner = open_writer(database_url, seal)
    user = f"reader_{time.monotonic_ns()}"
    with owner.begin() as db:
        db.exec_driver_sql(f"create role {user} login")
        db.exec_driver_sql(f"grant select on all tables in schema public to {user}")
    owner.dispose()
    theirs = sa.make_url(database_url).set(username=user).render_as_string(hide_password=False)
    engine = soundness.open_to_look(theirs, seal)
    with engine.connect() as db:
        lacking = soundness.server(db).lacking
    with engine.connect() as db, pytest.raises(sa.exc.DBAPIError):
        people.meet(db, "telegram", "78", NOW)
    engine.dispose()
    assert {"CREATE on the schema", "INSERT on people", "UPDATE on outbox"} <= set(lacking)
    assert "SELECT on people" not in lacking


# The outbox


def test_letters_that_wait_too_long_want_attention(installed: Settings) -> None:
    write(installed, lambda db: outbox.put(db, 1, "telegram", "77", Shown("a reply"), outbox.Lane.REPLY, NOW))
    assert {finding.level for finding in look(installed, NOW + dt.timedelta(minutes=9))} == {OK}
    found = only(look(installed, NOW + dt.timedelta(minutes=25)), ATTENTION)
    assert found.found == "the oldest letter (reply) has been waiting for 25 minutes"


def test_messages_nobody_could_answer_are_counted_without_what_they_say(installed: Settings) -> None:
    write(installed, lambda db: inbox.bury(db, "telegram", "e1", NOW, '{"text": "my neighbour"}', "KeyError in ask"))
    found = only(look(installed), ATTENTION)
    assert found.found == "1 message could not be answered"
    assert "hiwar letters list" in found.do


# Time


def test_our_time_zone_data_are_right_and_the_system_s_do_not_matter_to_us(tmp_path: Path) -> None:
    only(machine.time_zone_data([tmp_path]), OK)
    old = tmp_path / "Africa" / "Casablanca"
    old.parent.mkdir()
    old.write_bytes(always_one_hour_ahead())
    found = list(machine.time_zone_data([tmp_path / "none", tmp_path]))
    assert [finding.level for finding in found] == [OK, ATTENTION]
    assert "Hiwar does not use them" in found[1].found
    old.write_bytes(b"broken")
    assert [finding.level for finding in machine.time_zone_data([tmp_path])] == [OK, ATTENTION]


def always_one_hour_ahead() -> bytes:
    """A time zone file (RFC 8536, version 1) of a place that is at UTC+1 for ever."""
    header = b"TZif" + b"\0" + bytes(15)
    counts = b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 0, 1, 4))
    return header + counts + (3600).to_bytes(4, "big") + b"\0\0" + b"+01\0"


@pytest.mark.parametrize(("off", "level"), [(0, OK), (-9, OK), (30, ATTENTION), (-30, ATTENTION), (3600, BROKEN), (-200, BROKEN)])
def test_a_clock_that_is_off_is_told(off: float, level: Level) -> None:
    assert machine.clock(NOW, NOW + dt.timedelta(seconds=off)).level is level


async def test_the_clock_is_compared_with_the_date_of_telegram_s_answer() -> None:
    async with FakeTelegram() as fake:
        for token in (fake.token, "999999:another-token-of-nobody"):  # an answer that refuses the token tells the hour as well
            told = await telegram.ask(token, fake.url, lambda: dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10))
            assert told.date is not None
            assert told.at is not None
            assert abs((told.at - told.date).total_seconds() - 600) < machine.CLOCK_OFF
            assert machine.clock(told.date, told.at).level is BROKEN


# Catalogues and content


def test_a_missing_broken_or_incomplete_catalogue_is_told(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    for language in ("ar", "fr", "zgh", "en"):
        (tmp_path / f"{language}.po").write_text(f'{head}msgid "Menu"\nmsgstr "{language}"\n', "utf-8")
    assert machine.catalogues(tmp_path).level is OK
    (tmp_path / "fr.po").write_text(f'{head}msgid "Menu"\nmsgstr ""\n', "utf-8")
    (tmp_path / "zgh.po").write_text(f'{head}msgid "{{n}} day"\nmsgid_plural "{{n}} days"\nmsgstr[0] "x"\nmsgstr[1] ""\n', "utf-8")
    found = machine.catalogues(tmp_path)
    assert found.level is ATTENTION
    assert "ar 1, fr 2, zgh 2, en 1" in found.found
    (tmp_path / "ar.po").write_text("what is this", "utf-8")
    assert machine.catalogues(tmp_path).level is BROKEN
    (tmp_path / "ar.po").unlink()
    assert machine.catalogues(tmp_path).level is BROKEN


def test_content_is_counted_and_a_mistake_in_it_is_broken(tmp_path: Path) -> None:
    assert machine.content().level is OK
    assert "install Hiwar again" in machine.content(tmp_path).do
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "news.yml").write_text("- {id: one}\n", "utf-8")
    found = machine.content(tmp_path)
    assert found.level is BROKEN
    assert found.found.startswith("news.yml, one: ")


# Telegram


EXPECTED = "https://hiwar.example.ma/hooks/telegram/abc"


def of_state(url: str, expected: str | None, *, pending: int = 0, error: str = "", ago: int = 60) -> list[Finding]:
    at = NOW - dt.timedelta(seconds=ago) if error else None
    state = WebhookState(url=url, pending=pending, last_error=error, last_error_at=at)
    return list(telegram.findings(telegram.Told(telegram.Me(1, "HiwarBot"), state), expected, NOW))


@pytest.mark.parametrize(
    ("url", "expected", "level", "words"),
    [
        (EXPECTED, EXPECTED, OK, "delivers to hiwar.example.ma"),
        ("", "", OK, "as it should be for polling"),
        ("", None, OK, "`hiwar run` sees to it"),
        ("", EXPECTED, ATTENTION, "no webhook is set"),
        ("https://hiwar.example.ma/hooks/telegram/old", EXPECTED, BROKEN, "an older path"),
        ("https://other.example.ma/x", EXPECTED, BROKEN, "leads elsewhere, to other.example.ma"),
        ("https://other.example.ma/x", "", BROKEN, "but this Hiwar polls"),
    ],
)
def test_where_telegram_delivers_is_compared_with_where_it_should(url: str, expected: str | None, level: Level, words: str) -> None:
    found = of_state(url, expected)
    assert next(finding for finding in found if words in finding.found).level is level
    assert all("hooks" not in finding.found for finding in found)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Wrong response from the webhook: 401 Unauthorized", "secret was not ours"),
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "valid certificate with its whole chain"),
        ("Failed to resolve host: Name or service not known", "DNS"),
        ("Wrong response from the webhook: 301 Moved Permanently", "redirects"),
        ("Wrong response from the webhook: 404 Not Found", "/hooks/"),
        ("Wrong response from the webhook: 413 Request Entity Too Large", "1 MB"),
        ("Wrong response from the webhook: 502 Bad Gateway", "is it running"),
        ("Wrong response from the webhook: 503 Service Unavailable", "look at its log"),
        ("Connection timed out", "firewall"),
        ("Read timeout expired", "firewall"),
        ("something new", "/health"),
    ],
)
def test_each_error_of_the_webhook_has_its_remedy(error: str, words: str) -> None:
    found = only(of_state(EXPECTED, EXPECTED, pending=3, error=error), BROKEN)
    assert words in found.do
    assert error in found.found


def test_an_error_is_judged_by_whether_it_is_over() -> None:
    error = "Wrong response from the webhook: 502 Bad Gateway"
    assert "502" in only(of_state(EXPECTED, EXPECTED, error=error), ATTENTION).found  # recent, but delivered since
    assert all(finding.level is OK for finding in of_state(EXPECTED, EXPECTED, error=error, ago=7200))


def test_many_updates_that_wait_want_attention() -> None:
    assert all(finding.level is OK for finding in of_state("", "", pending=9))
    assert "409" in only(of_state("", "", pending=50), ATTENTION).do
    assert "reach it" in only(of_state(EXPECTED, EXPECTED, pending=50), ATTENTION).do


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        (Trouble(status=401), "unauthorized", "BotFather"),
        (Trouble(status=409, method="getWebhookInfo"), "conflict", "stop one of the two"),
        (Trouble(status=502), "vendor_down", "fault of its own"),
        (Trouble(kind="cut"), "network_failed", "network"),
    ],
)
async def test_a_call_that_fails_is_told_with_its_reason(trouble: Trouble, reason: str, words: str) -> None:
    async with FakeTelegram() as fake:
        fake.trouble(trouble)
        told = await telegram.ask(fake.token, fake.url, lambda: NOW)
    found = only(telegram.findings(told, "", NOW), BROKEN)
    assert reason in found.found
    assert words in found.do


async def test_the_state_of_a_real_webhook_is_read() -> None:
    async with FakeTelegram() as fake:
        fake.updates.url = EXPECTED
        fake.updates._last_error = (NOW.timestamp() - 5, "Wrong response from the webhook: 401 Unauthorized")
        fake.updates._waiting[1] = {"update_id": 1}
        told = await telegram.ask(fake.token, fake.url, lambda: NOW)
    found = only(telegram.findings(told, EXPECTED, NOW), BROKEN)
    assert '2026-11-22 11:59 UTC: "Wrong response from the webhook: 401 Unauthorized"; 1 updates wait' in found.found


def test_the_webhook_expected_is_the_one_hiwar_sets(installed: Settings) -> None:
    seal = open_seal(installed.key_path)
    public = Settings(**{**installed.model_dump(), "public_url": "https://hiwar.example.ma/"})
    expected = expected_webhook(public, seal)
    assert expected is not None
    assert expected.startswith("https://hiwar.example.ma/hooks/telegram/")
    assert expected == expected_webhook(public, open_seal(installed.key_path))
    assert expected_webhook(public, with_new_key(seal)) != expected
    assert expected_webhook(public, None) is None
    assert expected_webhook(installed, seal) == ""
    assert expected_webhook(Settings(**{**public.model_dump(), "telegram_webhook": False}), seal) == ""
