"""Structured content at the desk: documents, bodies, commitments and contacts, edited by the fields of their schema."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import yaml
from aiohttp import web

from bot.phrases import Phrase, _
from civic.knowledge import LANGUAGES
from civic.records import KINDS, Record
from civic.staff import MAY
from handlers.desk.followup import Changed
from handlers.desk.publishing import keep_record, version
from handlers.topics import TOPICS
from storage import records
from web.desk.content import CHANGED
from web.desk.frame import Desk, Visit
from web.desk.publishing import NAMES
from web.desk.sections import Section

_ROLES = MAY["edit"]
_TYPES: dict[str, type[Record]] = {name: kind for kind, name in KINDS.items()}  # type: ignore[misc]  # KINDS has records only
SHOWN: dict[str, Phrase] = {
    "document": TOPICS["documents"],
    "commitment": TOPICS["commitments"],
    "body": _("Committees"),
    "contact": _("Contacts"),
    "plan": TOPICS["action-plans"],
    "theme": _("Themes of the plans"),
    "rating": _("Ratings"),
    "shelf": _("Shelves"),
    "house-plan": _("Plans of the House"),
    "local-plan": _("Local plans"),
}

FIELDS: dict[str, Phrase] = {  # what a field is called; one without a name here is called as in docs/content.md
    "title": _("Title"),
    "name": _("Name"),
    "member": _("Member"),
    "text": _("Text"),
    "summary": _("Summary"),
    "note": _("Note"),
    "url": _("Web address"),
    "sources": _("Sources"),
    "links": _("Links"),
    "as_of": _("Month when the facts were checked"),
    "confidence": _("How sure it is"),
    "translated": _("Languages whose title is our own"),
    "languages": _("Languages"),
    "publisher": _("Publisher"),
    "year": _("Year"),
    "period": _("Period"),
    "start": _("Beginning"),
    "end": _("End"),
    "missing": _("What is not known"),
    "uncertain": _("What should be checked"),
    "check": _("What to confirm first"),
    "role": _("Task"),
    "composition": _("Who belongs to it"),
    "join": _("How to join"),
    "history": _("History"),
    "meetings": _("Meetings"),
    "also": _("Other names"),
    "purpose": _("What for"),
    "email": _("E-mail"),
    "address": _("Address"),
    "phones": _("Telephones"),
    "kind": _("Kind"),
    "theme": _("Theme"),
    "plan": _("Plan"),
    "number": _("Number"),
    "progress": _("Progress"),
    "result": _("Results"),
    "evaluation": _("Evaluation"),
    "state": _("State"),
    "commitments": _("Commitments"),
    "lead_institution": _("Lead institution"),
    "shelf": _("Shelf"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a record as the form shows it; `kind` is "languages", "choice", "lines", "line", "yes" or "structure"."""

    name: str
    kind: str
    texts: Mapping[str, str]  # by language, or under ""
    choices: tuple[str, ...] = ()
    needed: bool = False

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The choices as a select shows them."""
        return [(choice, choice or "–") for choice in self.choices]


class Records:
    """The list of each kind, and the editor."""

    sections = (Section("records", _("Records"), "/desk/records", _ROLES),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/records", self.page),
            web.get("/desk/records/{kind}/{id}", self.record),
            web.post("/desk/records/{kind}/{id}", self.save),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/records`: the records of a kind; `?kind=`."""
        visit = await self._desk.enter(request, *_ROLES)
        kind = request.query.get("kind", "document")
        if kind not in _TYPES:
            raise self._desk.not_found()
        found = await self._desk.read(records.of_kind, _TYPES[kind])
        rows = [(record.id, _title(record, visit.language), str(getattr(record, "as_of", ""))) for record in found]
        return self._desk.render(visit, "desk/records.html", section="records", kind=kind, kinds=SHOWN, rows=rows)

    async def record(self, request: web.Request) -> web.Response:
        """`GET /desk/records/{kind}/{id}`: the editor."""
        visit = await self._desk.enter(request, *_ROLES)
        before = await self._found(request)
        return self._shown(visit, before, parts_of(before), version(before), {})

    async def save(self, request: web.Request) -> web.Response:
        """`POST /desk/records/{kind}/{id}`: publish, if it is what the schema asks for."""
        visit = await self._desk.enter(request, *_ROLES)
        form = await self._desk.form(request, visit)
        before = await self._found(request)
        seen = form.fields.get("version", "")
        parts = [_typed(part, form.fields) for part in parts_of(before)]
        wrong = {part.name: told for part in parts if (told := _wrong_with(part)) is not None}
        record = before
        if not wrong:
            try:
                record = record_of(parts, before)
            except (msgspec.ValidationError, yaml.YAMLError) as error:
                wrong = _located(error, parts)
        if wrong:
            return self._shown(visit, before, parts, seen, wrong, 400)
        if record == before:
            return self._desk.done(visit, f"/desk/records?kind={request.match_info['kind']}", _("Nothing was changed."))
        if version(before) != seen:
            return self._shown(visit, before, parts, seen, {"": CHANGED}, 409)
        try:
            await self._desk.write(keep_record, record, before, visit.now, visit.actor)
        except Changed:
            return self._shown(visit, before, parts, seen, {"": CHANGED}, 409)
        return self._desk.done(visit, request.path, _("Published: {title}", title=_title(record, visit.language)))

    def _shown(
        self, visit: Visit, before: Record, parts: list[Part], seen: str, wrong: Mapping[str, Phrase], status: int = 200
    ) -> web.Response:
        return self._desk.render(
            visit,
            "desk/record.html",
            section="records",
            status=status,
            title=_title(before, visit.language),
            kind=KINDS[type(before)],
            record=before,
            parts=parts,
            labels={part.name: visit.voice.say(FIELDS[part.name]) if part.name in FIELDS else part.name for part in parts},
            version=seen,
            wrong=wrong,
            language_names=NAMES,
        )

    async def _found(self, request: web.Request) -> Record:
        kind = _TYPES.get(request.match_info["kind"])
        found = await self._desk.read(records.find, kind, request.match_info["id"][:64]) if kind is not None else None
        if found is None:
            raise self._desk.not_found()
        return found


def parts_of(record: Record) -> list[Part]:
    """The fields of a record, in the order of its schema; the id stays what it is."""
    hints = typing.get_type_hints(type(record))
    return [
        _part(field, hints[field.name], getattr(record, field.name)) for field in msgspec.structs.fields(type(record)) if field.name != "id"
    ]


def record_of(parts: list[Part], before: Record) -> Record:
    """The record that the form says; raises ValidationError or YAMLError."""
    said: dict[str, object] = {"id": before.id}
    for part in parts:
        if part.kind == "languages":
            said[part.name] = {language: text for language, text in part.texts.items() if text}
        elif part.kind == "lines":
            said[part.name] = [line.strip() for line in part.texts[""].splitlines() if line.strip()]
        elif part.kind == "structure":
            said[part.name] = yaml.safe_load(part.texts[""])
        elif part.kind == "yes":
            said[part.name] = bool(part.texts[""])
        else:
            said[part.name] = part.texts[""]
    return msgspec.convert(said, type(before), strict=False)


def _part(field: msgspec.structs.FieldInfo, hint: object, value: object) -> Part:
    needed = field.required
    if hint == dict[str, str]:
        texts = typing.cast("Mapping[str, str]", value)
        return Part(field.name, "languages", {language: texts.get(language, "") for language in LANGUAGES}, needed=needed)
    if typing.get_origin(hint) is typing.Literal:
        return Part(field.name, "choice", {"": str(value)}, typing.get_args(hint), needed)
    if hint is bool:
        return Part(field.name, "yes", {"": "yes" if value else ""})
    if hint is str:
        return Part(field.name, "line", {"": str(value)}, needed=needed)
    if hint == tuple[str, ...]:
        return Part(field.name, "lines", {"": "\n".join(typing.cast("tuple[str, ...]", value))})
    text = yaml.safe_dump(msgspec.to_builtins(value), allow_unicode=True, sort_keys=False, width=120)
    return Part(field.name, "structure", {"": text.removesuffix("\n...\n")})


def _typed(part: Part, posted: Mapping[str, str]) -> Part:
    texts = {key: posted.get(f"{part.name}-{key}" if key else part.name, "").replace("\r\n", "\n").strip() for key in part.texts}
    return Part(part.name, part.kind, texts, part.choices, part.needed)


def _wrong_with(part: Part) -> Phrase | None:
    if part.kind == "languages" and part.needed and any(part.texts.values()) and not all(part.texts[one] for one in ("ar", "fr", "en")):
        return _("Write it in Arabic, French and English.")
    if part.kind == "line" and part.name == "url" and part.texts[""] and not part.texts[""].startswith(("https://", "http://")):
        return _("This is not a web address: {address}", address=part.texts[""])
    return None


def _located(error: Exception, parts: list[Part]) -> dict[str, Phrase]:
    """What the schema does not accept, at the field it speaks of."""
    what, _at, where = str(error).partition(" - at `$.")
    name = next((part.name for part in parts if where.startswith(part.name)), "")
    if isinstance(error, yaml.YAMLError):
        name = next((part.name for part in parts if part.kind == "structure" and not _reads(part.texts[""])), "")
        what = " ".join(str(error).split())
    return {name: _("This cannot be published: {what}", what=what)}


def _reads(text: str) -> bool:
    try:
        yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return True


def _title(record: Record, language: str) -> str:
    """What a list calls a record."""
    for name in ("title", "name", "member", "text"):
        texts = getattr(record, name, None)
        if isinstance(texts, dict) and texts:
            return str(texts.get(language) or next(iter(texts.values())))
    return record.id
