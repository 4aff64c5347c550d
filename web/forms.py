"""What a page of the web chat posts: fields and files, read with limits; a broken form gets a sentence, not a stack trace."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from bot.messages import Place
from bot.phrases import Phrase, _
from web import uploads


@dataclass(slots=True)
class Form:
    """Fields by name, and files."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[uploads.Upload] = field(default_factory=list)


class Refused(Exception):
    """A request that is answered with a sentence for the person."""

    def __init__(self, status: int, phrase: Phrase, wait: float = 0.0) -> None:
        super().__init__(phrase.one)
        self.status, self.phrase, self.wait = status, phrase, wait


async def read_form(request: web.Request) -> Form:
    """The posted form; raises Refused, or uploads.UploadRefused for its files."""
    form = Form()
    try:
        if request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    continue
                if part.name == "files":
                    if upload := await uploads.read_upload(part):
                        form.files.append(upload)
                    if len(form.files) > uploads.MOST:
                        raise uploads.too_many()
                elif part.name:
                    form.fields[part.name] = (await part.read_chunk(65_536)).decode("utf-8", "replace")
        else:
            form.fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (ValueError, AssertionError, RuntimeError) as error:  # what aiohttp raises for a broken form
        raise Refused(400, _("The message could not be read. Please send it again.")) from error
    return form


def read_place(latitude: str, longitude: str) -> Place | None:
    """The place a page sent, or None for none or one that is not on the map."""
    try:
        place = Place(float(latitude), float(longitude))
    except ValueError:
        return None
    return place if abs(place.latitude or 0) <= 90 and abs(place.longitude or 0) <= 180 else None
