"""What an operator does by hand: migrate, look through the content, change the key, deal with messages nobody could answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa
import yaml

from bot.messages import Incoming
from channels.console import NAME as CONSOLE
from channels.console import Console
from civic.knowledge import Entry
from handlers.topics import TOPICS
from service import content_check, library
from service.content_check import Mistake, Placed
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
        return _refuse(f"the database cannot be used: {_why(error)}")
    finally:
        engine.dispose()
    return _done(f"The database stands at revision {HEAD}{'.' if changed else ', as it did before.'}")


# Content


def list_content(as_json: bool, folder: Path = library.FOLDER) -> int:
    """Print every entry: its id, topic, languages, examples for each language and date."""
    entries = library.read_entries(folder)
    if as_json:
        for entry in entries:
            print(json.dumps(_described(entry), ensure_ascii=False))  # noqa: T201
        return 0
    longest = max((len(entry.id) for entry in entries), default=2)
    print(f"{'id':{longest}}  {'topic':24}  {'as of':7}  {'languages':12}  examples")  # noqa: T201
    for entry in entries:
        examples = " ".join(f"{language}:{len(texts)}" for language, texts in entry.examples.items())
        print(f"{entry.id:{longest}}  {entry.topic:24}  {entry.as_of:7}  {' '.join(entry.answer):12}  {examples}")  # noqa: T201
    return _done(f"{len(entries)} entries")


def _described(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "topic": entry.topic,
        "languages": list(entry.answer),
        "examples": {language: len(texts) for language, texts in entry.examples.items()},
        "as_of": entry.as_of,
    }


def check_content(folder: Path = library.FOLDER, today: dt.date | None = None) -> int:
    """Print what is to be mended in the content, by file, entry and field; 1 when any of it is an error."""
    entries: list[Placed] = []
    mistakes: list[Mistake] = []
    for path in sorted((folder / "knowledge").glob("*.yml")):
        try:
            content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mistakes.append(Mistake(path.name, "-", "-", " ".join(str(error).split())))
            continue
        placed, wrong = content_check.decode(path.name, content)
        entries += placed
        mistakes += wrong
    mistakes += content_check.check(entries, today or dt.datetime.now(dt.UTC).date(), TOPICS)
    for mistake in sorted(mistakes, key=lambda mistake: mistake.is_error):  # errors last, where they are read first
        print(f"{'error' if mistake.is_error else 'attention'}: {mistake}")  # noqa: T201
    errors = sum(mistake.is_error for mistake in mistakes)
    print(f"{len(entries)} entries, {errors} errors, {len(mistakes) - errors} to look at")  # noqa: T201
    return 1 if errors else 0


# The key


def rotate_key(settings: Settings) -> int:
    """Make a new key, seal everything with it, and drop the older one; raises InUse while a Hiwar runs on the data folder.

    Until the database is sealed anew for good, the key file holds both keys, so whatever happens in between everything can be read.
    """
    with running(settings.data, alone=True):
        if not settings.key_path.exists():
            return _refuse("there is no key yet: `hiwar run` makes it")
        if told := _not_ready(settings):
            return _refuse(told)
        known = open_seal(settings.key_path)
        ring = known if len(known.masters) > 1 else with_new_key(known)  # two keys: an earlier change was interrupted
        try:
            count = asyncio.run(_reseal(settings, known, ring))
        except LedgerDown as error:
            return _refuse(f"the database cannot be written ({error}): the key file holds both keys; mend the database and run this again")
        _keep(settings.key_path, {ring.current: ring.masters[ring.current]})
    print(f"Key {ring.current} seals all {count} values; the older key is gone from {settings.key_path}.")  # noqa: T201
    print("Back up the new key file now, apart from the database. Backups of the database made before need the older key.")  # noqa: T201
    return _done("Every node needs a copy of the new key file. Start Hiwar again: it tells Telegram its new address.")


async def _reseal(settings: Settings, known: Seal, ring: Seal) -> int:
    async with _open_ledger(settings.url, ring) as ledger:
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
        return _refuse(f"say which one: `hiwar letters {what} NUMBER`; `hiwar letters list` shows the numbers")
    if told := await asyncio.to_thread(_not_ready, settings):
        return _refuse(told)
    waiting = await asyncio.to_thread(_waiting, settings)
    if what == "list":
        for letter in waiting:
            print(f"{letter.id:>6}  {letter.at:%Y-%m-%d %H:%M} UTC  {letter.channel:10}  {letter.error}")  # noqa: T201
        return _done(f"{len(waiting)} waiting. `hiwar letters answer NUMBER` tries one again, `hiwar letters drop NUMBER` gives it up.")
    wanted = next((letter for letter in waiting if letter.id == number), None)
    if wanted is None:
        return _refuse(f"no message with the number {number} is waiting")
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        if what == "answer":
            return await _answer(settings, wanted)
        async with _open_ledger(settings.url, open_seal(settings.key_path)) as ledger:
            await ledger.write(_settle, wanted.id, "dropped", dt.datetime.now(dt.UTC))
        return _done(f"Message {wanted.id} is dropped.")


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
            return _refuse(f"the message came by {letter.channel}, which is not set up now: give its token and try again")
        # An event of its own, or the inbox would know it; the same one until the try is over, so that a try cut short is not done twice.
        again = f"again-{letter.id}-{await program.ledger.write(_tries, letter.id)}"
        await program.reception.receive(msgspec.structs.replace(incoming, event=again))
        failed = await program.ledger.write(_settle_try, letter.id, again, program.now())
    if failed:
        return _refuse(f"message {letter.id} could not be answered this time either ({failed}); it goes on waiting")
    return _done(f"Message {letter.id} is answered.")


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
async def _open_ledger(url: str, seal: Seal) -> AsyncIterator[Ledger]:
    """The one door for writing, without the rest of the program."""
    ledger = Ledger(open_writer(url, seal))
    try:
        yield ledger
    finally:
        await ledger.close()


def _not_ready(settings: Settings) -> str:
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


def _done(text: str) -> int:
    print(text)  # noqa: T201
    return 0


def _refuse(text: str) -> int:
    print(f"hiwar: {text}", file=sys.stderr)  # noqa: T201
    return 1
