"""What an operator does with the content by hand: list, check, load into the database, export from it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path

import sqlalchemy as sa
import yaml

from civic.errors import ContentWrong
from civic.knowledge import Entry
from handlers.desk import content_check
from handlers.desk.content_check import Mistake, Placed
from handlers.topics import TOPICS
from service import library
from service.library import Content
from service.operations import OPERATOR, done, not_ready, open_ledger, refuse
from service.running import refuse_half_rotated, running
from service.settings import Settings
from storage import audit
from storage.editions import Loaded
from storage.sealing import open_seal
from storage.soundness import open_to_look


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
    return done(f"{len(entries)} entries")


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
    today = today or dt.datetime.now(dt.UTC).date()
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
    mistakes += content_check.check(entries, today, TOPICS)
    try:
        library.read_collection(folder)
    except ContentWrong as error:
        file, _colon, what = str(error).partition(": ")
        mistakes.append(Mistake(file, "-", "-", what))
    for mistake in sorted(mistakes, key=lambda mistake: mistake.is_error):  # errors last, where they are read first
        print(f"{'error' if mistake.is_error else 'attention'}: {mistake}")  # noqa: T201
    if old := content_check.old(entries, today):
        print(f"{len(old)} entries were last checked more than {content_check.OLD_AFTER} months ago")  # noqa: T201
    errors = sum(mistake.is_error for mistake in mistakes)
    print(f"{len(entries)} entries, {errors} errors, {len(mistakes) - errors} to look at")  # noqa: T201
    return 1 if errors else 0


def load_content(settings: Settings) -> int:
    """Bring the database up to the files and print what changed, by id; 1 when an editor's text stands against a file's."""
    content = library.read(settings.content)
    if told := not_ready(settings):
        return refuse(told)
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        loaded = asyncio.run(_load(settings, content))
    for what, ids in (("added", loaded.added), ("changed", loaded.changed), ("removed", loaded.removed), ("conflict", loaded.conflicts)):
        for name in ids:
            print(f"{what}: {name}")  # noqa: T201
    print(_counted(loaded))  # noqa: T201
    if not loaded.conflicts:
        return 0
    return refuse(
        "an editor changed what the files change too, and the editor's text stands: `hiwar content export FOLDER` writes it, "
        "bring both together in the files and load again"
    )


async def _load(settings: Settings, content: Content) -> Loaded:
    async with open_ledger(settings.url, open_seal(settings.key_path)) as ledger:
        return await ledger.write(_load_and_note, content, dt.datetime.now(dt.UTC))


def _load_and_note(db: sa.Connection, content: Content, at: dt.datetime) -> Loaded:
    loaded = library.load(db, content, at)
    if loaded:
        audit.note(db, at, OPERATOR, "content_loaded", "content", _counted(loaded))
    return loaded


def _counted(loaded: Loaded) -> str:
    return f"{len(loaded.added)} added, {len(loaded.changed)} changed, {len(loaded.removed)} removed, {len(loaded.conflicts)} conflicts"


def export_content(settings: Settings, folder: Path) -> int:
    """Write what the database says, an editor's changes included, as files that `load` reads back unchanged."""
    if told := not_ready(settings):
        return refuse(told)
    refuse_half_rotated(settings.key_path)
    engine = open_to_look(settings.url, open_seal(settings.key_path))
    try:
        with engine.connect() as db:
            content = library.kept(db)
    finally:
        engine.dispose()
    library.write(content, folder)
    return done(f"{len(content.entries)} entries and {len(content.collection.records())} records are written to {folder}.")
