"""Draws a picture anew, so that nothing is kept of it but what is seen: no place, no camera, no thumbnail, no hidden payload."""

from __future__ import annotations

import io
import struct
import warnings

MOST_PIXELS = 40_000_000  # a phone's largest picture; more would take hundreds of megabytes to open
_QUALITY = 85
_DRAWN = {"JPEG": ("JPEG", "image/jpeg", ".jpg"), "PNG": ("PNG", "image/png", ".png"), "GIF": ("PNG", "image/png", ".png"),
          "WEBP": ("WEBP", "image/webp", ".webp")}  # fmt: skip


class Unseen(ValueError):
    """The bytes are no picture that can be opened safely."""


def redraw(content: bytes) -> tuple[bytes, str, str]:
    """The picture anew, its type and the ending of its name; of a moving one the first image. Raises Unseen. Takes up to seconds."""
    from PIL import Image, ImageOps  # not above: it takes a tenth of a second to load, and few talks have pictures

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=tuple(_DRAWN)) as opened:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if opened.width * opened.height > MOST_PIXELS:  # known from the head, before anything is unpacked
                raise Unseen("too many pixels")
            name, mime, ending = _DRAWN[opened.format or ""]
            upright = ImageOps.exif_transpose(opened)  # the camera may have noted which side is up instead of turning the picture
            plain = upright.convert("RGB" if name == "JPEG" else "RGBA")
            bare = Image.new(plain.mode, plain.size)
            bare.paste(plain)
            drawn = io.BytesIO()
            bare.save(drawn, name, quality=_QUALITY) if name != "PNG" else bare.save(drawn, name, optimize=True)
    except (
        OSError,
        ValueError,
        SyntaxError,  # what Pillow says of a broken PNG
        ArithmeticError,
        LookupError,
        EOFError,
        MemoryError,
        struct.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as problem:
        raise Unseen(type(problem).__name__) from None
    return drawn.getvalue(), mime, ending
