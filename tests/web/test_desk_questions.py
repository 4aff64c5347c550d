"""Unanswered questions at the desk: seen in groups, answered once, told once; a rehearsal that fails is said and can be overruled."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from civic.records import NOTHING
from service import library
from storage import audit, knowledge, lines, people, questions
from tests.running import Running, running
from tests.service.test_questions_loop import ENTRIES
from tests.web.desk import Clerk, looking, plain, said, signed_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("desk_questions")]

_names = itertools.count(1)
ANSWER = {
    "topic": "trainings-events",
    "title-fr": "Prix des formations",
    "answer-fr": "Les formations sont gratuites.",
    "title-ar": "ثمن الدورات",
    "answer-ar": "الدورات مجانية.",
    "sources": "https://www.gouvernement-ouvert.ma/ | 2026-11",
    "as_of": "2026-11",
    "links": "https://www.gouvernement-ouvert.ma/formations",
    "do": "publish",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Knows three entries, so that a rehearsal is short."""
    folder = tmp_path_factory.mktemp("desk_questions")
    library.write(library.Content(ENTRIES, NOTHING), folder / "content")
    async with running(folder / "data", content=str(folder / "content")) as hiwar:
        yield hiwar


def asks(data: Path, text: str, language: str = "fr", entry: str = "", name: str = "") -> int:
    """Somebody asks what nobody can answer; the number of the question."""
    name = name or f"citizen {next(_names)}"

    def ask(db: sa.Connection) -> int:
        now = dt.datetime.now(dt.UTC)
        person = people.find_by_address(db, "webchat", name) or people.meet(db, "webchat", name, now)
        people.set_language(db, person.id, language, chosen=True)
        return questions.ask(db, person.id, text, language, now, entry)

    return looking(data, ask)


def told(data: Path, number: int) -> list[str]:
    """What whoever asked a question was told."""

    def read(db: sa.Connection) -> list[str]:
        person_id = db.execute(sa.text("select person_id from questions where number = :number"), {"number": number}).scalar_one()
        return [line.said.shown.text for line in lines.after(db, person_id, 0)]

    return looking(data, read)


async def answers(someone: Clerk, number: int, *numbers: int, **changes: str) -> tuple[int, str]:
    """Fill the form in as it is shown, with some fields changed, and wait for the end of a rehearsal."""
    path = f"/desk/questions/{number}"
    _status, page = await someone.gets(path + (f"?entry={changes.pop('entry')}" if "entry" in changes else ""))
    shown = {name: unescape(value) for name, value in re.findall(r'<input [^>]*name="(before|version)" value="([^"]*)"', page)}
    for name, value in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page):
        shown[name] = unescape(value)
    for name, value in re.findall(r'<input id="[^"]*" name="([^"]+)" type="text" value="([^"]*)"', page):
        shown[name] = unescape(value)
    fields = {**shown, "do": "publish", **changes, "number": [str(each) for each in (number, *numbers)]}
    status, page = await someone.posts(f"{path}/answer", fields)
    while "Every example question is asked once" in page:
        status, page = await someone.posts(f"{path}/answer", fields)
    return status, page


async def test_a_group_is_answered_with_a_new_entry_and_everybody_is_told_once(hiwar: Running) -> None:
    first = asks(hiwar.data, "combien coûte une formation au permis bateau ?", name="Amina")
    second = asks(hiwar.data, "combien coute la formation permis bateau", name="Amina")
    third = asks(hiwar.data, "combien coûte la formation permis bateau", "ar")
    async with signed_in(hiwar, "editor") as salma:
        status, page = await salma.gets("/desk/questions")
        assert status == 200
        assert f'href="/desk/questions/{first}"' in page
        assert f'href="/desk/questions/{second}"' not in page
        status, page = await answers(salma, first, second, third, id="training-cost", **ANSWER)
        assert status == 303, plain(page)
        assert "2 people are told." in said(await salma.follows())
        entry = looking(hiwar.data, lambda db: knowledge.find(db, "training-cost"))
        assert entry is not None
        assert entry.title == {"fr": "Prix des formations", "ar": "ثمن الدورات"}
        assert "combien coute la formation permis bateau" in entry.examples["fr"]
        assert len(told(hiwar.data, first)) == 1
        assert "الدورات مجانية." in told(hiwar.data, third)[0]
        (noted,) = looking(hiwar.data, lambda db: audit.page(db, limit=1, action="questions_answered"))
        assert (noted.actor, noted.details) == (f"staff:{salma.id}", f"{first} {second} {third}")
        status, page = await salma.gets(f"/desk/questions/{first}")
        assert (status, "This question was answered already." in page) == (410, True)


async def test_an_existing_entry_answers_as_it_is(hiwar: Running) -> None:
    number = asks(hiwar.data, "xylophone bleu pour la ruche municipale", "en")
    async with signed_in(hiwar, "moderator") as salma:
        status, page = await answers(salma, number, entry="petition")
        assert status == 303, plain(page)
        entry = looking(hiwar.data, lambda db: knowledge.find(db, "petition"))
        assert entry is not None
        assert any("xylophone" in text for texts in entry.examples.values() for text in texts)
        assert entry.answer["en"] in told(hiwar.data, number)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "Not A Name"}, "A short name has at most"),
        ({"id": "petition"}, "There is an entry of this name already"),
        ({"topic": "nowhere"}, "Choose a subject."),
        ({"sources": ""}, "no answer without a source"),
        ({"as_of": "November"}, "Write the month"),
        ({"as_of": "2999-01"}, "still to come"),
        ({"title-fr": ""}, "Buttons show a title"),
        ({"title-fr": "x" * 61}, "61 characters, at most 60"),
        ({"answer-fr": "x" * 901}, "901 characters, at most 900"),
        ({"answer-fr": "voir https://a.ma"}, "Web addresses belong into the links"),
        ({"links": "javascript:alert(1)"}, "This is not a web address"),
        ({"answer-fr": "", "answer-ar": "", "title-fr": "", "title-ar": ""}, "in at least one language"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(hiwar: Running, change: dict[str, str], words: str) -> None:
    number = asks(hiwar.data, f"quelle pointure pour le ministre {words}")
    async with signed_in(hiwar, "editor") as salma:
        status, page = await answers(salma, number, **{"id": "shoe-size", **ANSWER, **change})
        assert status == 400
        assert words in plain(page)
        assert {**ANSWER, **change}["answer-ar"] in page
        assert told(hiwar.data, number) == []
        assert looking(hiwar.data, lambda db: knowledge.find(db, "shoe-size")) is None
    looking(hiwar.data, lambda db: questions.settle(db, [number], "petition", dt.datetime.now(dt.UTC)))


async def test_the_preview_shows_each_channel_and_publishes_nothing(hiwar: Running) -> None:
    number = asks(hiwar.data, "où est le phare du ministère")
    async with signed_in(hiwar, "editor") as salma:
        status, page = await answers(salma, number, **{**ANSWER, "id": "light-house", "do": "preview"})
        assert status == 200
        for words in (
            "Telegram · Français",
            "Webchat · العربية",
            "Les formations sont gratuites.",
            "gouvernement-ouvert.ma",
            "Cette réponse n’est pas utile",
        ):
            assert words in page or words.startswith("Cette")
        assert looking(hiwar.data, lambda db: knowledge.find(db, "light-house")) is None


async def test_an_entry_changed_meanwhile_is_not_overwritten(hiwar: Running) -> None:
    number = asks(hiwar.data, "xylophone vert et harpe")
    async with signed_in(hiwar, "editor") as salma:
        status, page = await answers(salma, number, entry="information", version="0" * 64)
        assert status == 409
        assert "Somebody else changed this entry meanwhile" in page
        assert told(hiwar.data, number) == []


async def test_groups_are_put_together(hiwar: Running) -> None:
    one, other = asks(hiwar.data, "le chat de la présidente"), asks(hiwar.data, "رخصة الصيد في النهر", "ar")
    async with signed_in(hiwar, "editor") as salma:
        assert (await salma.posts(f"/desk/questions/{one}/merge", {"with": "999"}))[0] == 400
        assert (await salma.posts(f"/desk/questions/{one}/merge", {"with": str(other)}))[0] == 303
        assert "answered as one" in said(await salma.follows())
        _status, page = await salma.gets(f"/desk/questions/{other}")
        assert "le chat de la présidente" in page
        assert "رخصة الصيد في النهر" in page


@pytest.mark.parametrize("path", ["/desk/questions/99999", "/desk/questions/x", "/desk/questions/1e9"])
async def test_a_question_that_is_not_there_is_a_page(hiwar: Running, path: str) -> None:
    async with signed_in(hiwar, "editor") as salma:
        assert (await salma.gets(path))[0] == 404


async def test_an_auditor_sees_no_questions(hiwar: Running) -> None:
    async with signed_in(hiwar, "auditor", "administrator") as driss:
        assert (await driss.gets("/desk/questions"))[0] == 403
