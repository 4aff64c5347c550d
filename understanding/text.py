"""Normal forms of a message: what is left when spelling habits, marks and decoration are taken away."""

from __future__ import annotations

import re
import unicodedata

LANGUAGES = ("ar", "ary", "ary-Latn", "fr", "en", "zgh")  # what Hiwar reads: ary is Darija, ary-Latn the same in Latin letters

# Arabic vowel marks, tatweel, zero-width and bidi marks: they change how a word looks, never which word it is.
_INVISIBLE = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")

# Letters people exchange freely: hamza carriers, alef maqsura and ya, ta marbuta and ha, Persian and Moroccan variants of kaf.
_ARABIC_LETTERS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ء": None,
        "گ": "ك", "ڭ": "ك", "ݣ": "ك", "ک": "ك", "ی": "ي", "ڤ": "ف", "پ": "ب", "چ": "ش", "ە": "ه", "ہ": "ه",
    }
)  # fmt: skip
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")

# The IRCAM alphabet read as Latin letters, so that the two ways of writing Tamazight meet.
_TIFINAGH = str.maketrans(
    {
        "ⴰ": "a", "ⴱ": "b", "ⴳ": "g", "ⴷ": "d", "ⴹ": "d", "ⴻ": "e", "ⴼ": "f", "ⴽ": "k", "ⵀ": "h", "ⵃ": "h", "ⵄ": "ɛ", "ⵅ": "x",
        "ⵇ": "q", "ⵉ": "i", "ⵊ": "j", "ⵍ": "l", "ⵎ": "m", "ⵏ": "n", "ⵓ": "u", "ⵔ": "r", "ⵕ": "r", "ⵖ": "ɣ", "ⵙ": "s", "ⵚ": "s",
        "ⵛ": "c", "ⵜ": "t", "ⵟ": "t", "ⵡ": "w", "ⵢ": "y", "ⵣ": "z", "ⵥ": "z", "ⵯ": None, "ⵞ": "tc", "ⴵ": "dj", "ⵒ": "p", "ⵠ": "v",
        "ε": "ɛ", "γ": "ɣ",  # Greek letters stand in for these two on many keyboards
    }
)  # fmt: skip

_ELONGATION = re.compile(r"(\w)\1{2,}")
_NOT_A_WORD = re.compile(r"[\W_]+")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u0250-\u02af\u1e00-\u1eff]")
_TIFINAGH_LETTERS = re.compile("[\u2d30-\u2d7f]")


def fold(text: str) -> str:
    """Give the normal form two spellings of one message share: lower-case words of letters and digits, one space between them."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _INVISIBLE.sub("", text).translate(_ARABIC_LETTERS).translate(_DIGITS)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = text.translate(_ARABIC_LETTERS).translate(_TIFINAGH).replace("œ", "oe").replace("æ", "ae")
    return _NOT_A_WORD.sub(" ", _ELONGATION.sub(r"\1", text)).strip()


def form(text: str) -> str:
    """Give the normal form words are looked up by; a message of punctuation alone, such as "?", is its own."""
    return fold(text) or text.strip()


def tidy(text: str) -> str:
    """Give the text as written, without invisible marks and elongation: what a language is told by and a sentence encoder reads."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_DIGITS)
    return " ".join(_ELONGATION.sub(r"\1", text).split())


def script(text: str) -> str:
    """Tell the script most letters are in: "arabic", "latin", "tifinagh", or "" when there is no letter of these."""
    counts = {
        "tifinagh": len(_TIFINAGH_LETTERS.findall(text)),
        "arabic": len(_ARABIC.findall(text)),
        "latin": len(_LATIN.findall(text)),
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def is_arabic(word: str) -> bool:
    """Tell whether the word has a letter of the Arabic script."""
    return _ARABIC.search(word) is not None


def is_latin(word: str) -> bool:
    """Tell whether the word has a letter of the Latin script."""
    return _LATIN.search(word) is not None
