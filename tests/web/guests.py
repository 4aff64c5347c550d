"""A guest of the web chat without a browser: keeps the cookie, reads the form's token off the page and posts as the page's script does."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

JSON = {"Accept": "application/json"}
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)
KEPT_OF_A_PERSON = ("people", "conversations", "drafts", "lines", "files", "feedback")

_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
_EVENT = re.compile(r'name="event" value="([0-9a-f]{32})"')
_numbers = itertools.count(1)

Line = dict[str, Any]  # as the page reads it from JSON; web/lines.py types what is sent


@dataclass(slots=True)
class Guest:
    """One citizen at one Hiwar."""

    url: str
    session: aiohttp.ClientSession
    language: str = ""
    token: str = ""
    page_event: str = ""  # what a form without a script would post
    lines: list[Line] = field(default_factory=list)  # what posts were answered with

    async def opens(self, path: str = "/", **headers: str) -> str:
        """The page; its token and event are kept for what is posted next."""
        async with self.session.get(self.url.rstrip("/") + path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            page = await answer.text()
        self.token, self.page_event = _TOKEN.findall(page)[0], _EVENT.findall(page)[0]
        return page

    async def posts(
        self,
        fields: dict[str, str],
        *,
        files: tuple[tuple[str, bytes], ...] = (),
        headers: dict[str, str] = JSON,  # never changed
        query: str = "",
        path: str = "/chat/messages",
    ) -> tuple[int, aiohttp.typedefs.CIMultiDict[str], str]:
        """Post what a page posts, unless `fields` says otherwise: status, headers and body of the answer."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in ({"token": self.token, "event": new_event()} | fields).items():
            form.add_field(name, value)
        for name, content in files:
            form.add_field("files", BytesIO(content), filename=name, content_type="application/octet-stream")
        query = query or (f"lang={self.language}" if self.language else "")
        address = f"{self.url.rstrip('/')}{path}?{query}"
        async with self.session.post(address, data=form, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.copy(), await answer.text()

    async def sends(self, *, files: tuple[tuple[str, bytes], ...] = (), **fields: str) -> list[Line]:
        """Post something that is accepted: the lines that are new."""
        status, _headers, body = await self.posts(fields, files=files)
        assert status == 200, body
        new: list[Line] = json.loads(body)["lines"]
        self.lines += new
        return new

    async def says(self, text: str, **fields: str) -> list[Line]:
        return await self.sends(text=text, **fields)

    async def presses(self, label: str) -> list[Line]:
        """Press the newest button with this label."""
        return await self.sends(pressed=self.button(label)["data"])

    def button(self, label: str) -> Line:
        for line in reversed(self.lines):
            for button in line["buttons"]:
                if button["label"] == label:
                    return button  # type: ignore[no-any-return]
        raise AssertionError(f"no button {label!r} in sight")

    async def all_lines(self, after: int = 0) -> list[Line]:
        """The conversation as it is stored."""
        async with self.session.get(f"{self.url}chat/lines?after={after}") as answer:
            return (await answer.json())["lines"]  # type: ignore[no-any-return]

    async def forgets(self) -> None:
        status, headers, body = await self.posts({}, path="/chat/forget")
        assert (status, headers["Location"]) == (303, "/"), body


@contextlib.asynccontextmanager
async def guest(url: str, language: str = "en", **headers: str) -> AsyncIterator[Guest]:
    """A new guest who has opened the page."""
    jar = aiohttp.CookieJar(unsafe=True)  # unsafe: cookies of an address that is a number
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Language": language, **headers}) as session:
        someone = Guest(url, session, language)
        await someone.opens()
        yield someone


def new_event() -> str:
    return f"event-{next(_numbers):08d}"


def texts(lines: list[Line]) -> list[tuple[str, str]]:
    """Who said what."""
    return [(line["side"], line["text"]) for line in lines]


def shown(page: str) -> list[str]:
    """The words of the lines on a page, in order."""
    found = re.findall(r'<div class="words">(.*?)</div>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", words.replace("</p><p", "</p>\n\n<p"))) for words in found]


def notes(page: str) -> list[str]:
    """The quiet lines on a page, without the marks that isolate names."""
    found = re.findall(r'<p class="note">(.*?)</p>', page, re.DOTALL)
    return [re.sub("[\u2068\u2069]", "", unescape(re.sub(r"<[^>]+>", "", note))) for note in found]


def count(data: Path, table: str) -> int:
    """Rows of a table of a Hiwar that runs on SQLite in this data folder."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'hiwar.db'}?mode=ro", uri=True)) as db:
        return int(db.execute(f"select count(*) from {table}").fetchone()[0])


def kept(data: Path) -> dict[str, int]:
    """How much is kept of all persons together."""
    return {table: count(data, table) for table in KEPT_OF_A_PERSON}


@contextlib.asynccontextmanager
async def listening(someone: Guest, after: int = 0, **headers: str) -> AsyncIterator[AsyncIterator[Line]]:
    """The lines of a guest's stream as they come."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
    async with someone.session.get(f"{someone.url}chat/stream?after={after}", headers=headers, timeout=timeout) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield _lines(answer.content)


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[Line]:
    event = {}
    async for raw in stream:
        name, _colon, value = raw.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
            continue
        if event.get("event") == "line":
            line = json.loads(event["data"])
            assert str(line["id"]) == event["id"]
            yield line
        event = {}
