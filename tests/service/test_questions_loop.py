"""A question nobody could answer is answered once by an editor, told once to everyone who asked, and known from then on."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from civic.errors import ContentWrong
from civic.knowledge import Entry, Source
from handlers.desk import followup
from handlers.desk.editing import Draft, compose
from handlers.desk.rehearsal import examples_of, rehearse
from service import questions_desk
from service.command import main
from service.settings import Settings
from storage import knowledge, lines, neighbours, people, questions
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.outbox import Lane
from storage.schema import audit, outbox
from storage.sealing import Seal, open_seal, write_keys
from understanding.likeness import group
from understanding.reading import Understanding

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
T = TypeVar("T")

ANSWER = Draft(
    id="training-cost",
    topic="trainings-events",
    title={"fr": "Prix des formations", "en": "What trainings cost", "ar": "ثمن الدورات"},
    answer={"fr": "Les formations sont gratuites.", "en": "Trainings are free.", "ar": "الدورات مجانية."},
    source="https://www.gouvernement-ouvert.ma/",
    date="2026-11",
)

# What kills the command: at the last write of the transaction, and when all is committed but nothing is said yet.
DEATHS = (
    "import os; from storage import audit; audit.note = lambda *_: os.kill(os.getpid(), 9)",
    "import os; from service import questions_desk; questions_desk.done = lambda _: os.kill(os.getpid(), 9)",
    "",
)


def an_entry(name: str, **examples: tuple[str, ...]) -> Entry:
    return Entry(
        id=name,
        topic="open-government",
        as_of="2026-11",
        title={"fr": f"Titre {name}", "en": f"Title {name}"},
        answer={"fr": f"Réponse {name}", "en": f"Answer {name}"},
        review={"fr": "draft", "en": "draft"},
        sources=(Source("https://example.org/", "2026"),),
        instead={"ar": "fr", "zgh": "fr"},
        examples=examples,
    )


ENTRIES = (
    an_entry(
        "petition", fr=("c'est quoi une pétition", "définition de la pétition", "pétition"), en=("what is a petition", "petition meaning")
    ),
    an_entry(
        "information", fr=("comment demander un document", "je veux une information", "obtenir un document"), en=("request a document",)
    ),
    an_entry(
        "ministry", fr=("où se trouve le ministère", "adresse du ministère"), **{"ary-Latn": ("fin kayn lwizara", "fin nl9a l7a9 dyali")}
    ),
)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, seal: Seal) -> Settings:
    settings = Settings(data=tmp_path / "data", content=tmp_path / "none", encoder=False, database_url=SecretStr(database_url))
    write_keys(settings.key_path, seal.masters)  # the key that the database was made with
    in_database(settings, lambda db: knowledge.load(db, ENTRIES, NOW))
    return settings


def in_database(settings: Settings, function: Callable[[sa.Connection], T]) -> T:
    settings.data.mkdir(exist_ok=True)
    engine = open_writer(settings.url, open_seal(settings.key_path))
    try:
        with engine.begin() as db, savepoint(db):
            return function(db)
    finally:
        engine.dispose()


def asks(settings: Settings, name: str, text: str, language: str = "fr", *, channel: str = "webchat", entry: str = "") -> int:
    """Somebody asks what nobody can answer; the number of the question."""

    def ask(db: sa.Connection) -> int:
        person = people.find_by_address(db, channel, name) or people.meet(db, channel, name, NOW)
        people.set_language(db, person.id, language, chosen=True)
        return questions.ask(db, person.id, text, language, NOW, entry)

    return in_database(settings, ask)


def told(settings: Settings, name: str) -> list[str]:
    """What stands in the web chat of somebody."""

    def read(db: sa.Connection) -> list[str]:
        person = people.find_by_address(db, "webchat", name)
        assert person is not None
        return [line.said.shown.text for line in lines.after(db, person.id, 0)]

    return in_database(settings, read)


def letters(settings: Settings) -> list[tuple[int, str]]:
    return in_database(settings, lambda db: [(row.lane, row.body) for row in db.execute(sa.select(outbox).order_by(outbox.c.id))])


def actions(settings: Settings) -> list[tuple[str, str]]:
    return in_database(settings, lambda db: [(row.action, row.details) for row in db.execute(sa.select(audit).order_by(audit.c.id))])


def answers(settings: Settings, *numbers: int, draft: Draft = ANSWER, only: bool = False, anyway: str = "") -> int:
    return questions_desk.answer_questions(settings, numbers, draft, only=only, anyway=anyway, today=TODAY)


def test_everyone_who_asked_is_told_once_in_their_language_and_it_is_known_from_then_on(settings: Settings) -> None:
    """Amina asks in French, twice; Idir in English on Telegram; a third person about something else."""
    first = asks(settings, "amina", "Quel est le prix des formations ?")
    asks(settings, "amina", "quel est le prix des formations")
    asks(settings, "7", "quel est le prix des formations svp", "en", channel="telegram")
    other = asks(settings, "brahim", "Quand ouvre la piscine municipale ?")

    assert answers(settings, first) == 0

    (said,) = told(settings, "amina")
    assert said.startswith("La rédaction a répondu à votre question \u2068Q-1\u2069")
    assert "Quel est le prix des formations ?" in said
    assert "Les formations sont gratuites." in said
    ((lane, body),) = letters(settings)
    assert lane == Lane.NOTICE
    assert "Trainings are free." in body
    assert "checked in November 2026" in body
    assert told(settings, "brahim") == []
    assert [one.number for one in in_database(settings, questions.open_questions)] == [other]
    entry = in_database(settings, lambda db: knowledge.find(db, "training-cost"))
    assert entry is not None
    assert entry.examples == {"fr": ("Quel est le prix des formations ?", "quel est le prix des formations svp")}
    assert entry.instead == {"zgh": "fr"}
    understood = Understanding.build(examples_of(in_database(settings, knowledge.everything))).read("le prix des formations ?")
    assert understood.matches[0].entry == "training-cost"


def test_the_same_command_again_does_nothing_again(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    assert answers(settings, number) == 0
    assert answers(settings, number) == 0
    assert "was answered by training-cost" in capsys.readouterr().out
    assert len(told(settings, "amina")) == 1
    assert [action for action, _details in actions(settings)] == ["questions_answered"]


def test_two_editors_at_once_tell_it_once(settings: Settings) -> None:
    number = asks(settings, "amina", "Quel est le prix des formations ?")

    async def both() -> list[followup.Followed]:
        entry = compose(ANSWER, None, (), ENTRIES)
        return [await questions_desk._follow_up(settings, [number], entry, None, "") for _ in range(2)]

    first, second = asyncio.run(both())
    assert (first.told, second) == (1, followup.Followed())
    assert len(told(settings, "amina")) == 1


def test_an_entry_changed_meanwhile_is_not_overwritten(settings: Settings) -> None:
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    before = ENTRIES[0]
    entry = compose(Draft(id="petition"), before, (), ENTRIES[1:])
    in_database(settings, lambda db: knowledge.put(db, an_entry("petition", fr=("pétition",)), NOW))
    with pytest.raises(followup.Changed, match="petition was changed meanwhile"):
        asyncio.run(questions_desk._follow_up(settings, [number], entry, before, ""))
    assert [one.number for one in in_database(settings, questions.open_questions)] == [number]
    assert told(settings, "amina") == []


def test_killed_at_any_moment_everyone_is_told_exactly_once(settings: Settings, tmp_path: Path) -> None:
    """The command dies before its one commit and after it, and is given again until it says that all is done."""
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    asks(settings, "7", "quel est le prix des formations", channel="telegram")
    (tmp_path / "answer.yml").write_text(
        "{id: training-cost, topic: trainings-events, title: {fr: Prix}, answer: {fr: Gratuit.}, source: OGP, date: 2026-11}"
    )
    environment = os.environ | {
        "HIWAR_DATA": str(settings.data),
        "HIWAR_CONTENT": str(tmp_path / "none"),
        "HIWAR_DATABASE_URL": settings.url,
        "HIWAR_ENCODER": "false",
        "PYTHONUTF8": "1",
    }
    for kill in DEATHS:
        code = f"{kill}\nfrom service.command import main\nraise SystemExit(main())"
        command = [sys.executable, "-c", code, "questions", "answer", str(number), "--file", str(tmp_path / "answer.yml")]
        status = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], check=False).returncode
        assert status == (-signal.SIGKILL if kill else 0)
        assert len(told(settings, "amina")) == len(letters(settings)) == (0 if "audit" in kill else 1)


def test_an_answer_that_was_not_useful_is_replaced_and_whoever_said_so_is_told(settings: Settings) -> None:
    number = asks(settings, "amina", "", entry="petition")
    draft = Draft(answer={"fr": "Une demande écrite et signée."}, source="https://example.org/loi", date="2026-11")

    assert answers(settings, number, draft=draft) == 0

    (said,) = told(settings, "amina")
    assert "\u2068Titre petition\u2069" in said
    assert "Une demande écrite et signée." in said
    entry = in_database(settings, lambda db: knowledge.find(db, "petition"))
    assert entry is not None
    assert entry.answer == {"fr": "Une demande écrite et signée.", "en": "Answer petition"}
    assert [source.name for source in entry.sources] == ["https://example.org/loi", "https://example.org/"]
    assert entry.examples == ENTRIES[0].examples
    in_database(settings, lambda db: knowledge.load(db, ENTRIES, NOW))
    assert in_database(settings, lambda db: knowledge.find(db, "petition")) == entry


def test_people_who_left_or_asked_to_be_forgotten_are_not_written_to(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Who only wants no more messages is told: it is the answer to what they wrote."""
    number = asks(settings, "7", "quel est le prix des formations", channel="telegram")
    asks(settings, "8", "quel est le prix des formations", channel="telegram")
    asks(settings, "9", "quel est le prix des formations", channel="telegram")

    def go(db: sa.Connection) -> None:
        left, forgotten, stopped = (people.find_by_address(db, "telegram", name) for name in "789")
        assert left and forgotten and stopped
        people.leave(db, left.id, NOW)
        people.forget(db, forgotten.id, NOW)
        people.stop(db, stopped.id, NOW)

    in_database(settings, go)
    assert answers(settings, number) == 0
    assert len(letters(settings)) == 1
    assert "People told: 1. 2 cannot be told any more." in capsys.readouterr().out


def test_an_answer_that_takes_a_question_from_another_entry_is_refused_unless_a_reason_is_given(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same words in five other spellings of arabizi outweigh the one example that the other entry has."""
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    greedy = Draft(
        **{name: getattr(ANSWER, name) for name in ("id", "topic", "title", "answer", "source", "date")},
        examples={
            "ary-Latn": ("fin nlqa lhaq diali", "fin nl9a lhaq dyali", "fin nlqa l7aq dyali", "fin nelqa l7a9 diali", "fin nlka lha9 diali")
        },
    )
    assert answers(settings, number, draft=greedy) == 1
    assert "ministry, ary-Latn: 'fin nl9a l7a9 dyali' now finds training-cost" in capsys.readouterr().err
    assert told(settings, "amina") == []

    assert answers(settings, number, draft=greedy, anyway="the old entry goes tomorrow") == 0
    action, details = actions(settings)[0]
    assert action == "rehearsal_overruled"
    assert details.endswith("the old entry goes tomorrow")


def test_a_rehearsal_tells_only_what_was_found_before() -> None:
    assert rehearse(ENTRIES, ENTRIES) == ()
    lost = rehearse(ENTRIES, ENTRIES[1:])
    assert {one.entry for one in lost} == {"petition"}
    assert rehearse((), ENTRIES) == ()


def test_the_content_is_rehearsed_against_what_is_loaded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import msgspec

    folder = tmp_path / "files" / "knowledge"
    folder.mkdir(parents=True)
    for name, value in {"DATA": settings.data, "DATABASE_URL": settings.url, "ENCODER": "false", "CONTENT": folder.parent}.items():
        monkeypatch.setenv(f"HIWAR_{name}", str(value))
    (folder / "open-government.yml").write_bytes(msgspec.yaml.encode(ENTRIES))
    assert main(["content", "rehearse"]) == 0
    (folder / "open-government.yml").write_bytes(msgspec.yaml.encode(ENTRIES[1:]))
    assert main(["content", "rehearse"]) == 1
    assert "petition, fr: " in capsys.readouterr().out


def test_groups_are_listed_shown_and_put_together(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first = asks(settings, "amina", "Quel est le prix des formations ?")
    asks(settings, "idir", "quel est le prix des formations svp")
    far = asks(settings, "brahim", "faut-il payer pour apprendre")

    assert questions_desk.list_questions(settings) == 0
    listed = capsys.readouterr().out
    assert "Q-1       2 asked, 2 to tell" in listed
    assert "2 groups." in listed
    assert questions_desk.merge_questions(settings, [first, far]) == 0
    assert questions_desk.show_questions(settings, [far]) == 0
    assert "Quel est le prix des formations ?" in capsys.readouterr().out
    assert answers(settings, far) == 0
    assert len(told(settings, "amina")) == len(told(settings, "brahim")) == 1


def test_only_the_questions_named_are_answered_when_a_group_is_wrong(settings: Settings) -> None:
    first = asks(settings, "amina", "Quel est le prix des formations ?")
    second = asks(settings, "idir", "quel est le prix des formations svp")
    assert answers(settings, second, only=True) == 0
    assert [one.number for one in in_database(settings, questions.open_questions)] == [first]


def test_what_may_say_who_asked_is_no_example() -> None:
    asked = [
        questions.OpenQuestion(number, 1, text, "fr", "", NOW)
        for number, text in enumerate(
            ["mon numéro est 06 12 34 56 78", "écrivez à amina@example.org", "la loi 31.13 est payante ?"], start=1
        )
    ]
    assert compose(ANSWER, None, asked, ENTRIES).examples == {"fr": ("la loi 31.13 est payante ?",)}


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        (Draft(id="new"), "this is missing: topic, answer, source, date"),
        (Draft(id="petition", answer={"fr": "x"}), "an answer needs a source and a date"),
        (Draft(id="petition", answer={"ar": "x"}, source="s", date="2026"), "a title is missing in ar"),
        (Draft(id="petition", topic="news"), "belongs to the topic open-government"),
    ],
)
def test_an_answer_that_lacks_something_says_what(draft: Draft, wrong: str) -> None:
    before = ENTRIES[0] if draft.id == "petition" else None
    with pytest.raises(ContentWrong, match=wrong):
        compose(draft, before, (), ENTRIES[1:])


def test_an_answer_is_checked_as_the_files_are(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    wrong = Draft(**{name: getattr(ANSWER, name) for name in ("id", "title", "answer", "source")}, topic="weather", date="tomorrow")
    assert answers(settings, number, draft=wrong) == 1
    told_wrong = capsys.readouterr().err
    assert "as_of: " in told_wrong
    assert "topic: " in told_wrong


def test_a_question_that_never_was_is_told(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert answers(settings, 99) == 1
    assert "no open question Q-99" in capsys.readouterr().err


def test_a_running_program_hears_what_another_one_wrote(settings: Settings) -> None:
    seen, topics = in_database(settings, lambda db: neighbours.look(db, None))
    assert topics == set()
    number = asks(settings, "amina", "Quel est le prix des formations ?")
    asks(settings, "7", "quel est le prix des formations", channel="telegram")
    assert answers(settings, number) == 0
    seen, topics = in_database(settings, lambda db: neighbours.look(db, seen))
    person = in_database(settings, lambda db: people.find_by_address(db, "webchat", "amina"))
    assert person is not None
    assert topics == {"knowledge", "outbox", f"lines:{person.id}"}
    assert in_database(settings, lambda db: neighbours.look(db, seen)) == (seen, set())


def test_questions_are_alike_by_their_letters_their_consonants_or_their_meaning() -> None:
    asked = [
        ("comment déposer une proposition", "fr"),
        ("Comment deposer une proposition ??", "fr"),
        ("kifach n9dem chi i9tira7", "ary-Latn"),
        ("kifach nqddem chi iqtira7", "ary-Latn"),
        ("où est la gare", "fr"),
        ("", ""),
        ("", ""),
    ]
    groups = group(asked)
    assert groups[0][:2] == [0, 1]
    assert any({2, 3} <= set(places) for places in groups)
    assert [4] in groups
    assert sorted(place for places in groups for place in places) == list(range(len(asked)))
