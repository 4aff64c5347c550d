"""A line of the conversation as the page reads it."""

from __future__ import annotations

from typing import TypedDict

from bot.conversation import TalkState
from bot.dialogue import LEAVE, RESUME
from bot.messages import File, FileKind, Place, Shown
from bot.phrases import RIGHT_TO_LEFT
from handlers.news import PICTURE
from storage.lines import Line

_ACCEPT = {"picture": "image/*", "document": "image/*,application/pdf,.docx,.xlsx,.odt"}


class ButtonOnPage(TypedDict):
    label: str
    data: str
    kind: str
    url: str


class FileOnPage(TypedDict):
    url: str
    name: str
    mime: str
    size: int
    picture: bool


class LineOnPage(TypedDict):
    """docs/webchat.md describes each field."""

    id: int
    side: str
    at: str
    text: str
    note: str
    language: str
    dir: str
    numbered: bool
    buttons: list[ButtonOnPage]
    files: list[FileOnPage]
    place: dict[str, object] | None
    event: str


class Pending(TypedDict):
    """What kind of answer the talk waits for."""

    kind: str
    optional: bool
    longest: int | None
    accept: str


def on_page(line: Line) -> LineOnPage:
    event = line.event.partition("-")[2]  # as the page made it: the guest before it keeps guests' events apart
    return shown_on_page(line.id, line.side, line.at.isoformat(), line.said.shown, event, line.said.place)


def shown_on_page(number: int, side: str, at: str, shown: Shown, event: str = "", place: Place | None = None) -> LineOnPage:
    """A message as a line with this number."""
    direction = "auto" if side == "you" or not shown.language else "rtl" if shown.language in RIGHT_TO_LEFT else "ltr"
    return {
        "id": number,
        "side": side,
        "at": at,
        "text": shown.text,
        "note": shown.note,
        "language": shown.language,
        "dir": direction,
        "numbered": shown.numbered,
        "buttons": [{"label": button.label, "data": button.data, "kind": str(button.kind), "url": button.url} for button in shown.buttons],
        "files": [_file(file) for file in shown.files],
        "place": None if place is None else {"latitude": place.latitude, "longitude": place.longitude, "title": place.title},
        "event": event,
    }


def pending_of(talks: list[TalkState]) -> Pending | None:
    """What the innermost talk waits for, or None where anything may be written."""
    if not talks:
        return None
    talk = talks[-1]
    if talk.aside in (LEAVE, RESUME):
        return {"kind": "choice", "optional": False, "longest": None, "accept": ""}
    waits = talk.waits
    return {"kind": waits.kind, "optional": waits.optional, "longest": waits.longest, "accept": _ACCEPT.get(waits.kind, "")}


def _file(file: File) -> FileOnPage:
    is_news = file.ref.startswith(PICTURE)
    return {
        "url": f"/news/pictures/{file.ref.removeprefix(PICTURE)}" if is_news else f"/chat/files/{file.ref}",
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "picture": file.kind is FileKind.PICTURE,
    }
