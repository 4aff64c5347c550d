"""Draws what is given into a person's hand: certificates as PDF, with Arabic letters joined, and QR codes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from bot.phrases import RIGHT_TO_LEFT

_FONTS = Path(__file__).parent / "fonts"
_INK, _TEAL, _QUIET = (19, 36, 43), (15, 92, 92), (91, 107, 112)  # LOOK of the pages
_WIDTH, _HEIGHT, _EDGE = 297.0, 210.0, 12.0  # millimetres; A4 on its side
_QR = 30.0
_LARGEST_NAME, _SMALLEST_NAME = 34, 16  # points
_UNISOLATED = {0x2066: None, 0x2067: None, 0x2068: None, 0x2069: None, 0x200E: None, 0x200F: None}  # the paper has one direction


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateText:
    """What stands on a certificate, in its reader's language."""

    language: str
    issuer: str
    heading: str
    before: str  # "We confirm that"
    name: str
    after: str  # "took part in"
    title: str
    lines: tuple[str, ...]  # when, where, by whom
    number: str
    check: str  # how the number is checked
    url: str = ""  # in the QR code


def certificate(text: CertificateText) -> bytes:
    """A certificate of attendance as a PDF of one page."""
    import fpdf  # not above: it takes 100 ms to load, and few processes ever draw

    pdf = fpdf.FPDF(orientation="landscape", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(text.heading.translate(_UNISOLATED))
    pdf.set_lang(text.language)
    for family, weights in {
        "latin": ("noto-sans-400", "noto-sans-700"),
        "arabic": ("noto-sans-arabic-400", "noto-sans-arabic-700"),
        "tifinagh": ("noto-sans-tifinagh-400", "noto-sans-tifinagh-400"),
    }.items():
        for style, file in zip(("", "B"), weights, strict=True):
            pdf.add_font(family, style, _FONTS / f"{file}.ttf")
    family = {"ar": "arabic", "zgh": "tifinagh"}.get(text.language, "latin")
    pdf.set_fallback_fonts([other for other in ("latin", "arabic", "tifinagh") if other != family], exact_match=False)
    pdf.add_page()
    _frame(pdf)

    def line(words: str, size: float, y: float, *, style: str = "", colour: tuple[int, int, int] = _INK, height: float = 0) -> float:
        words = words.translate(_UNISOLATED)
        # A line that needed another font leaves that one behind, and the same font asked for again is not set: so first another.
        pdf.set_font("latin" if family != "latin" else "arabic", style, size)
        pdf.set_font(family, style, size)
        pdf.set_text_color(*colour)
        pdf.set_text_shaping(use_shaping_engine=True, direction=_direction_of(words))
        pdf.set_xy(_EDGE * 3, y)
        pdf.multi_cell(_WIDTH - _EDGE * 6, height or size * 0.55, words, align="C", new_x="LMARGIN", new_y="NEXT")
        return float(pdf.get_y())

    y = line(text.issuer, 13, 26, colour=_QUIET)
    y = line(text.heading, 28, y + 5, style="B", colour=_TEAL)
    y = line(text.before, 14, y + 8)
    y = line(text.name, _name_size(text.name), y + 3, style="B")
    y = line(text.after, 14, y + 3)
    y = line(text.title, 19, y + 3, style="B", colour=_TEAL)
    y += 4
    for each in text.lines:
        y = line(each, 12.5, y + 0.8)
    foot = _HEIGHT - _EDGE - 32
    if text.url:
        x = _EDGE + 8 if text.language in RIGHT_TO_LEFT else _WIDTH - _EDGE - 8 - _QR
        pdf.image(io.BytesIO(qr_png(text.url)), x=x, y=foot - 3, w=_QR, h=_QR)
    y = line(text.number, 13, foot + 8, style="B")
    line(text.check, 9.5, y + 1, colour=_QUIET)
    return bytes(pdf.output())


def qr_png(content: str) -> bytes:
    """A QR code as PNG, large enough to be read off a phone's screen."""
    import segno

    made = io.BytesIO()
    segno.make(content, error="m", micro=False).save(made, kind="png", scale=10, border=4)
    return made.getvalue()


def qr_svg(content: str) -> bytes:
    """A QR code as SVG, for print."""
    import segno

    made = io.BytesIO()
    segno.make(content, error="q", micro=False).save(made, kind="svg", scale=10, border=4, xmldecl=False, svgns=True)
    return made.getvalue()


def _name_size(name: str) -> float:
    """A size at which a name fits its line."""
    return max(_SMALLEST_NAME, min(_LARGEST_NAME, 1300 / max(1, len(name))))


def _direction_of(words: str) -> str:
    """A line runs as its first letter does, whatever the paper's language: an Arabic name on a French paper, a number on an Arabic one."""
    first = next((sign for sign in words if sign.isalpha()), "")
    return "rtl" if "\u0600" <= first <= "\u06ff" else "ltr"


def _frame(pdf: object) -> None:
    """Two fine lines around the page, and the eight-pointed star above: the one motif of Hiwar."""
    pdf.set_draw_color(*_TEAL)  # type: ignore[attr-defined]  # fpdf.FPDF, which is imported late
    pdf.set_line_width(0.6)  # type: ignore[attr-defined]
    pdf.rect(_EDGE, _EDGE, _WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE)  # type: ignore[attr-defined]
    pdf.set_line_width(0.2)  # type: ignore[attr-defined]
    pdf.rect(_EDGE + 2, _EDGE + 2, _WIDTH - 2 * _EDGE - 4, _HEIGHT - 2 * _EDGE - 4)  # type: ignore[attr-defined]
    x, y, r = _WIDTH / 2, _EDGE, 5.0
    pdf.set_fill_color(255, 255, 255)  # type: ignore[attr-defined]
    pdf.rect(x - r * 1.6, y - 1, r * 3.2, 4, style="F")  # type: ignore[attr-defined]
    pdf.set_line_width(0.5)  # type: ignore[attr-defined]
    pdf.polygon([(x + r, y), (x, y + r), (x - r, y), (x, y - r)])  # type: ignore[attr-defined]
    half = r * 0.7071
    pdf.rect(x - half, y - half, 2 * half, 2 * half)  # type: ignore[attr-defined]
