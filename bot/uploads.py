"""Which files are let in, by their first bytes; the name and the type that come with a file are not believed."""

from __future__ import annotations

from bot.messages import FileKind

# First bytes of what is let in.
_KINDS: tuple[tuple[bytes, str, FileKind], ...] = (
    (b"\xff\xd8\xff", "image/jpeg", FileKind.PICTURE),
    (b"\x89PNG\r\n\x1a\n", "image/png", FileKind.PICTURE),
    (b"GIF8", "image/gif", FileKind.PICTURE),
    (b"%PDF-", "application/pdf", FileKind.DOCUMENT),
    (b"PK\x03\x04", "application/zip", FileKind.DOCUMENT),  # docx, xlsx, odt are zip files
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", FileKind.DOCUMENT),  # doc, xls of before 2007
)


def kind_of(first: bytes) -> tuple[str, FileKind] | None:
    """The type and kind of a file by its first sixteen bytes; None for one that is not let in."""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp", FileKind.PICTURE
    return next(((mime, kind) for signature, mime, kind in _KINDS if first.startswith(signature)), None)
