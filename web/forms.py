"""What a page of the web chat posts: fields and files, read with limits; a broken form gets a sentence, not a stack trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from bot.messages import Place
from bot.phrases import Phrase, _
from web import uploads

LONGEST_FIELD = 65_536  # bytes; the longest text that is read is 8,192 characters, each of four bytes at most
MOST_PARTS = 20  # a message has eight fields and five files
_UNREADABLE = _("The message could not be read. Please send it again.")


@dataclass(slots=True)
class Form:
    """Fields by name (the last, where one is given several times), every value of each name, and files."""

    fields: dict[str, str] = field(default_factory=dict)
    every: dict[str, list[str]] = field(default_factory=dict)
    files: list[uploads.Upload] = field(default_factory=list)

    def put(self, name: str, value: str) -> None:
        self.fields[name] = value
        self.every.setdefault(name, []).append(value)


class Refused(Exception):
    """A request that is answered with a sentence for the person."""

    def __init__(self, status: int, phrase: Phrase, wait: float = 0.0) -> None:
        super().__init__(phrase.one)
        self.status, self.phrase, self.wait = status, phrase, wait


async def read_form(
    request: web.Request, *, largest: int = LONGEST_FIELD, most_parts: int = MOST_PARTS, longer: Mapping[str, int] | None = None
) -> Form:
    """The posted form; raises Refused. `largest` is the most bytes of a form without files, `longer` names fields that may be longer."""
    try:
        if request.content_type == "multipart/form-data":
            return await _read_parts(await request.multipart(), most_parts, longer or {})
        form = Form()
        for name, value in (await request.clone(client_max_size=largest).post()).items():
            if isinstance(value, str):
                form.put(name, value)
        return form
    except (ValueError, AssertionError, RuntimeError, LookupError, HttpProcessingError) as error:  # what aiohttp raises for a broken form
        raise Refused(400, _UNREADABLE) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise Refused(413, _UNREADABLE) from error
    except uploads.UploadRefused as error:
        raise Refused(413, error.phrase) from error


async def _read_parts(parts: MultipartReader, most: int, longer: Mapping[str, int]) -> Form:
    form = Form()
    count = 0
    async for part in parts:
        count += 1
        if count > most or not isinstance(part, BodyPartReader):
            raise Refused(413, _UNREADABLE)
        if part.name == "files":
            if upload := await uploads.read_upload(part):
                form.files.append(upload)
            if len(form.files) > uploads.MOST:
                raise uploads.too_many()
        elif part.name:
            form.put(part.name, await _read_field(part, longer.get(part.name, LONGEST_FIELD)))
    return form


async def _read_field(part: BodyPartReader, longest: int) -> str:
    """A field to its end: a chunk is only what has arrived of it so far."""
    content = bytearray()
    while chunk := await part.read_chunk(LONGEST_FIELD):
        content += chunk
        if len(content) > longest:
            raise Refused(413, _UNREADABLE)
    return content.decode("utf-8", "replace")


def read_place(latitude: str, longitude: str) -> Place | None:
    """The place a page sent, or None for none or one that is not on the map."""
    try:
        place = Place(float(latitude), float(longitude))
    except ValueError:
        return None
    return place if abs(place.latitude or 0) <= 90 and abs(place.longitude or 0) <= 180 else None
