"""Structured content in the database: found by kind and id, in the order of the files, and an editor's text is never lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from civic.commitments import Commitment, Plan
from civic.contacts import Contact
from civic.knowledge import Entry
from service import library
from storage import editions, knowledge, records
from storage.editions import Loaded
from storage.engines import open_writer
from storage.schema import entries as entries_table
from storage.schema import records as records_table
from storage.sealing import Seal
from tests.stage import content

AT = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=1)

Write = Callable[[Callable[[sa.Connection], object]], object]


@pytest.fixture
def write(database_url: str, seal: Seal) -> Write:
    def run(work: Callable[[sa.Connection], object]) -> object:
        engine = open_writer(database_url, seal)
        try:
            with engine.begin() as db:
                return work(db)
        finally:
            engine.dispose()

    return run


@pytest.fixture
def loaded(write: Write) -> Loaded:
    return write(lambda db: library.load(db, content(), AT))


def contact(name: str = "The ministry", contact_id: str = "ministry") -> Contact:
    text = {"ar": "الوزارة", "fr": "Le ministère", "en": name}
    return Contact(contact_id, "ministry", text, text, (), "high", "2026-11")


def an_editor_writes(db: sa.Connection, record: Contact, digest: str | None = None) -> None:
    """As a change at the desk leaves the row: the text is another, the digest still that of the file."""
    values: dict[str, object] = {"body": editions.encode(record).decode(), "edited": True}
    if digest is not None:
        values["digest"] = digest
    db.execute(records_table.update().where(records_table.c.id == record.id).values(values))


def test_everything_shipped_is_loaded_once(write: Write, loaded: Loaded) -> None:
    assert len(loaded.added) == len(content().entries) + len(content().collection.records())
    assert "contact-ministry" in loaded.added
    assert "commitment p3-04" in loaded.added
    assert write(lambda db: library.load(db, content(), LATER)) == Loaded()
    assert write(lambda db: {row.updated_at for row in db.execute(sa.select(records_table.c.updated_at))}) == {AT}


def test_a_record_is_found_by_kind_and_id(write: Write, loaded: Loaded) -> None:
    found = write(lambda db: records.find(db, Commitment, "p3-04"))
    assert isinstance(found, Commitment)
    assert found.lead_basis == "named"
    assert write(lambda db: records.find(db, Plan, "p3-04")) is None
    assert write(lambda db: records.find(db, Contact, "' or 1=1 --")) is None


def test_records_of_a_kind_stand_in_the_order_of_the_file(write: Write, loaded: Loaded) -> None:
    plans = write(lambda db: records.of_kind(db, Plan))
    assert [plan.id for plan in plans] == ["p1", "p2", "p3"]
    assert write(records.collection) == content().collection


def test_a_change_of_the_file_changes_the_record_and_one_dropped_is_removed(write: Write) -> None:
    write(lambda db: records.load(db, [contact(), contact(contact_id="portal")], AT))
    told = write(lambda db: records.load(db, [contact("The new ministry")], LATER))
    assert told == Loaded(changed=("contact ministry",), removed=("contact portal",))
    assert write(lambda db: [one.name["en"] for one in records.of_kind(db, Contact)]) == ["The new ministry"]


def test_an_editors_text_stands_against_a_changed_file_until_both_say_the_same(write: Write) -> None:
    write(lambda db: records.load(db, [contact()], AT))
    write(lambda db: an_editor_writes(db, contact("As the editor says")))
    assert write(lambda db: records.load(db, [contact()], LATER)) == Loaded()  # the file did not change: nothing to report
    for _again in range(2):
        told = write(lambda db: records.load(db, [contact("As the file says")], LATER))
        assert told == Loaded(conflicts=("contact ministry",))
        assert write(lambda db: records.find(db, Contact, "ministry").name["en"]) == "As the editor says"
    assert write(lambda db: records.load(db, [contact("As the editor says")], LATER)) == Loaded()
    told = write(lambda db: records.load(db, [contact("As the file says")], LATER))
    assert told == Loaded(changed=("contact ministry",))  # brought together before, so the file counts again


def test_a_new_order_of_the_file_moves_an_edited_record_without_its_text(write: Write) -> None:
    first, second = contact(), contact("The portal", "portal")
    write(lambda db: records.load(db, [first, second], AT))
    write(lambda db: an_editor_writes(db, contact("As the editor says")))
    assert write(lambda db: records.load(db, [second, first], LATER)) == Loaded()
    assert write(lambda db: [one.name["en"] for one in records.of_kind(db, Contact)]) == ["The portal", "As the editor says"]


def test_what_an_editor_changed_is_not_dropped_with_the_file_and_what_an_editor_added_is_no_conflict(write: Write) -> None:
    write(lambda db: records.load(db, [contact(), contact("The portal", "portal")], AT))
    write(lambda db: an_editor_writes(db, contact("As the editor says")))
    write(lambda db: an_editor_writes(db, contact("Added by the editor", "portal"), digest=""))
    assert write(lambda db: records.load(db, [], LATER)) == Loaded(conflicts=("contact ministry",))
    assert len(write(lambda db: records.of_kind(db, Contact))) == 2


def test_entries_keep_an_editors_text_in_the_same_way(write: Write, loaded: Loaded) -> None:
    entry = content().entries[0]
    edited = replace(entry, answer={**entry.answer, "en": "As the editor says."})
    body = editions.encode(edited).decode()
    write(lambda db: db.execute(entries_table.update().where(entries_table.c.id == entry.id).values(body=body, edited=True)))

    def load(db: sa.Connection, *entries: Entry) -> Loaded:
        return knowledge.load(db, entries, LATER)

    rest = content().entries[1:]
    other = replace(entry, answer={**entry.answer, "en": "As the file says."})
    assert write(lambda db: load(db, *rest, entry)) == Loaded()  # moved to the end, its text untouched
    assert write(lambda db: load(db, other, *rest)).conflicts == (entry.id,)
    assert write(lambda db: knowledge.find(db, entry.id)) == edited
