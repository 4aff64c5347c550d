"""What an operator does by hand: migrate, change the key, deal with messages nobody could answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from bot.messages import Incoming
from channels.console import NAME as CONSOLE
from channels.console import Console
from service.logs import hide
from service.running import InUse, refuse_half_rotated, running
from service.settings import Settings
from service.wiring import open_program
from storage import audit, inbox, rotation
from storage.engines import open_writer
from storage.inbox import DeadLetter
from storage.ledger import Ledger, LedgerDown
from storage.schema import HEAD
from storage.sealing import Seal, SealBroken, open_seal, with_new_key, write_keys
from storage.soundness import open_to_look, sqlite_file
from storage.upgrade import revision, upgrade

OPERATOR = "operator"  # who did it, in the audit log
_NO_DATABASE = "there is no database yet: `hiwar run` makes it"


def migrate(settings: Settings) -> int:
    """Bring the database to the newest schema, making it where there is none."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_writer(settings.url, open_seal(settings.key_path))
    try:
        changed = upgrade(engine)
    except sa.exc.OperationalError as error:
        return refuse(f"the database cannot be used: {_why(error)}")
    finally:
        engine.dispose()
    return done(f"The database stands at revision {HEAD}{'.' if changed else ', as it did before.'}")


# The key


def rotate_key(settings: Settings) -> int:
    """Make a new key, seal everything with it, and drop the older one; raises InUse while a Hiwar runs on the data folder.

    Until the database is sealed anew for good, the key file holds both keys, so whatever happens in between everything can be read.
    """
    with running(settings.data, alone=True):
        if not settings.key_path.exists():
            return refuse("there is no key yet: `hiwar run` makes it")
        if told := not_ready(settings):
            return refuse(told)
        known = open_seal(settings.key_path)
        ring = known if len(known.masters) > 1 else with_new_key(known)  # two keys: an earlier change was interrupted
        try:
            count = asyncio.run(_reseal(settings, known, ring))
        except LedgerDown as error:
            return refuse(f"the database cannot be written ({error}): the key file holds both keys; mend the database and run this again")
        _keep(settings.key_path, {ring.current: ring.masters[ring.current]})
    print(f"Key {ring.current} seals all {count} values; the older key is gone from {settings.key_path}.")  # noqa: T201
    print("Back up the new key file now, apart from the database. Backups of the database made before need the older key.")  # noqa: T201
    return done("Every node needs a copy of the new key file. Start Hiwar again: it tells Telegram its new address.")


async def _reseal(settings: Settings, known: Seal, ring: Seal) -> int:
    async with open_ledger(settings.url, ring) as ledger:
        if others := await ledger.write(rotation.others_connected):
            raise InUse(f"{others} other programs are connected to the database: stop every Hiwar on every machine first")
        _keep(settings.key_path, ring.masters)
        try:
            return await ledger.write(_reseal_and_note, ring.current, dt.datetime.now(dt.UTC))
        except (SealBroken, sa.exc.IntegrityError):  # undone, and so is the new key
            _keep(settings.key_path, known.masters)
            raise


def _reseal_and_note(db: sa.Connection, key: int, at: dt.datetime) -> int:
    count = rotation.reseal(db)
    audit.note(db, at, OPERATOR, "key_rotated", f"key {key}", f"{count} values")
    return count


def _keep(path: Path, masters: dict[int, bytes]) -> None:
    """Write the key file so that even a power cut leaves it: the name of a file is durable only once its folder is."""
    write_keys(path, masters)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# Dead letters


async def letters(settings: Settings, what: str, number: int | None) -> int:
    """List the messages nobody could answer (never what they say), answer one again, or drop it."""
    if what != "list" and number is None:
        return refuse(f"say which one: `hiwar letters {what} NUMBER`; `hiwar letters list` shows the numbers")
    if told := await asyncio.to_thread(not_ready, settings):
        return refuse(told)
    waiting = await asyncio.to_thread(_waiting, settings)
    if what == "list":
        for letter in waiting:
            print(f"{letter.id:>6}  {letter.at:%Y-%m-%d %H:%M} UTC  {letter.channel:10}  {letter.error}")  # noqa: T201
        return done(f"{len(waiting)} waiting. `hiwar letters answer NUMBER` tries one again, `hiwar letters drop NUMBER` gives it up.")
    wanted = next((letter for letter in waiting if letter.id == number), None)
    if wanted is None:
        return refuse(f"no message with the number {number} is waiting")
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        if what == "answer":
            return await _answer(settings, wanted)
        async with open_ledger(settings.url, open_seal(settings.key_path)) as ledger:
            await ledger.write(_settle, wanted.id, "dropped", dt.datetime.now(dt.UTC))
        return done(f"Message {wanted.id} is dropped.")


def _waiting(settings: Settings) -> tuple[DeadLetter, ...]:
    engine = open_to_look(settings.url, open_seal(settings.key_path))
    try:
        with engine.connect() as db:
            return inbox.dead_letters_in(db, "waiting")
    finally:
        engine.dispose()


async def _answer(settings: Settings, letter: DeadLetter) -> int:
    incoming = msgspec.json.decode(letter.payload, type=Incoming)
    async with open_program(settings, more_channels={CONSOLE: Console()}) as program:
        if letter.channel not in program.house.channels:
            return refuse(f"the message came by {letter.channel}, which is not set up now: give its token and try again")
        # An event of its own, or the inbox would know it; the same one until the try is over, so that a try cut short is not done twice.
        again = f"again-{letter.id}-{await program.ledger.write(_tries, letter.id)}"
        await program.reception.receive(msgspec.structs.replace(incoming, event=again))
        failed = await program.ledger.write(_settle_try, letter.id, again, program.now())
    if failed:
        return refuse(f"message {letter.id} could not be answered this time either ({failed}); it goes on waiting")
    return done(f"Message {letter.id} is answered.")


def _tries(db: sa.Connection, number: int) -> int:
    """How often a dead letter was tried again and failed."""
    return sum(
        letter.event.startswith(f"again-{number}-") for state in ("waiting", "dropped") for letter in inbox.dead_letters_in(db, state)
    )


def _settle_try(db: sa.Connection, number: int, event: str, at: dt.datetime) -> str:
    """Settle a dead letter after a try: when that failed too, it left a letter of its own, which is dropped; its error, or ""."""
    for letter in inbox.dead_letters_in(db, "waiting"):
        if letter.event == event:
            inbox.settle(db, letter.id, "dropped")
            return letter.error
    _settle(db, number, "answered", at)
    return ""


def _settle(db: sa.Connection, number: int, state: str, at: dt.datetime) -> None:
    inbox.settle(db, number, state)
    audit.note(db, at, OPERATOR, f"letter_{state}", f"letter {number}")


# What they share


@asynccontextmanager
async def open_ledger(url: str, seal: Seal) -> AsyncIterator[Ledger]:
    """The one door for writing, without the rest of the program."""
    ledger = Ledger(open_writer(url, seal))
    try:
        yield ledger
    finally:
        await ledger.close()


def not_ready(settings: Settings) -> str:
    """Why there is nothing to work on, for the operator; "" when the database is there and of this version."""
    file = sqlite_file(settings.url)
    if file is not None and not file.exists():
        return _NO_DATABASE
    engine = open_to_look(settings.url, None)
    try:
        with engine.connect() as db:
            found = revision(db)
    except sa.exc.OperationalError as error:
        return f"the database cannot be used: {_why(error)}"
    finally:
        engine.dispose()
    if not found:
        return _NO_DATABASE
    return "" if found == HEAD else f"the database stands at revision {found}, this Hiwar needs {HEAD}: run `hiwar migrate`"


def _why(error: sa.exc.OperationalError) -> str:
    return hide(str(error.orig).strip().partition("\n")[0])


def done(text: str) -> int:
    print(text)  # noqa: T201
    return 0


def refuse(text: str) -> int:
    print(f"hiwar: {text}", file=sys.stderr)  # noqa: T201
    return 1
