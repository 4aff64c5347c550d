"""The content that is shipped has no mistakes, and each kind of mistake is found where it is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec
import pytest
import yaml

from civic.knowledge import Entry, Source
from handlers.desk.content_check import EXAMPLE_LANGUAGES, Mistake, Placed, check, decode, is_link, old
from handlers.topics import TOPICS
from service import library

TODAY = dt.date(2026, 11, 22)


def an_entry(**changed: object) -> Entry:
    """An entry without a mistake, but for what is changed."""
    entry_id = str(changed.get("id", "one"))
    plain = Entry(
        id=entry_id,
        topic="news",
        as_of="2026-11",
        title={"ar": "عنوان", "fr": "Titre", "en": "Title"},
        answer={"ar": "جواب", "fr": "Réponse", "en": "Answer"},
        review={"ar": "draft", "fr": "reviewed", "en": "draft"},
        sources=(Source("https://www.example.ma", "2026"),),
        examples={language: tuple(f"{entry_id} {language} {number}" for number in range(8)) for language in EXAMPLE_LANGUAGES},
        instead={"zgh": "ar"},
        links=("https://www.example.ma/page?x=1",),
        next=(),
        held_out={"fr": (f"held out of {entry_id}",)},
    )
    return msgspec.structs.replace(plain, **changed)


def mistakes_in(*entries: Entry, file: str = "news.yml") -> tuple[Mistake, ...]:
    return check([Placed(file, entry) for entry in entries], TODAY, TOPICS)


def test_the_content_that_is_shipped_has_nothing_to_mend_nor_to_look_at() -> None:
    placed: list[Placed] = []
    mistakes: list[Mistake] = []
    for path in sorted((library.FOLDER / "knowledge").glob("*.yml")):
        entries, wrong = decode(path.name, yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
        placed += entries
        mistakes += wrong
    mistakes += check(placed, TODAY, TOPICS)
    assert [str(mistake) for mistake in mistakes] == []
    assert len(placed) == len(library.read_entries()) >= 148


def test_every_answer_has_a_title_in_every_language_it_is_asked_for() -> None:
    """A menu in Tamazight shows the titles of all entries, those without a Tamazight answer among them."""
    for entry in library.read_entries():
        for language in ("ar", "fr", "zgh", "en"):
            assert entry.title_for(language)


def test_a_sound_entry_has_no_mistakes() -> None:
    assert mistakes_in(an_entry(), an_entry(id="two", next=("one",))) == ()


def without(texts: Mapping[str, object], language: str) -> dict[str, object]:
    return {known: text for known, text in texts.items() if known != language}


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda entry: {"id": "Élan"}, "id", "lower-case ASCII"),
        (lambda entry: {"id": "two--dashes"}, "id", "lower-case ASCII"),
        (lambda entry: {"id": "a" * 35}, "id", "35 characters, at most 34"),
        (lambda entry: {"id": "dotted.id"}, "id", "ASCII letters, digits, '_' and '-'"),
        (lambda entry: {"id": "a" * 60}, "id", "at most 34"),
        (lambda entry: {"topic": "weather"}, "topic", "not the name of its file"),
        (lambda entry: {"title": without(entry.title, "fr")}, "title.fr", "missing"),
        (lambda entry: {"title": {**entry.title, "fr": "é" * 61}}, "title.fr", "61 characters, at most 60"),
        (lambda entry: {"title": {**entry.title, "fr": " "}}, "title.fr", "empty"),
        (lambda entry: {"title": {**entry.title, "fr": "Titre."}}, "title.fr", "full stop"),
        (lambda entry: {"title": {**entry.title, "es": "Título"}}, "title.es", "not a language"),
        (lambda entry: {"answer": {**entry.answer, "ar": "ع" * 901}}, "answer.ar", "901 characters, at most 900"),
        (lambda entry: {"answer": {**entry.answer, "ar": ""}}, "answer.ar", "empty"),
        (lambda entry: {"answer": {**entry.answer, "ar": "https://www.example.ma"}}, "answer.ar", "holds a link"),
        (lambda entry: {"answer": {**entry.answer, "es": "Sí"}}, "answer.es", "not a language"),
        (lambda entry: {"instead": {}}, "answer.zgh", "neither an answer nor an `instead`"),
        (lambda entry: {"instead": {"zgh": "de"}}, "instead.zgh", "no answer in 'de'"),
        (lambda entry: {"instead": {"zgh": "ar", "fr": "en"}}, "instead.fr", "there is an answer"),
        (lambda entry: {"instead": {"zgh": "ar", "es": "fr"}}, "instead.es", "not a language"),
        (lambda entry: {"answer": without(entry.answer, "en"), "instead": {"zgh": "ar", "en": "fr"}}, "instead.en", "every entry"),
        (lambda entry: {"review": without(entry.review, "en")}, "review.en", "missing"),
        (lambda entry: {"review": {**entry.review, "zgh": "draft"}}, "review.zgh", "there is no answer"),
        (lambda entry: {"review": {**entry.review, "en": "perfect"}}, "review.en", "neither draft nor reviewed"),
        (lambda entry: {"links": ("www.example.ma",)}, "links", "no web address"),
        (lambda entry: {"links": ("https://a.ma",) * 4}, "links", "4 links, at most 3"),
        (lambda entry: {"next": ("nobody",)}, "next", "there is no entry 'nobody'"),
        (lambda entry: {"next": ("one",)}, "next", "the entry itself"),
        (lambda entry: {"sources": ()}, "sources", "no fact without a source"),
        (lambda entry: {"sources": (Source(" "),)}, "sources", "without a name"),
        (lambda entry: {"as_of": "2026-13"}, "as_of", "neither YYYY-MM nor YYYY"),
        (lambda entry: {"as_of": "November 2026"}, "as_of", "neither YYYY-MM nor YYYY"),
        (lambda entry: {"as_of": "2026-12"}, "as_of", "still to come"),
        (lambda entry: {"as_of": "2027"}, "as_of", "still to come"),
        (lambda entry: {"examples": without(entry.examples, "ary-Latn")}, "examples.ary-Latn", "0 different questions, at least 8"),
        (lambda entry: {"examples": {**entry.examples, "fr": ("Où ?", "ou", "OU!") * 4}}, "examples.fr", "1 different questions"),
        (lambda entry: {"examples": {**entry.examples, "es": ("qué",)}}, "examples.es", "not a language"),
        (lambda entry: {"answer": {**entry.answer, "fr": "a" * 1950}}, "answer.fr", "messenger takes 2000"),
        (lambda entry: {"answer": {**entry.answer, "fr": "a" * 4050}}, "answer.fr", "telegram takes 4096"),
        (lambda entry: {"answer": {**entry.answer, "ar": "ع" * 1900}}, "answer.zgh", "messenger takes 2000"),  # shown instead
        (lambda entry: {"answer": {**entry.answer, "ar": "سنة ٢٠٢٦"}}, "answer.ar", "0 to 9 in every language"),
        (lambda entry: {"title": {**entry.title, "fr": "Un <b>titre</b>"}}, "title.fr", "markup: '<b>'"),
        (lambda entry: {"answer": {**entry.answer, "en": "This is **bold**"}}, "answer.en", "markup: '**'"),
        (lambda entry: {"title": {**entry.title, "zgh": "ⴰⵞⴰ"}}, "title.zgh", "ⵞ: not letters of standard Moroccan Tamazight"),
        (lambda entry: {"held_out": {"ar": ("؟؟",)}}, "held_out.ar", "without a word"),
        (lambda entry: {"held_out": {"fr": ("ONE  fr 3 ?",)}}, "held_out.fr", "is an example of one"),
    ],
)
def test_a_mistake_is_found_in_its_field(change: Callable[[Entry], dict[str, object]], field: str, words: str) -> None:
    entry = an_entry()
    found = mistakes_in(msgspec.structs.replace(entry, **change(entry)))
    assert [mistake for mistake in found if mistake.field == field and words in mistake.what and mistake.is_error], found


@pytest.mark.parametrize(
    ("as_of", "words"),
    [("2025-10", "13 months"), ("2025-11", ""), ("2025", ""), ("2024", "23 months"), ("2026", ""), ("2019-01", "94 months")],
)
def test_an_old_date_is_for_an_editor_to_look_at_and_no_error(as_of: str, words: str) -> None:
    found = mistakes_in(an_entry(as_of=as_of))
    assert [(mistake.field, words in mistake.what, mistake.is_error) for mistake in found] == ([("as_of", True, False)] if words else [])


def test_an_old_date_is_accepted_where_every_answer_names_the_year() -> None:
    answer = {"ar": "في سنة 2023.", "fr": "En 2023.", "en": "In 2023."}
    entry = an_entry(as_of="2023-12", answer=answer)
    assert mistakes_in(entry) == ()
    assert old([Placed("news.yml", entry), Placed("news.yml", an_entry(id="new"))], TODAY) == ("one",)
    (found,) = mistakes_in(an_entry(as_of="2023-12", answer={**answer, "ar": "في سنة من السنوات، رقم 120239."}))
    assert (found.field, found.is_error) == ("as_of", False)


def test_own_knowledge_as_a_source_is_for_an_editor_to_look_at() -> None:
    (found,) = mistakes_in(an_entry(sources=(Source("Own knowledge (to be confirmed)"),)))
    assert (found.field, found.is_error) == ("sources", False)


def test_own_knowledge_is_accepted_where_every_answer_says_to_check() -> None:
    answer = {"ar": "المرجو التحقق لدى المجلس.", "fr": "Vérifiez auprès du conseil.", "en": "Please check with the council."}
    own = (Source("own knowledge, to be checked"),)
    assert mistakes_in(an_entry(answer=answer, sources=own)) == ()
    (found,) = mistakes_in(an_entry(answer={**answer, "en": "Ask the council."}, sources=own))
    assert (found.field, found.is_error) == ("sources", False)


@pytest.mark.parametrize(
    ("language", "answer", "words"),
    [
        ("ar", "اتصلوا بالبلديات.", "'جماعة'"),
        ("ar", "إلى حدود نوفمبر 2026", "نونبر"),
        ("fr", "Dans 20 jours ouvrés.", "'jours ouvrables'"),
        ("en", "The steering committee decides.", "'oversight committee'"),
    ],
)
def test_a_word_in_the_place_of_an_official_term_is_for_an_editor_to_look_at(language: str, answer: str, words: str) -> None:
    entry = an_entry()
    (found,) = mistakes_in(msgspec.structs.replace(entry, answer={**entry.answer, language: answer}))
    assert (found.field, found.is_error) == (f"answer.{language}", False)
    assert words in found.what


def test_the_same_question_under_two_entries_is_found_however_it_is_spelt() -> None:
    first = an_entry()
    second = an_entry(id="two")
    same = {**second.examples, "fr": (*second.examples["fr"], "Où  DÉPOSER une plainte ?"), "ar": (*second.examples["ar"], "العريضة")}
    other = {**first.examples, "en": (*first.examples["en"], "ou deposer une plainte"), "ar": (*first.examples["ar"], "العَرِيضَة؟")}
    found = mistakes_in(msgspec.structs.replace(first, examples=other), msgspec.structs.replace(second, examples=same))
    assert {(mistake.entry, mistake.field) for mistake in found} == {("two", "examples.fr"), ("two", "examples.ar")}
    assert all("stands under one too" in mistake.what for mistake in found)


def test_an_id_that_stands_twice_is_found_in_both_files() -> None:
    placed = [Placed("news.yml", an_entry()), Placed("contact.yml", an_entry(topic="contact"))]
    found = [mistake for mistake in check(placed, TODAY, TOPICS) if mistake.field == "id"]
    assert [(mistake.file, mistake.what) for mistake in found] == [("news.yml", "stands 2 times"), ("contact.yml", "stands 2 times")]


def test_a_topic_nobody_can_browse_to_is_found() -> None:
    (found,) = mistakes_in(an_entry(topic="weather"), file="weather.yml")
    assert "menu of subjects" in found.what


def test_what_the_schema_does_not_know_is_found_and_the_other_entries_are_read_all_the_same() -> None:
    sound = msgspec.to_builtins(an_entry())
    placed, mistakes = decode("news.yml", [{**sound, "colour": "red"}, {"topic": "news"}, "no entry", {**sound, "title": {"ar": 1}}, sound])
    assert [one.entry.id for one in placed] == ["one"]
    assert [(mistake.file, mistake.entry) for mistake in mistakes] == [
        ("news.yml", "one"),
        ("news.yml", "entry 2"),
        ("news.yml", "entry 3"),
        ("news.yml", "one"),
    ]
    assert decode("news.yml", {"id": "one"})[1][0].what == "a list of entries is expected"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://www.chafafiya.ma", True),
        ("http://www.ccdh.org.ma/IMG/pdf/droits.pdf", True),
        ("https://eparticipation.ma/ar/a%20b?x=1#y", True),
        ("ftp://www.example.ma", False),
        ("https://localhost/", False),
        ("https://www.example.ma/a b", False),
        ("https://", False),
        ("https://[", False),
        ("mailto:ogpmaroc@mmsp.gov.ma", False),
    ],
)
def test_a_link_is_told_from_what_is_none(text: str, is_one: bool) -> None:
    assert is_link(text) is is_one


def test_a_mistake_reads_as_file_entry_field_and_what() -> None:
    assert str(Mistake("news.yml", "one", "title.fr", "empty")) == "news.yml, one, title.fr: empty"
