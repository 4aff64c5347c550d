"""Open data: what is published, as CSV and JSON at addresses that stay, with a page that says what it is and under which licence."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Phrase, _
from civic.knowledge import LANGUAGES
from civic.proposals import State
from civic.spreadsheet import cell
from storage import open_data
from storage.open_data import OpenProposal
from web.pages import Pages

SPOKEN = {"ar": "العربية", "fr": "Français", "en": "English"}  # of the page
LICENCE = "CC-BY-4.0"
VERSION = "1"  # of the columns: a new one may be added at the end, none changes its meaning
COLUMNS: dict[str, Phrase] = {
    "number": _("Number, which never changes"),
    "kind": _("proposal, remark (on a service or document), contribution (to the next action plan) or comment (on a commitment)"),
    "theme": _("One of twelve themes"),
    "region": _("Region of Morocco, 01 to 12 as in ISO 3166-2:MA, or empty"),
    "about": _("The commitment, document or service it is about, or empty"),
    "language": _("Language of title and text"),
    "title": _("Title as published"),
    "text": _("Text as published; ▇▇▇ stands where a moderator covered personal data"),
    "name": _("Name of the author, only where they asked for it to be shown"),
    "filed": _("Day it was filed"),
    "published": _("Day it was published"),
    "state": _("published or answered"),
    "supports": _("How many people support it"),
    "outcome": _("Outcome of the official answer: accepted, accepted-in-part, already-done, under-study or not-accepted"),
    "answered_by": _("Who answered"),
    "answered": _("Day of the official answer"),
    "by_when": _("Day by which it is to be done"),
    "answer_ar": _("Official answer in Arabic"),
    "answer_fr": _("Official answer in French"),
    "answer_zgh": _("Official answer in Tamazight"),
    "answer_en": _("Official answer in English"),
}
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"


class OpenData:
    """The page and the two files, which are made once a day, when they are first asked for."""

    def __init__(self, pages: Pages, reader: AsyncEngine, folder: Path, *, now: Callable[[], dt.datetime]) -> None:
        self._pages, self._reader, self._folder, self._now = pages, reader, folder, now
        self._making = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/open-data/", self.page),
            web.get("/open-data", self.page),
            web.get("/open-data/proposals.csv", self.file),
            web.get("/open-data/proposals.json", self.file),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /open-data/`: the data card, in `?lang=`."""
        accepted = (part.split(";")[0].strip().partition("-")[0] for part in request.headers.get("Accept-Language", "").split(","))
        language = next((each for each in (request.query.get("lang", ""), *accepted) if each in SPOKEN), "ar")
        html = self._pages.render("open_data.html", language, embed=False, columns=COLUMNS, languages=SPOKEN, version=VERSION)
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`GET /open-data/proposals.csv` and `.json`: all of it, of today."""
        name = request.path.rpartition("/")[2]
        today = self._now().date().isoformat()
        path = self._folder / f"{today}-{name}"
        if not path.exists():
            async with self._making:
                if not path.exists():
                    await self._make(today)
        kind = "text/csv; charset=utf-8; header=present" if name.endswith(".csv") else "application/json"
        headers = {
            "Content-Type": kind,
            "Content-Disposition": f'attachment; filename="hiwar-{name}"',
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "public, max-age=3600",
        }
        return web.FileResponse(path, headers=headers)

    async def _make(self, today: str) -> None:
        """Write both files beside their places, then put them there, and drop those of other days."""
        self._folder.mkdir(parents=True, exist_ok=True)
        paths = {ending: self._folder / f"{today}-proposals.{ending}" for ending in ("csv", "json")}
        async with self._reader.connect() as db:
            await db.run_sync(_write, paths)
        for old in self._folder.glob("*-proposals.*"):
            if old not in paths.values():
                old.unlink(missing_ok=True)


def _write(db: sa.Connection, paths: dict[str, Path]) -> None:
    parts = {ending: path.with_suffix(f".{ending}.part") for ending, path in paths.items()}
    with parts["csv"].open("w", encoding="utf-8", newline="") as table, parts["json"].open("w", encoding="utf-8") as listed:
        rows = csv.writer(table)
        rows.writerow(COLUMNS)
        listed.write(f'{{"licence": "{LICENCE}", "version": "{VERSION}", "proposals": [')
        for place, row in enumerate(_rows(db)):
            rows.writerow([cell(value) for value in row.values()])
            listed.write("," if place else "")
            listed.write("\n" + json.dumps(row, ensure_ascii=False))
        listed.write("\n]}\n")
    for ending, part in parts.items():
        part.replace(paths[ending])


def _rows(db: sa.Connection) -> Iterator[dict[str, object]]:
    for found in open_data.everything(db):
        yield row(found)


def row(found: OpenProposal) -> dict[str, object]:
    """One proposal, by column."""
    proposal = found.proposal
    answer = found.answer if proposal.state is State.ANSWERED else None
    return {
        "number": proposal.number,
        "kind": proposal.kind,
        "theme": proposal.theme,
        "region": proposal.region,
        "about": proposal.about,
        "language": proposal.language,
        "title": proposal.title,
        "text": proposal.text,
        "name": proposal.name,
        "filed": proposal.filed_at.date().isoformat(),
        "published": proposal.published_at.date().isoformat() if proposal.published_at else "",
        "state": proposal.state.value,
        "supports": proposal.supports,
        "outcome": answer.outcome if answer else "",
        "answered_by": answer.who if answer else "",
        "answered": answer.at.date().isoformat() if answer else "",
        "by_when": answer.by_when.isoformat() if answer and answer.by_when else "",
        **{f"answer_{language}": answer.words.get(language, "") if answer else "" for language in LANGUAGES},
    }
