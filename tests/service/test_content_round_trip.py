"""`hiwar content load` and `export`: what is written is read back unchanged, an editor's words included, and nothing is lost silently."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from msgspec.structs import replace

from civic.contacts import Contact
from civic.knowledge import Entry
from service import content, library, operations
from service.command import main
from service.settings import Settings
from storage import editions, knowledge
from storage.engines import open_writer
from storage.schema import audit, entries, records
from storage.sealing import Seal, open_seal

AWKWARD = 'Is it "open"?\n\n• yes: 100 % — #1\n• no\n\n- [not a list]: {x}\n  indented, ends in a space? No.'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a copy of the shipped content, which a test may change."""
    shutil.copytree(library.FOLDER, tmp_path / "content", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    made = Settings(data=tmp_path / "data", content=tmp_path / "content", encoder=False, port=0)
    assert operations.migrate(made) == 0
    return made


def in_database(settings: Settings, work: Callable[[sa.Connection], object]) -> object:
    engine = open_writer(settings.url, open_seal(settings.key_path))
    try:
        with engine.begin() as db:
            return work(db)
    finally:
        engine.dispose()


def an_editor_writes(settings: Settings, entry: Entry) -> None:
    values = {"body": editions.encode(entry).decode(), "edited": True}
    in_database(settings, lambda db: db.execute(entries.update().where(entries.c.id == entry.id).values(values)))


def change_file(settings: Settings, file: str, entry_id: str, answer: str) -> None:
    path = settings.content / "knowledge" / file
    listed = yaml.safe_load(path.read_text("utf-8"))
    next(raw for raw in listed if raw["id"] == entry_id)["answer"]["en"] = answer
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), "utf-8")


def test_loading_tells_what_it_did_once(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert content.load_content(settings) == 0
    told = capsys.readouterr().out.splitlines()
    assert "added: contact-ministry" in told
    assert "added: commitment p3-04" in told
    assert told[-1].endswith("added, 0 changed, 0 removed, 0 conflicts")
    assert content.load_content(settings) == 0
    assert capsys.readouterr().out == "0 added, 0 changed, 0 removed, 0 conflicts\n"
    noted = in_database(settings, lambda db: db.execute(sa.select(audit.c.action)).scalars().all())
    assert noted == ["content_loaded"]


def test_a_changed_and_a_dropped_entry_are_told_by_id(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    content.load_content(settings)
    change_file(settings, "contact.yml", "contact-address", "Somewhere else.")
    (settings.content / "bodies.yml").unlink()
    capsys.readouterr()
    assert content.load_content(settings) == 0
    told = capsys.readouterr().out.splitlines()
    assert "changed: contact-address" in told
    assert "removed: body oversight-committee" in told
    assert told[-1] == "0 added, 1 changed, 8 removed, 0 conflicts"


def test_what_is_exported_is_read_back_unchanged(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into another installation, too: it then knows the same, in the same order."""
    content.load_content(settings)
    kept = in_database(settings, library.kept)
    folder = tmp_path / "exported"
    assert content.export_content(settings, folder) == 0
    assert f"are written to {folder}" in capsys.readouterr().out
    assert library.read(folder) == kept

    again = settings.model_copy(update={"content": folder})
    assert content.load_content(again) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 added, 0 changed, 0 removed, 0 conflicts"
    other = again.model_copy(update={"data": tmp_path / "other"})
    operations.migrate(other)
    assert content.load_content(other) == 0
    assert in_database(other, library.kept) == kept


def test_an_editors_words_are_exported_and_loaded_as_they_are(settings: Settings, tmp_path: Path) -> None:
    content.load_content(settings)
    entry = in_database(settings, lambda db: knowledge.find(db, "contact-address"))
    edited = replace(entry, answer={**entry.answer, "en": AWKWARD, "ar": "«نعم»: لا\n\n• 100 %"}, as_of="2026")
    an_editor_writes(settings, edited)
    content.export_content(settings, tmp_path / "exported")
    again = settings.model_copy(update={"content": tmp_path / "exported"})
    assert content.load_content(again) == 0
    assert in_database(settings, lambda db: knowledge.find(db, "contact-address")) == edited
    is_edited = sa.select(entries.c.edited).where(entries.c.id == "contact-address")
    assert in_database(settings, lambda db: db.execute(is_edited).scalar_one()) is False  # the files say it now


def test_a_conflict_is_told_and_the_editors_text_stands(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content.load_content(settings)
    entry = in_database(settings, lambda db: knowledge.find(db, "contact-address"))
    edited = replace(entry, answer={**entry.answer, "en": "As the editor says."})
    an_editor_writes(settings, edited)
    change_file(settings, "contact.yml", "contact-address", "As the file says.")
    capsys.readouterr()
    assert content.load_content(settings) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == ["conflict: contact-address", "0 added, 0 changed, 0 removed, 1 conflicts"]
    assert "the editor's text stands" in told.err
    assert in_database(settings, lambda db: knowledge.find(db, "contact-address")) == edited
    content.export_content(settings, tmp_path / "exported")
    shutil.copy(tmp_path / "exported" / "knowledge" / "contact.yml", settings.content / "knowledge" / "contact.yml")
    assert content.load_content(settings) == 0


def test_an_export_does_not_leave_a_file_beside_it_that_would_be_loaded_too(settings: Settings, tmp_path: Path) -> None:
    content.load_content(settings)
    (tmp_path / "exported" / "knowledge").mkdir(parents=True)
    (tmp_path / "exported" / "knowledge" / "old.yml").write_text("[]", "utf-8")
    with pytest.raises(library.ContentWrong, match=r"old\.yml would stay"):
        content.export_content(settings, tmp_path / "exported")
    assert not (tmp_path / "exported" / "contacts.yml").exists()


def test_a_mistake_in_a_structured_file_is_found_and_nothing_is_loaded(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.content / "contacts.yml").write_text("- {id: ministry, kind: palace}\n", "utf-8")
    with pytest.raises(library.ContentWrong, match=r"contacts\.yml: .*palace"):
        content.load_content(settings)
    assert in_database(settings, lambda db: db.execute(sa.select(sa.func.count()).select_from(records)).scalar_one()) == 0
    capsys.readouterr()
    assert content.check_content(settings.content) == 1
    assert "error: contacts.yml" in capsys.readouterr().out


def test_the_command_says_where_the_folder_or_the_database_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HIWAR_DATA", str(tmp_path / "none"))
    assert main(["content", "export"]) == 2
    assert "say where to" in capsys.readouterr().err
    for command in (["content", "load"], ["content", "export", str(tmp_path / "out")]):
        assert main(command) == 1
        assert "no database yet" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_load_and_an_export_work_on_either_database(database_url: str, seal: Seal) -> None:
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        shipped = library.read()
        library.load(db, shipped, dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
        assert library.kept(db) == library.Content(tuple(sorted(shipped.entries, key=lambda entry: entry.topic)), shipped.collection)
        assert isinstance(library.kept(db).collection.contacts[0], Contact)
    engine.dispose()
