"""Content at the desk: found, edited side by side, previewed, rehearsed, never overwritten unseen; records by their schema."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from html import unescape

import msgspec
import pytest
import pytest_asyncio

from civic.bodies import Body
from civic.documents import Document
from civic.records import NOTHING, Collection
from service import library
from storage import audit, knowledge, records
from tests.running import Running, running
from tests.service.test_questions_loop import ENTRIES
from tests.web.desk import Clerk, looking, plain, said, signed_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("desk_content")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Knows three entries, so that a rehearsal is short, and all the records."""
    folder = tmp_path_factory.mktemp("desk_content")
    collection: Collection = library.read_collection()
    assert collection != NOTHING
    library.write(library.Content(ENTRIES, collection), folder / "content")
    async with running(folder / "data", content=str(folder / "content")) as hiwar:
        yield hiwar


def form_of(page: str) -> dict[str, str]:
    """What a browser would post of the editor's form, nothing changed."""
    fields = {name: unescape(value) for name, value in re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page)}
    for tag in re.findall(r"<input [^>]+>", page):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") in ("text", "hidden") and found.get("name") not in ("token", "next", None):
            fields[found["name"]] = unescape(found.get("value", ""))
        if found.get("type") == "checkbox" and tag.endswith(" checked>"):
            fields[found["name"]] = found["value"]
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        fields[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return fields


async def edits(someone: Clerk, path: str, **changes: str) -> tuple[int, str]:
    """Open an editor, change some fields, publish, and wait for the end of a rehearsal."""
    status, page = await someone.gets(path)
    assert status == 200, page
    fields = {**form_of(page), "do": "publish", **changes}
    status, page = await someone.posts(path, fields)
    while "Every example question is asked once" in page:
        status, page = await someone.posts(path, fields)
    return status, page


async def test_entries_are_found_by_words_subject_language_and_state(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor", language="fr") as salma:
        for query, names in (
            ("", {"petition", "information", "ministry"}),
            ("?q=R%C3%A9ponse+PETITION", {"petition"}),
            ("?q=nothing-of-the-kind", set()),
            ("?topic=open-government", {"petition", "information", "ministry"}),
            ("?topic=privacy", set()),
            ("?missing=ar", {"petition", "information", "ministry"}),
            ("?missing=fr", set()),
            ("?state=old", set()),
        ):
            status, page = await salma.gets(f"/desk/content{query}")
            assert status == 200
            assert set(re.findall(r'href="/desk/content/entries/([a-z-]+)"', page)) == names, query


async def test_an_editor_changes_an_answer_and_the_log_says_what(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        path = "/desk/content/entries/petition"
        status, page = await edits(salma, path, **{"title-ar": "ما هي العريضة", "answer-ar": "العريضة طلب مكتوب.", "reviewed-ar": "yes"})
        assert status == 303, plain(page)
        assert said(await salma.follows()) == "Published: Title petition"
        entry = looking(hiwar.data, lambda db: knowledge.find(db, "petition"))
        assert entry is not None
        assert entry.answer["ar"] == "العريضة طلب مكتوب."
        assert entry.review["ar"] == "reviewed"
        assert entry.instead == {"zgh": "fr"}
        assert entry.examples == ENTRIES[0].examples
        (noted,) = looking(hiwar.data, lambda db: audit.page(db, limit=1, action="entry_changed"))
        assert (noted.actor, noted.subject) == (f"staff:{salma.id}", "entry petition")
        assert set(noted.details.split()) == {"title", "answer", "review", "instead"}
        assert "/desk/content/entries/petition" in (await salma.gets("/desk/content?state=edited"))[1]


async def test_a_form_sent_unchanged_changes_nothing(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        before = looking(hiwar.data, lambda db: (knowledge.listed(db), audit.page(db, limit=1)))
        for name in ("information", "ministry"):
            assert (await edits(salma, f"/desk/content/entries/{name}"))[0] == 303
            assert said(await salma.follows()) == "Nothing was changed."
        assert looking(hiwar.data, knowledge.listed) == before[0]


async def test_two_editors_do_not_overwrite_each_other(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma, signed_in(hiwar, "editor", name="Amine") as amine:
        path = "/desk/content/entries/ministry"
        _status, seen = await salma.gets(path)
        assert (await edits(amine, path, **{"answer-en": "The ministry is in Rabat."}))[0] == 303
        status, page = await salma.posts(path, {**form_of(seen), "answer-fr": "Le ministère est à Rabat, Agdal.", "do": "publish"})
        assert status == 409
        assert "Somebody else changed this meanwhile" in page
        assert "Le ministère est à Rabat, Agdal." in page
        entry = looking(hiwar.data, lambda db: knowledge.find(db, "ministry"))
        assert entry is not None
        assert entry.answer == {"fr": "Réponse ministry", "en": "The ministry is in Rabat."}


async def test_a_change_that_loses_questions_waits_for_a_reason(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        path = "/desk/content/entries/information"
        change = {"examples-fr": "quelque chose de tout autre\nencore plus loin", "examples-en": ""}
        status, page = await edits(salma, path, **change)
        assert status == 409
        assert "Nothing is published yet." in page
        assert "obtenir un document" in page
        assert looking(hiwar.data, lambda db: knowledge.find(db, "information")) == ENTRIES[1]
        status, page = await edits(salma, path, **change, do="back")
        assert status == 200
        assert "encore plus loin" in page
        status, page = await edits(salma, path, **change, anyway="a portal of its own answers this")
        assert status == 303, plain(page)
        (noted,) = looking(hiwar.data, lambda db: audit.page(db, limit=1, action="rehearsal_overruled"))
        assert noted.details.endswith("questions lost: a portal of its own answers this")


async def test_a_new_entry_is_written_and_previewed(hiwar: Running) -> None:
    about = {
        "id": "shoe-size",
        "topic": "about-bot",
        "title-fr": "Pointure",
        "answer-fr": "Hiwar n’a pas de pieds.\n\n" + "Il parle. " * 60,
        "sources": "https://hiwar.example.ma | 2026",
        "as_of": "2026-11",
        "examples-fr": "quelle est ta pointure",
    }
    async with signed_in(hiwar, "editor") as salma:
        status, page = await edits(salma, "/desk/content/new", **about, do="preview")
        assert status == 200
        assert page.count('class="box preview"') == 8
        assert "Cette réponse" not in looking(hiwar.data, lambda db: str(knowledge.find(db, "shoe-size")))
        status, page = await edits(salma, "/desk/content/new", **{**about, "as_of": "soon"})
        assert status == 400
        assert "Write the month when the facts were checked" in page
        assert "Hiwar n’a pas de pieds." in page
        status, page = await edits(salma, "/desk/content/new", **about)
        assert status == 303, plain(page)
        entry = looking(hiwar.data, lambda db: knowledge.find(db, "shoe-size"))
        assert entry is not None
        assert entry.instead == {"ar": "fr", "zgh": "fr", "en": "fr"}
        status, page = await edits(salma, "/desk/content/new", **about)
        assert (status, "There is an entry of this name already" in page) == (400, True)


@pytest.mark.parametrize(
    "kind", ["document", "body", "commitment", "contact", "plan", "theme", "rating", "shelf", "house-plan", "local-plan"]
)
async def test_every_record_survives_its_form_unchanged(hiwar: Running, kind: str) -> None:
    async with signed_in(hiwar, "editor", language="ar") as salma:
        _status, page = await salma.gets(f"/desk/records?kind={kind}")
        paths = re.findall(rf'href="(/desk/records/{kind}/[a-z0-9-]+)"', page)
        assert paths
        for path in paths[:3]:
            status, page = await edits(salma, path)
            assert status == 303, plain(page)
            assert "kind=" in salma.headers["Location"]


async def test_a_document_is_changed_and_what_the_schema_refuses_is_said(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        before = looking(hiwar.data, lambda db: records.of_kind(db, Document))[0]
        path = f"/desk/records/document/{before.id}"
        status, page = await edits(salma, path, url="ftp://nowhere", **{"title-fr": "Un autre titre"})
        assert (status, "This is not a web address" in page, "Un autre titre" in page) == (400, True, True)
        status, page = await edits(salma, path, sources="- {nome: x}")
        assert (status, "This cannot be published" in page, "nome: x" in page) == (400, True, True)
        status, page = await edits(salma, path, sources="[unclosed")
        assert status == 400
        status, page = await edits(salma, path, **{"title-en": ""})
        assert (status, "Write it in Arabic, French and English." in page) == (400, True)
        status, page = await edits(salma, path, **{"title-fr": "Un autre titre"})
        assert status == 303, plain(page)
        after = looking(hiwar.data, lambda db: records.find(db, Document, before.id))
        assert after == msgspec.structs.replace(before, title={**before.title, "fr": "Un autre titre"})
        (noted,) = looking(hiwar.data, lambda db: audit.page(db, limit=1, action="record_changed"))
        assert (noted.subject, noted.details) == (f"document {before.id}", "title")
        loaded = looking(hiwar.data, lambda db: library.load(db, library.read(hiwar.data.parent / "content"), dt.datetime.now(dt.UTC)))
        assert not loaded.conflicts
        assert looking(hiwar.data, lambda db: records.find(db, Document, before.id)) == after


async def test_a_record_changed_meanwhile_is_not_overwritten(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        body = looking(hiwar.data, lambda db: records.of_kind(db, Body))[0]
        path = f"/desk/records/body/{body.id}"
        status, page = await edits(salma, path, version="0" * 64, **{"role-fr": "Autre chose."})
        assert (status, "Somebody else changed this meanwhile" in page, "Autre chose." in page) == (409, True, True)
        assert looking(hiwar.data, lambda db: records.find(db, Body, body.id)) == body


@pytest.mark.parametrize("path", ["/desk/content", "/desk/content/new", "/desk/content/entries/petition", "/desk/records"])
async def test_only_editors_edit(hiwar: Running, path: str) -> None:
    async with signed_in(hiwar, "moderator", "administrator", "auditor") as driss:
        assert (await driss.gets(path))[0] == 403


@pytest.mark.parametrize(
    "path", ["/desk/content/entries/none", "/desk/records?kind=none", "/desk/records/document/none", "/desk/records/x/y"]
)
async def test_what_is_not_there_is_a_page(hiwar: Running, path: str) -> None:
    async with signed_in(hiwar, "editor") as salma:
        assert (await salma.gets(path))[0] == 404
