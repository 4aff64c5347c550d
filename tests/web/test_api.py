"""`POST /api/v1/answers`, against a whole Hiwar: what a program gets, and how it is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.running import Running, running
from tests.web.guests import kept

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Behind a proxy, so that each test asks from an address of its own."""
    async with running(tmp_path_factory.mktemp("api") / "data", trusted_proxies="1") as hiwar:
        yield hiwar


async def asks(hiwar: Running, body: object, address: str) -> tuple[int, Any, aiohttp.typedefs.CIMultiDict[str]]:
    """Status, answer and headers."""
    sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with (
        aiohttp.ClientSession(headers={"X-Forwarded-For": address}) as session,
        session.post(f"{hiwar.url}api/v1/answers", **sent) as answer,
    ):
        assert answer.content_type == "application/json"
        return answer.status, await answer.json(), answer.headers.copy()


async def test_a_question_is_answered_with_source_and_date_and_leaves_no_trace(hiwar: Running) -> None:
    before = kept(hiwar.data)
    status, told, headers = await asks(hiwar, {"text": "kifach ntleb chi wathi9a mn l idara", "language": "ary-Latn"}, "10.0.0.1")
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert set(told) == {"decision", "language", "confidence", "smalltalk", "feature", "entries"}
    assert (told["language"], told["entries"][0]["id"], told["entries"][0]["language"]) == ("ary-Latn", "ati-how", "ar")
    assert set(told["entries"][0]) == {"id", "score", "title", "answer", "language", "sources", "date", "links"}
    assert told["entries"][0]["date"] == "2026-11"
    assert told["entries"][0]["sources"]
    assert len(told["entries"]) == 5
    assert kept(hiwar.data) == before


async def test_the_answer_is_in_the_language_asked_for_or_says_in_which_it_is(hiwar: Running) -> None:
    _status, told, _headers = await asks(hiwar, {"text": "comment demander un document", "language": "en"}, "10.0.0.2")
    assert told["language"] == "fr"
    assert told["entries"][0]["title"] == "How to request a document or information"
    _status, told, _headers = await asks(hiwar, {"text": "comment supprimer mes données", "language": "zgh"}, "10.0.0.2")
    assert (told["entries"][0]["id"], told["entries"][0]["language"]) == ("privacy-delete", "ar")


async def test_small_talk_is_told_as_such(hiwar: Running) -> None:
    _status, told, _headers = await asks(hiwar, {"text": "salam"}, "10.0.0.3")
    assert (told["decision"], told["smalltalk"], told["entries"]) == ("smalltalk", "greeting", [])


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "unreadable"),
        (b"{", 400, "unreadable"),
        (b'{"text": "\xff"}', 400, "unreadable"),
        (b"[]", 400, "unreadable"),
        ({}, 400, "unreadable"),
        ({"text": 7}, 400, "unreadable"),
        ({"text": "x", "more": 1}, 400, "unreadable"),
        ({"text": "  "}, 400, "empty"),
        ({"text": "x" * 5000}, 400, "too_long"),
        ({"text": "x", "language": "de"}, 400, "unknown_language"),
        (b'{"text": "' + b"x" * 40_000 + b'"}', 413, "too_large"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_its_reason(hiwar: Running, body: object, status: int, error: str) -> None:
    found, told, _headers = await asks(hiwar, body, f"10.1.{status % 256}.{len(str(body)) % 256}")
    assert (found, told["error"]) == (status, error)
    assert told["message"]


async def test_an_address_that_asks_too_fast_waits_and_others_do_not(hiwar: Running) -> None:
    answers = [await asks(hiwar, {"text": ""}, "10.0.0.9") for _ in range(30)]
    refused = [(told, headers) for status, told, headers in answers if status == 429]
    assert refused
    assert refused[0][0]["error"] == "too_fast"
    assert int(refused[0][1]["Retry-After"]) >= 1
    status, _told, _headers = await asks(hiwar, {"text": "salam"}, "10.0.0.10")
    assert status in (200, 429)  # 429 only when all together ask too fast
