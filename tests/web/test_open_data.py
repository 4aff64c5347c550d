"""Open data: a card, a table and JSON at addresses that stay, with what is public and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from civic.decisions import Details
from civic.proposals import Act
from handlers.desk.decisions import decide
from storage import proposals
from tests.proposals_at_hand import ALONE, ANSWER, BENCH, MASKED_TEXT, SALMA, citizen
from tests.running import Running, running
from tests.web.browsers import chromium, visit
from tests.web.desk import fits, looking
from web.open_data import COLUMNS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("open_data")]


def fill(db: sa.Connection) -> None:
    """One published with covered words, one answered, one waiting, one of somebody whose name is shown and who likes formulas."""
    now = dt.datetime.now(dt.UTC)

    def file(**changes: str) -> int:
        return proposals.file(db, citizen(db, "amina"), "webchat", replace(BENCH, **changes), now.date(), now).number

    decide(db, ALONE, file(), Act.PUBLISH, Details(text=MASKED_TEXT), SALMA, now)
    decide(db, ALONE, file(title="An answered bench"), Act.ANSWER, ANSWER, SALMA, now)
    file(title="A waiting bench")
    decide(db, ALONE, file(title='=HYPERLINK("https://evil.example")', name="Amina"), Act.PUBLISH, Details(), SALMA, now)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("open_data") / "data") as hiwar:
        looking(hiwar.data, fill)
        yield hiwar


async def gets(hiwar: Running, path: str, **headers: str) -> tuple[int, str, aiohttp.typedefs.CIMultiDictProxy[str]]:
    async with aiohttp.ClientSession(headers=headers) as http, http.get(hiwar.url.rstrip("/") + path) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_the_table_holds_what_is_public_and_calculates_nothing(hiwar: Running) -> None:
    status, text, headers = await gets(hiwar, "/open-data/proposals.csv")
    assert (status, headers["Content-Type"], headers["Access-Control-Allow-Origin"]) == (
        200,
        "text/csv; charset=utf-8; header=present",
        "*",
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["number"] for row in rows] == ["1", "2", "4"]
    assert rows[0]["text"] == MASKED_TEXT
    assert "0612345678" not in rows[0]["text"]
    assert (rows[1]["outcome"], rows[1]["answer_fr"], rows[1]["answer_zgh"], rows[1]["by_when"]) == (
        "accepted",
        ANSWER.words["fr"],
        "",
        "2027-06-30",
    )
    assert (rows[2]["title"][0], rows[2]["name"]) == ("'", "Amina")
    assert rows[0]["name"] == ""


async def test_the_json_is_of_the_same_shape_and_names_its_licence(hiwar: Running) -> None:
    status, text, headers = await gets(hiwar, "/open-data/proposals.json")
    told = json.loads(text)
    assert (status, headers["Content-Type"].partition(";")[0], told["licence"], told["version"]) == (
        200,
        "application/json",
        "CC-BY-4.0",
        "1",
    )
    for row in told["proposals"]:
        assert list(row) == list(COLUMNS)
        assert isinstance(row["number"], int) and isinstance(row["supports"], int)
        assert row["state"] in ("published", "answered")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["filed"])
    assert told["proposals"][2]["title"].startswith("=HYPERLINK")


@pytest.mark.parametrize(("language", "words"), [("ar", "الرخصة"), ("fr", "Licence"), ("en", "How often")])
async def test_the_card_says_what_it_is_in_three_languages(hiwar: Running, language: str, words: str) -> None:
    status, page, headers = await gets(hiwar, f"/open-data/?lang={language}")
    assert (status, words in page, "CC BY 4.0" in page) == (200, True, True)
    assert all(f">{name}</code>" in page for name in COLUMNS)
    assert "script-src" not in headers["Content-Security-Policy"]
    assert (await gets(hiwar, "/open-data", **{"Accept-Language": language}))[1] == page


@pytest.mark.browser
async def test_axe_finds_nothing_on_the_card(hiwar: Running) -> None:
    async with chromium() as browser:
        for language in ("ar", "fr"):
            async with visit(browser, f"{hiwar.url}open-data/?lang={language}") as someone:
                await fits(someone, f"open-data-{language}")
