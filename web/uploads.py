"""Files that come with a message of the web chat: how large, how many, and of which kind by their first bytes."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import BodyPartReader

from bot.answers import clean
from bot.messages import FileKind
from bot.phrases import Phrase, _, _n
from bot.uploads import kind_of

LARGEST = 10 * 1024 * 1024  # bytes
MOST = 5


class UploadRefused(Exception):
    """A file is too large, too many, or of a kind that is not let in; `phrase` tells the person."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.one)
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    kind: FileKind
    content: bytes


async def read_upload(part: BodyPartReader) -> Upload | None:
    """One file of a form; None for a field left empty. Raises UploadRefused."""
    content = bytearray()
    while chunk := await part.read_chunk(65_536):
        content += chunk
        if len(content) > LARGEST:
            raise UploadRefused(_("This file is too large: the limit is {limit} MB.", limit=LARGEST // 1024**2))
    name = clean((part.filename or "").rpartition("/")[2].rpartition("\\")[2])[:120]
    if not content:
        return None
    mime, kind = _kind(bytes(content[:16]))
    return Upload(name, mime, kind, bytes(content))


def too_many() -> UploadRefused:
    return UploadRefused(_n("At most {n} file can be sent at once.", "At most {n} files can be sent at once.", MOST))


def _kind(first: bytes) -> tuple[str, FileKind]:
    if (known := kind_of(first)) is None:
        raise UploadRefused(_("This kind of file cannot be sent here. Pictures, PDF and office documents can."))
    return known
