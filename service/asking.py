"""`hiwar ask`: understands one message or a table of them, without server or database, for programs and for whoever tries things out."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from civic.knowledge import Entry
from handlers.desk.rehearsal import examples_of
from service import library
from service.settings import Settings
from understanding import encoders
from understanding.reading import Decision, Example, Understanding, Understood
from understanding.text import LANGUAGES

_ALSO = {"lang": "language", "query": "text", "aryz": "ary-Latn", "ary-latn": "ary-Latn"}  # other names of columns and languages
_OFFERED = 3


class TableWrong(ValueError):
    """A table cannot be read; the text names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a table of messages; the language is the one its person chose, or "" when that is not known."""

    id: str
    text: str
    language: str


def ask(settings: Settings, text: str, *, language: str = "", as_json: bool = False, entries: Path | None = None) -> int:
    """Print how one message is understood, and the answer."""
    examples, known = _knowledge(settings, entries)
    understanding = _build(settings, examples)
    told = _told(understanding, text, _language(language))
    if as_json:
        print(json.dumps(told, ensure_ascii=False))  # noqa: T201
        return 0
    print(f"{told['decision']}, confidence {told['confidence']}, language {told['language'] or 'not known'}")  # noqa: T201
    ids = [str(match["id"]) for match in told["entries"]]  # type: ignore[attr-defined]  # a list, see _told
    spoken = language or str(told["language"])
    reading = {"ary": "ar", "ary-Latn": "ar"}.get(spoken, spoken)
    if told["decision"] == Decision.ANSWER and ids[0] in known:
        entry = known[ids[0]]
        print(f"\n{entry.title_for(reading)}\n\n{entry.answer[entry.language_for(reading)]}\n\n{entry.sources[0].name} · {entry.as_of}")  # noqa: T201
    elif told["decision"] in (Decision.ANSWER, Decision.OFFER):
        for entry_id in ids[:_OFFERED]:
            print(f"  {entry_id}  {known[entry_id].title_for(reading) if entry_id in known else ''}".rstrip())  # noqa: T201
    return 0


def ask_all(settings: Settings, table: Path, *, entries: Path | None = None) -> int:
    """Print a JSON line for each message of a table; raises TableWrong before anything is printed."""
    messages = read_messages(table)
    examples, _known = _knowledge(settings, entries)
    understanding = _build(settings, examples)
    for asked in messages:
        print(json.dumps({"id": asked.id} | _told(understanding, asked.text, asked.language), ensure_ascii=False))  # noqa: T201
    sys.stdout.flush()
    return 0


def read_messages(path: Path) -> list[Asked]:
    """The messages of a table with the columns id, language and text; raises TableWrong."""
    messages = []
    for number, row in _rows(path, ("id", "language", "text")):
        if not row["id"] or not row["text"]:
            raise TableWrong(f"{path}, line {number}: {'id' if not row['id'] else 'text'} is empty")
        messages.append(Asked(row["id"], row["text"], _known_language(path, number, row["language"])))
    return messages


def read_examples(path: Path) -> list[Example]:
    """The examples of a table with the columns text, id (of the entry) and language; raises TableWrong."""
    examples = []
    for number, row in _rows(path, ("text", "id", "language")):
        for column in ("text", "id", "language"):
            if not row[column]:
                raise TableWrong(f"{path}, line {number}: {column} is empty")
        examples.append(Example(row["text"], row["id"], _known_language(path, number, row["language"])))
    if not examples:
        raise TableWrong(f"{path}: there is no entry in it")
    return examples


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """The lines of a table with their numbers, by column; plain tabs, no quoting, UTF-8, blank lines left out."""
    rows: list[tuple[int, dict[str, str]]] = []
    header: list[str] = []
    # By bytes: a message may hold a line separator that str.splitlines would part it at.
    for number, raw in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            cells = raw.decode().removesuffix("\r").split("\t")
        except UnicodeDecodeError:
            raise TableWrong(f"{path}, line {number}: this is not UTF-8") from None
        if not header:
            header = [_ALSO.get(cell.strip().lower(), cell.strip().lower()) for cell in cells]
            if sorted(header) != sorted(columns):
                told = ", ".join(columns)
                raise TableWrong(f"{path}, line {number}: this line must name the columns {told}, parted by tabs; it says {raw.decode()!r}")
        elif cells != [""]:
            if len(cells) != len(columns):
                raise TableWrong(f"{path}, line {number}: {len(columns)} columns parted by tabs are expected, there are {len(cells)}")
            rows.append((number, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    return rows


def _known_language(path: Path, number: int, language: str) -> str:
    try:
        return _language(language)
    except ValueError as error:
        raise TableWrong(f"{path}, line {number}: {error}") from None


def _language(language: str) -> str:
    known = _ALSO.get(language.lower(), language)
    if known and known not in LANGUAGES:
        raise TableWrong(f"{language!r} is not a language Hiwar reads: {', '.join(LANGUAGES)}")
    return known


def _knowledge(settings: Settings, table: Path | None) -> tuple[list[Example], dict[str, Entry]]:
    """What is asked: the examples of a table, or the content folder with its answers."""
    if table is not None:
        return read_examples(table), {}
    entries = library.read_entries(settings.content)
    return examples_of(entries), {entry.id: entry for entry in entries}


def _build(settings: Settings, examples: list[Example]) -> Understanding:
    return Understanding.build(examples, encoder=encoders.load() if settings.encoder else None)


def _told(understanding: Understanding, text: str, prior: str) -> dict[str, object]:
    """How a message is understood, as JSON has it."""
    started = time.perf_counter()
    understood: Understood = understanding.read(text, prior=prior)
    milliseconds = (time.perf_counter() - started) * 1000
    matches = understood.matches or understanding.nearest(text, prior=prior)
    return {
        "decision": understood.decision.value,
        "language": understood.language,
        "entries": [{"id": match.entry, "score": round(match.score, 4)} for match in matches],
        "confidence": round(understood.confidence, 4),
        "milliseconds": round(milliseconds, 2),
    }
