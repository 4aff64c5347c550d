"""Certificates as they are drawn: one page, Arabic letters joined and from right to left, names in any script."""

from __future__ import annotations

import pypdfium2
import pytest
from PIL import Image, ImageChops

from bot.drawing import CertificateText, certificate, qr_png, qr_svg


def text(language: str, name: str, **more: str) -> CertificateText:
    words = {
        "ar": ("شهادة حضور", "نشهد بمشاركة", "في", "دورة تكوينية: كيف تطلب معلومة"),
        "fr": ("Attestation de présence", "Nous attestons que", "a participé à", "Formation : demander une information"),
        "zgh": ("ⵜⴰⴳⴰⵙⵜ ⵏ ⵓⵃⴹⴰⵕ", "ⵏⵙⵙⵉⴷⴻⴷ ⵎⴰⵙⴷ", "ⵉⴷⵔⵡ ⴳ", "ⴰⵙⵎⵓⵜⵜⴳ"),
    }[language]
    return CertificateText(
        language=language,
        issuer=words[0],
        heading=words[0],
        before=words[1],
        name=name,
        after=words[2],
        title=words[3],
        lines=("3 / 12 / 2026",),
        number="ABCD-EFGH-JKMN",
        check="https://hiwar.example/certificates/ABCDEFGHJKMN",
        url=more.get("url", ""),
    )


def rendered(content: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == 1
        return document[0].render(scale=1.0).to_pil().convert("L")


def inked(image: Image.Image) -> int:
    return sum(image.histogram()[:128])


@pytest.mark.parametrize("language", ["ar", "fr", "zgh"])
@pytest.mark.parametrize("name", ["أمينة بنت عبد الله", "Brahim Aït Lahcen", "ⵜⵉⵍⵍⵍⵉ", "أمينة El Idrissi", "A" * 80])
def test_any_name_is_drawn_on_any_paper(language: str, name: str) -> None:
    """No sign is missing from the fonts, whatever its script, and the longest name stays on the page."""
    with_name, without = rendered(certificate(text(language, name))), rendered(certificate(text(language, "")))
    assert inked(with_name) > inked(without) + 50
    edge = with_name.crop((0, 0, 30, with_name.height))
    assert inked(edge) == 0


def test_arabic_letters_are_joined() -> None:
    """A word of joining letters is one stroke of ink; with joiners that forbid it between them, each letter stands alone."""

    def gaps(name: str) -> int:
        base, drawn = rendered(certificate(text("ar", ""))), rendered(certificate(text("ar", name)))
        box = ImageChops.difference(base, drawn).crop((0, 150, base.width, 260)).getbbox()
        assert box is not None
        word = drawn.crop((box[0], 150 + box[1], box[2], 150 + box[3]))
        columns = [x for x in range(word.width) if inked(word.crop((x, 0, x + 1, word.height)))]
        return columns[-1] - columns[0] + 1 - len(columns)

    assert gaps("محمد") == 0
    assert gaps("م\u200cح\u200cم\u200cد") > 0


def test_qr_codes_are_pictures() -> None:
    assert qr_png("ABCD").startswith(b"\x89PNG")
    assert qr_svg("https://hiwar.example/chat?e=1").startswith(b"<svg")
