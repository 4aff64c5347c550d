"""What `hiwar doctor` looks at where things are kept: key, database, letters that wait. It only reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from service.checks_machine import GIB, MIB
from service.findings import Finding, attention, broken, ok
from service.logs import hide
from storage import inbox, outbox, soundness
from storage.schema import HEAD
from storage.sealing import KeyUnreadable, Seal, SealBroken, open_seal
from storage.upgrade import revision

LONG_WAIT = dt.timedelta(minutes=10)  # for a letter in the outbox; eight tries are over by then (scheduler/delivery.py)
OLDEST_POSTGRESQL = 14  # older ones get no more mending
_RESTORE = "stop Hiwar and restore the database from your backup (docs/operations.md)"


@dataclass(slots=True)
class Look:
    """One look at what is kept; what an early check learns, a later one builds on."""

    url: str
    key_path: Path
    seal: Seal | None = None
    revision: str | None = None  # None: there is no database, or it cannot be reached
    findings: list[Finding] = field(default_factory=list)


def look(url: str, key_path: Path, now: dt.datetime) -> Look:
    """Examine key, database and outbox."""
    found = Look(url, key_path)
    key = key_file(key_path)
    if key.level == "ok" and key_path.exists():
        found.seal = open_seal(key_path)
    file = soundness.sqlite_file(url)
    if file is not None and not file.exists():
        found.findings += [key, ok("database", f"{file} is not there yet: `hiwar run` makes it")]
        return found
    engine = soundness.open_to_look(url, found.seal)
    try:
        with engine.connect() as db:
            found.revision = revision(db)
            found.findings += [_with_database(key, key_path, found.revision), *_database(db, file, found.revision)]
            if found.seal is not None and found.revision == HEAD:
                found.findings += [_opens(db), *waiting(db, now)]
    except sa.exc.DBAPIError as error:
        found.findings += [*([] if found.findings else [key]), _unusable(file, error)]
    finally:
        engine.dispose()
    return found


def key_file(path: Path) -> Finding:
    """Whether the key file is there, ours alone, and whole."""
    what = "key"
    if not path.exists():
        return ok(what, f"{path} is not there yet: `hiwar run` makes it")
    try:
        seal = open_seal(path)
    except KeyUnreadable as error:
        found, _colon, do = str(error).partition(": ")
        return broken(what, found, do)
    except (OSError, UnicodeDecodeError) as error:
        return broken(
            what, f"{path} cannot be read ({type(error).__name__})", "run this as the service's user, or restore the key from your backup"
        )
    if len(seal.masters) > 1:
        return broken(what, "a change of the key was interrupted", "run `hiwar key rotate` once more, which finishes it; nothing is lost")
    return ok(what, f"{path} is whole, and its owner's only")


def _with_database(key: Finding, path: Path, found: str) -> Finding:
    """A key that is missing beside a database is not a fresh start."""
    if found and not path.exists():
        return broken(
            key.what,
            f"{path} is missing, but there is a database",
            "restore the key from your backup before anything is started: a new key cannot open what the old one sealed",
        )
    return key


def _opens(db: sa.Connection) -> Finding:
    try:
        opened = soundness.open_one_of_each(db)
    except SealBroken as error:
        return broken("key", str(error), "restore the key file that belongs to this database from your backup; a new one cannot read it")
    if not opened:
        return ok("key", "nothing is sealed with it yet")
    return ok("key", "opens what is in the database")


def _database(db: sa.Connection, file: Path | None, found: str) -> Iterator[Finding]:
    yield schema(found)
    if file is None:
        yield server(soundness.server(db))
        return
    told = soundness.quick_check(db)
    bytes_ = soundness.size(file)
    size = f"{bytes_ / GIB:.1f} GiB" if bytes_ >= GIB else f"{bytes_ / MIB:.1f} MiB"
    yield (
        ok("database", f"SQLite finds no fault in its {size}")
        if told == "ok"
        else broken("database", f"SQLite finds a fault: {told}", _RESTORE)
    )
    if found and not soundness.is_wal(file):
        yield attention(
            "database",
            "not in WAL mode, so pages wait for each message that is written",
            "start Hiwar, which sets it; keep the file on a local disk",
        )


def schema(found: str) -> Finding:
    """The revision a database stands at, beside the one this Hiwar needs."""
    what = "database"
    if found == HEAD:
        return ok(what, f"at revision {HEAD}")
    if not found:
        return ok(what, "empty: `hiwar run` makes the tables")
    if found > HEAD:
        return broken(
            what,
            f"at revision {found}, and this Hiwar knows only {HEAD}",
            "start the newer Hiwar again, or restore the backup made before it",
        )
    return attention(
        what, f"at revision {found}, and this Hiwar needs {HEAD}", "make a backup, then `hiwar migrate`; the next start does the same"
    )


def server(found: soundness.Server) -> Finding:
    """A PostgreSQL server: old, of another encoding, or closed to what Hiwar does."""
    what = "database"
    if found.lacking:
        return broken(
            what, f"the user lacks {', '.join(found.lacking)}", "make the database's user the owner of the database and its tables"
        )
    if found.encoding != "UTF8":
        return broken(
            what,
            f"its encoding is {found.encoding}, which has no Arabic or Tifinagh",
            "make a database with `ENCODING 'UTF8'` and move there",
        )
    if found.version < OLDEST_POSTGRESQL:
        return attention(what, f"PostgreSQL {found.version} is no longer maintained", f"move to PostgreSQL {OLDEST_POSTGRESQL} or newer")
    return ok(what, f"PostgreSQL {found.version}, with every right needed")


def _unusable(file: Path | None, error: sa.exc.DBAPIError) -> Finding:
    why = hide(str(error.orig).strip().partition("\n")[0])
    if file is not None:
        return broken("database", f"{file} cannot be read: {why}", _RESTORE)
    return broken("database", f"PostgreSQL cannot be used: {why}", "check that it runs, and HIWAR_DATABASE_URL: host, name, user, password")


def waiting(db: sa.Connection, now: dt.datetime) -> Iterator[Finding]:
    """Letters that do not get away, and messages nobody could answer."""
    what = "outbox"
    late = {lane: age for lane, age in outbox.ages(db, now).items() if age > LONG_WAIT.total_seconds()}
    if late:
        lane, age = max(late.items(), key=lambda item: item[1])
        yield attention(
            what,
            f"the oldest letter ({lane.name.lower()}) has been waiting for {age / 60:.0f} minutes",
            "is Hiwar running, and has it the channel's token? `outcome` in its log says why letters wait (docs/errors.md)",
        )
    else:
        yield ok(what, f"no letter has been waiting for more than {LONG_WAIT.total_seconds() / 60:.0f} minutes")
    try:
        dead = len(inbox.dead_letters_in(db, "waiting"))
    except SealBroken:
        return  # the key says so already
    if dead:
        yield attention(
            what,
            f"{dead} {'message' if dead == 1 else 'messages'} could not be answered",
            "`hiwar letters list` shows them; answer or drop each",
        )
    else:
        yield ok(what, "no message is left unanswered")
