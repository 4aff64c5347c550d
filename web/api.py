"""The API for programs: `POST /api/v1/answers` understands a message and gives the entries it may be about (docs/api.md)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from civic.knowledge import LANGUAGES, Entry
from handlers.reception import Reader
from storage import knowledge
from understanding.reading import Match, Understood
from understanding.text import LANGUAGES as READ
from web.limits import Gate

LARGEST = 32 * 1024  # bytes of a request
LONGEST = 4096  # characters of a text, as in the chat
PATIENCE = 20.0  # seconds a request waits while Hiwar is starting or very busy
_SPOKEN = {"ary": "ar", "ary-Latn": "ar"}  # what is read in one language and answered in another


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    language: str = ""


class _Refused(Exception):
    """A request that cannot be answered, for its program."""

    def __init__(self, status: int, error: str, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.wait = status, error, message, wait


class Answers:
    """The answers of the knowledge base. Nothing a program asks is kept or passed on."""

    def __init__(self, reading: Reader, reader: AsyncEngine, *, address_of: Callable[[web.Request], str]) -> None:
        self._reading, self._reader, self._address_of = reading, reader, address_of
        self._per_address = Gate(rate=2.0, burst=20)
        self._everyone = Gate(rate=20.0, burst=40)  # one worker reads for citizens too, some 70 messages a second

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/v1/answers", self.answers)]

    async def answers(self, request: web.Request) -> web.Response:
        """`POST /api/v1/answers`: decision, language, confidence and the entries, ranked, with their answers."""
        try:
            self._slow_down(request)
            wanted = await _wanted(request)
            return web.json_response(await self._answer(wanted), dumps=lambda told: msgspec.json.encode(told).decode())
        except _Refused as refused:
            headers = {"Retry-After": str(int(refused.wait) + 1)} if refused.wait else {}
            return web.json_response({"error": refused.error, "message": refused.message}, status=refused.status, headers=headers)

    def _slow_down(self, request: web.Request) -> None:
        now = time.monotonic()
        wait = self._per_address.admit(self._address_of(request), now) or self._everyone.admit("", now)
        if wait:
            raise _Refused(429, "too_fast", "Too many requests: wait as long as Retry-After says.", wait)

    async def _answer(self, wanted: _Wanted) -> dict[str, object]:
        try:
            async with asyncio.timeout(PATIENCE):
                understood = await self._reading.read(wanted.text, wanted.language, "")
        except TimeoutError:
            raise _Refused(503, "starting", "Hiwar is starting and cannot answer yet: try again in a moment.", 10.0) from None
        async with self._reader.connect() as db:
            entries = await db.run_sync(knowledge.find_all, [match.entry for match in understood.matches])
        return _told(understood, entries, wanted.language or understood.language)


async def _wanted(request: web.Request) -> _Wanted:
    """What a request asks; raises _Refused."""
    raw = bytearray()
    async for chunk in request.content.iter_chunked(LARGEST):
        raw += chunk
        if len(raw) > LARGEST:
            raise _Refused(413, "too_large", f"A request has at most {LARGEST} bytes.")
    try:
        wanted = msgspec.json.decode(bytes(raw), type=_Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _Refused(400, "unreadable", f'A JSON object with "text" and, if you like, "language" is expected: {error}.') from None
    if not wanted.text.strip():
        raise _Refused(400, "empty", '"text" is empty.')
    if len(wanted.text) > LONGEST:
        raise _Refused(400, "too_long", f'"text" has at most {LONGEST} characters.')
    if wanted.language and wanted.language not in READ:
        raise _Refused(400, "unknown_language", f'"language" is one of {", ".join(READ)}.')
    return wanted


def _told(understood: Understood, entries: Sequence[Entry], language: str) -> dict[str, object]:
    language = _SPOKEN.get(language, language) or LANGUAGES[0]
    by_id = {entry.id: entry for entry in entries}
    return {
        "decision": understood.decision.value,
        "language": understood.language,
        "confidence": round(understood.confidence, 4),
        "smalltalk": understood.smalltalk,
        "feature": understood.feature,
        "entries": [_entry(by_id[match.entry], match, language) for match in understood.matches if match.entry in by_id],
    }


def _entry(entry: Entry, match: Match, language: str) -> dict[str, object]:
    written = entry.language_for(language)
    return {
        "id": entry.id,
        "score": round(match.score, 4),
        "title": entry.title_for(language),
        "answer": entry.answer[written],
        "language": written,
        "sources": [{"name": source.name, "date": source.date} for source in entry.sources],
        "date": entry.as_of,
        "links": list(entry.links),
    }
