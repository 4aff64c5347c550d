"""Pictures that staff put beside what is published: decoded and encoded again, without what the camera wrote into them."""

from __future__ import annotations

import io
import warnings

from civic.errors import Refusal

WIDEST = 1600  # pixels of the longer side; enough for a full screen, small enough for a slow line
MOST_PIXELS = 40_000_000


def as_jpeg(content: bytes) -> bytes:
    """A picture as a JPEG of a sensible size; raises Refusal for what is no picture, or a bomb."""
    from PIL import Image, ImageOps  # not above: it takes memory that a start does not need

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise Refusal("picture_wrong", "picture")
                turned = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal("picture_wrong", "picture") from None
    turned.thumbnail((WIDEST, WIDEST))
    written = io.BytesIO()
    turned.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()
