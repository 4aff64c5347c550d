"""The commitments, bodies, documents and contacts decode exactly, are complete in three languages and lose no known fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import pytest
import yaml

from civic.bodies import Body
from civic.commitments import Register
from civic.contacts import Contact
from civic.documents import Library
from civic.knowledge import Source

ROOT = Path(__file__).parents[2]
CONTENT = ROOT / "content"
FACTS = ROOT.parent / "shared" / "facts"
COMPLETE = {"ar", "fr", "en"}
LONGEST_ID = 34  # docs/content.md: an id travels inside a button's 64 bytes
LANGUAGES = COMPLETE | {"zgh"}
KABYLE_OR_TUAREG = set("ⴵⴶⵞⵒⵠⴲⵝⴸⴺⴴⴿⵗ")  # letters outside the IRCAM alphabet
FILES: dict[str, Any] = {
    "commitments.yml": Register,
    "bodies.yml": tuple[Body, ...],
    "documents.yml": Library,
    "contacts.yml": tuple[Contact, ...],
}

Record = TypeVar("Record")


def read(name: str, kind: type[Record]) -> Record:
    return msgspec.convert(yaml.safe_load((CONTENT / name).read_text("utf-8")), kind)


@pytest.fixture(scope="module")
def register() -> Register:
    return read("commitments.yml", Register)


@pytest.fixture(scope="module")
def bodies() -> tuple[Body, ...]:
    return read("bodies.yml", tuple[Body, ...])


@pytest.fixture(scope="module")
def library() -> Library:
    return read("documents.yml", Library)


@pytest.fixture(scope="module")
def contacts() -> tuple[Contact, ...]:
    return read("contacts.yml", tuple[Contact, ...])


def records(value: Any) -> Iterator[msgspec.Struct]:
    """Every record inside a decoded file, itself included."""
    if isinstance(value, msgspec.Struct):
        yield value
        for field in value.__struct_fields__:
            yield from records(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from records(item)


def texts(record: msgspec.Struct) -> Iterator[tuple[str, dict[str, str]]]:
    """Every field of a record that is worded in languages; names in `also` exist only where a language has one."""
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if isinstance(value, dict) and value and field != "also":
            yield field, value


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest) -> Any:
    return read(request.param, FILES[request.param])


def test_ids_are_unique_ascii_and_short(file: Any) -> None:
    ids = [record.id for record in records(file) if hasattr(record, "id")]
    assert ids
    assert [known for known, count in Counter(ids).items() if count > 1] == []
    assert [known for known in ids if not known.isascii() or known != known.lower() or not 0 < len(known) <= LONGEST_ID] == []


def test_every_text_is_complete_in_arabic_french_and_english(file: Any) -> None:
    for record in records(file):
        for field, text in texts(record):
            assert set(text) >= COMPLETE, (record, field)
            assert set(text) <= LANGUAGES, (record, field)
            assert all(words.strip() == words and words for words in text.values()), (record, field)


def test_a_text_is_written_in_the_script_of_its_language(file: Any) -> None:
    def has(words: str, first: str, last: str) -> bool:
        return any(first <= letter <= last for letter in words)

    for record in records(file):
        for field, text in texts(record):
            assert has(text["ar"], "\u0600", "\u06ff"), (record, field)
            assert not has(text["ar"], "\u0660", "\u0669"), f"Western digits only: {record}"
            assert not has(text["fr"] + text["en"], "\u0600", "\u06ff"), (record, field)
            assert not KABYLE_OR_TUAREG & set(text.get("zgh", "")), (record, field)


def test_links_are_well_formed(file: Any) -> None:
    def is_link(text: str) -> bool:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in parts.netloc and "..." not in text and not set(text) & set(" <>\"'")

    for record in records(file):
        links = (getattr(record, "url", ""), *getattr(record, "links", ()))
        assert [link for link in links if link and not is_link(link)] == [], record


def test_every_record_that_states_facts_names_a_source(file: Any) -> None:
    for record in records(file):
        if "sources" in record.__struct_fields__:
            sources: tuple[Source, ...] = getattr(record, "sources")  # noqa: B009
            assert sources, record
            assert all(source.name.strip() for source in sources), record


def test_plans_count_eighteen_sixteen_and_ten_known_commitments(register: Register) -> None:
    known = Counter(commitment.plan for commitment in register.commitments)
    assert known == {"p1": 18, "p2": 16, "p3": 10}
    assert {plan.id: plan.commitments for plan in register.plans} == {"p1": 18, "p2": 22, "p3": 12}


def test_commitments_stand_under_a_theme_of_their_plan_and_ratings_that_exist(register: Register) -> None:
    themes = {theme.id: theme for theme in register.themes}
    ratings = {rating.id for rating in register.ratings}
    for commitment in register.commitments:
        assert themes[commitment.theme].plan == commitment.plan, commitment.id
        assert set(commitment.irm) <= ratings, commitment.id
        assert bool(commitment.lead_institution) == bool(commitment.lead_basis), commitment.id
        of_theme = tuple(rate for rate in commitment.progress if rate.scope == "theme")
        assert of_theme in ((), themes[commitment.theme].progress), commitment.id
        if commitment.number is not None:
            first, _, last = themes[commitment.theme].numbers.partition("-")
            assert int(first) <= commitment.number <= int(last or first), commitment.id
    assert ratings == {rating for commitment in register.commitments for rating in commitment.irm}


def test_rates_are_percentages_of_what_they_stand_under(register: Register) -> None:
    for scope, holders in (("plan", register.plans), ("theme", register.themes)):
        assert {rate.scope for holder in holders for rate in holder.progress} == {scope}
    assert all(0 <= rate.value <= 100 for plan in register.plans for rate in plan.progress)
    running = next(plan for plan in register.plans if plan.state == "running")
    assert [rate.value for rate in running.progress] == [26, 37, 52]


def test_every_commitment_of_the_facts_is_kept(register: Register) -> None:
    path = FACTS / "commitments.yml"
    if not path.exists():
        pytest.skip(f"the fact base is not beside the checkout: {path} is missing")
    plans = {"2018-2020": "p1", "2021-2023": "p2", "2024-2027 (also called 2024-2028)": "p3"}
    kept = {(commitment.plan, commitment.number, commitment.ogp_id): commitment for commitment in register.commitments}
    facts = yaml.safe_load(path.read_text("utf-8"))
    assert len(facts["commitments"]) == len(kept)
    for fact in facts["commitments"]:
        commitment = kept[plans[fact["plan"]], fact["number"], fact["ogp_id"]]
        assert commitment.url == fact["url"], commitment.id
        assert commitment.confidence == fact["confidence"], commitment.id
        assert (commitment.start, commitment.end) == (str(fact["start"]), str(fact["end"])), commitment.id
        assert len(commitment.sources) >= len(fact["sources"]), commitment.id
        assert len(commitment.progress) == len(fact.get("progress", ())), commitment.id
        assert bool(commitment.lead_institution) == bool(fact["lead_institution"]), commitment.id
        for language in COMPLETE - set(commitment.translated):
            assert commitment.title[language] == fact["title"][language].partition(" (forme")[0], (commitment.id, language)
        if "en" not in commitment.translated and commitment.lead_institution:
            assert commitment.lead_institution["en"].split(" (")[0].split(",")[0] in fact["lead_institution"], commitment.id
    house = {undertaking.ogp_id for plan in register.parliament for undertaking in plan.commitments}
    assert house == {promise["ogp_id"] for plan in facts["parliament"] for promise in plan["commitments"]}


def test_every_body_of_the_facts_is_kept(bodies: tuple[Body, ...]) -> None:
    path = FACTS / "bodies.yml"
    if not path.exists():
        pytest.skip(f"the fact base is not beside the checkout: {path} is missing")
    assert {body.id for body in bodies} == {fact["id"] for fact in yaml.safe_load(path.read_text("utf-8"))["bodies"]}


def test_documents_stand_on_one_of_the_four_shelves(library: Library) -> None:
    assert [shelf.id for shelf in library.shelves] == ["reports", "guides", "communication", "studies"]
    assert {document.shelf for document in library.documents} == {shelf.id for shelf in library.shelves}
    assert len({document.url for document in library.documents}) == len(library.documents)


def test_a_telephone_number_has_a_date_and_asks_to_be_checked(contacts: tuple[Contact, ...]) -> None:
    phones = [phone for contact in contacts for phone in contact.phones]
    assert phones
    assert all(phone.as_of and phone.check for phone in phones)


def test_a_contact_can_be_reached_or_says_what_to_check(contacts: tuple[Contact, ...]) -> None:
    assert [contact.id for contact in contacts if not (contact.url or contact.email or contact.phones or contact.check)] == []
    assert [contact.id for contact in contacts if contact.confidence == "low" and not contact.check] == []
