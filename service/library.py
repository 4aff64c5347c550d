"""Reads the content folder and writes one; a mistake in it is told by file, entry and field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import msgspec
import sqlalchemy as sa
import yaml

from civic.bodies import Body
from civic.commitments import Register
from civic.contacts import Contact
from civic.documents import Library
from civic.errors import ContentWrong
from civic.knowledge import Entry
from civic.records import NOTHING, Collection
from handlers.desk.editing import Draft
from storage import knowledge, records
from storage.editions import Loaded

FOLDER = Path(__file__).parent.parent / "content"
STRUCTURED = ("commitments.yml", "bodies.yml", "documents.yml", "contacts.yml")

_ORDER = ("ar", "fr", "en", "zgh", "ary", "ary-Latn")  # of languages in a written file
_HEAD = "# Written by `hiwar content export`; docs/content.md describes every field.\n"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """All that a folder, or the database, says."""

    entries: tuple[Entry, ...]
    collection: Collection


def read(folder: Path = FOLDER) -> Content:
    """The whole of a content folder; raises ContentWrong."""
    return Content(read_entries(folder), read_collection(folder))


def read_entries(folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Every entry of `<folder>/knowledge/*.yml`, by file and in its order; raises ContentWrong."""
    entries: list[Entry] = []
    for path in sorted((folder / "knowledge").glob("*.yml")):
        content = _parse(path)
        if not isinstance(content, list):
            raise ContentWrong(f"{path.name}: a list of entries is expected")
        for place, raw in enumerate(content):
            name = raw.get("id", f"entry {place + 1}") if isinstance(raw, dict) else f"entry {place + 1}"
            try:
                entries.append(msgspec.convert(raw, Entry, strict=False))
            except msgspec.ValidationError as error:
                raise ContentWrong(f"{path.name}, {name}: {error}") from None
    return tuple(entries)


def read_collection(folder: Path = FOLDER) -> Collection:
    """The structured files; one that is not there holds nothing. Raises ContentWrong."""
    commitments, bodies, documents, contacts = (folder / name for name in STRUCTURED)
    return Collection(
        _read(commitments, Register, NOTHING.commitments),
        _read(bodies, tuple[Body, ...], ()),
        _read(documents, Library, NOTHING.documents),
        _read(contacts, tuple[Contact, ...], ()),
    )


def read_draft(path: Path) -> Draft:
    """An answer that an editor wrote into a YAML file; raises ContentWrong."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Draft, strict=False)
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ContentWrong(f"{path}: {' '.join(str(error).split())}") from None


def load(db: sa.Connection, content: Content, at: dt.datetime) -> Loaded:
    """Bring the database up to a folder's content; doing it again changes nothing, and an editor's newer text stands."""
    return knowledge.load(db, content.entries, at) + records.load(db, content.collection.records(), at)


def kept(db: sa.Connection) -> Content:
    """What the database says now, an editor's changes included."""
    return Content(knowledge.everything(db), records.collection(db))


def write(content: Content, folder: Path) -> None:
    """Write content as a folder that `read` reads back unchanged; raises ContentWrong where the folder holds a file it would leave."""
    files: dict[Path, object] = {folder / name: getattr(content.collection, Path(name).stem) for name in STRUCTURED}
    by_topic = sorted(content.entries, key=lambda entry: entry.topic)  # stable: the order within a topic stands
    for topic, entries in groupby(by_topic, key=lambda entry: entry.topic):
        files[folder / "knowledge" / f"{topic}.yml"] = tuple(entries)
    for path in (*folder.glob("*.yml"), *folder.glob("knowledge/*.yml")):
        if path not in files:
            raise ContentWrong(f"{path} would stay beside what is exported, and be loaded with it: move it away or take an empty folder")
    (folder / "knowledge").mkdir(parents=True, exist_ok=True)
    for path, value in files.items():
        text = yaml.dump(_plain(msgspec.to_builtins(value)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
        path.write_text(_HEAD + text, "utf-8")


def _read(path: Path, kind: type[T], nothing: T) -> T:
    if not path.exists():
        return nothing
    try:
        return msgspec.convert(_parse(path), kind)
    except msgspec.ValidationError as error:
        raise ContentWrong(f"{path.name}: {error}") from None


def _parse(path: Path) -> object:
    try:
        return yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentWrong(f"{path.name}: {' '.join(str(error).split())}") from None


def _plain(value: object) -> object:
    """Mappings by language in the order an editor expects, which the database does not keep."""
    if isinstance(value, Mapping):
        keys: Iterable[str] = value
        if set(value) <= set(_ORDER):
            keys = sorted(value, key=_ORDER.index)
        return {key: _plain(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one, so that a change of it is read line by line."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
