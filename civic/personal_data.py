"""Finds what may say who somebody is in a text, before it is published: phone numbers, addresses, numbers of identity and of accounts.

It marks and offers; a moderator decides. What is missed is published, so it rather marks too much, but never a law, a date or a sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MASK = "▇▇▇"


class Kind(StrEnum):
    """What was found."""

    PHONE = "phone"
    EMAIL = "email"
    IDENTITY = "identity"  # the national card (CIN): one or two letters and five to six digits
    ACCOUNT = "account"  # IBAN, or the 24 digits of a Moroccan RIB
    CARD = "card"  # of payment
    LOGIN = "login"  # an address that carries a user's name


@dataclass(frozen=True, slots=True)
class Span:
    """Where something was found, in characters of the text."""

    start: int
    end: int
    kind: Kind


_WESTERN = {ord(digit): str(value) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(digits)}
_UNSEEN = "\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff"  # marks of direction and joiners that stand between digits
_GAP = rf"[ \t\u00a0\u202f.\-–/{_UNSEEN}]"
_EMAIL = re.compile(r"[^\W_][\w.+%-]*\s?(?:@|\(at\)|\[at\])\s?[^\W_][\w-]*(?:\s?(?:\.|\(dot\)|\[dot\])\s?[^\W\d_][\w-]*)+")
_LOGIN = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s/@]+@\S+|\b(?:https?://)?(?:www\.)?(?:facebook|instagram|x|twitter|tiktok|t)\.(?:com|me)/\S+", re.IGNORECASE
)
_IBAN = re.compile(rf"\b[A-Z]{{2}}\d{{2}}(?:{_GAP}?[A-Z0-9]){{11,30}}\b")
_DIGITS = re.compile(rf"(?<![\w.,])\d(?:{_GAP}{{0,2}}\d){{12,23}}(?!\w|[.,]\d)")
_IDENTITY = re.compile(r"(?<![\w-])[A-Z]{1,2}[ \-]?\d{5,6}(?![\w-]|[.,]\d)", re.IGNORECASE)
_PHONE = re.compile(rf"(?<![\w+])(?:(?:\+|00){_GAP}?212{_GAP}?(?:\(0\))?{_GAP}?|0{_GAP}?)[5-8](?:{_GAP}{{0,2}}\d){{8}}(?!\d)")
_CURRENCY = re.compile(
    rf"[\s{_UNSEEN}]*(?:دراهم|درهما?|مليون|مليار|dirhams?|dhs?\b|mad\b|millions?|milliards?|€|\$|euros?\b|%)", re.IGNORECASE
)
_LAW = re.compile(
    r"(?:loi|lois|law|dahir|décret|decret|decree|arrêté|arrete|circulaire|article|art\.?|bulletin|القانون|قانون|الظهير|ظهير|المرسوم|مرسوم|القرار|قرار|المادة|الفصل|منشور|دورية|9anoun|qanoun)"
    rf"(?:[\s:{_UNSEEN}]|n°|no\.?|nº|numéro|رقم|عدد|ra9m|number|num\.?)*$",
    re.IGNORECASE,
)


def find(text: str) -> tuple[Span, ...]:
    """Everything that may say who somebody is, in order and without overlaps."""
    plain = text.translate(_WESTERN)
    found: list[Span] = []
    for span in (*_emails(plain), *_accounts(plain), *_phones(plain), *_identities(plain)):
        if not any(span.start < other.end and other.start < span.end for other in found):
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.start))


def mask(text: str, spans: Iterable[Span]) -> str:
    """The text with these places covered."""
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]}{MASK}{text[span.end :]}"
    return text


def _emails(text: str) -> Iterator[Span]:
    yield from (Span(*found.span(), Kind.LOGIN) for found in _LOGIN.finditer(text))
    yield from (Span(*found.span(), Kind.EMAIL) for found in _EMAIL.finditer(text))


def _accounts(text: str) -> Iterator[Span]:
    yield from (Span(*found.span(), Kind.ACCOUNT) for found in _IBAN.finditer(text) if _is_iban(found.group()))
    for found in _DIGITS.finditer(text):
        digits = _only_digits(found.group())
        if len(digits) == 24:
            yield Span(*found.span(), Kind.ACCOUNT)
        elif 13 <= len(digits) <= 19 and _is_card(digits):
            yield Span(*found.span(), Kind.CARD)


def _phones(text: str) -> Iterator[Span]:
    import phonenumbers  # not above: its tables take a tenth of a second to load, and only moderators need them

    # Ours first: the package knows no "06 - 12 / 34", and wants its digits closer together.
    for found in _PHONE.finditer(text):
        if not _is_said_of_law(text, found.start()) and not _CURRENCY.match(text, found.end()):
            yield Span(*found.span(), Kind.PHONE)
    for match in phonenumbers.PhoneNumberMatcher(text, "MA"):
        raw = match.raw_string
        is_national = not raw.lstrip("(").startswith(("+", "00"))
        if is_national and not raw.startswith(("0", "(0")):
            continue  # nine digits without a zero are a sum, a file number, a year and a law
        if not _is_said_of_law(text, match.start) and not _CURRENCY.match(text, match.end):
            yield Span(match.start, match.end, Kind.PHONE)


def _identities(text: str) -> Iterator[Span]:
    for found in _IDENTITY.finditer(text):
        letters = re.split(r"[\d \-]", found.group())[0]
        is_word = found.group()[len(letters)] in " -" and letters.lower() in _WORDS
        if not is_word and not _CURRENCY.match(text, found.end()):
            yield Span(*found.span(), Kind.IDENTITY)


_WORDS = frozenset(
    [
        "à",
        "a",
        "y",
        "i",
        "de",
        "du",
        "en",
        "et",
        "le",
        "la",
        "un",
        "n",
        "no",
        "of",
        "to",
        "in",
        "is",
        "at",
        "by",
        "or",
        "p",
        "q",
        "dh",
        "l",
        "b",
        "f",
        "w",
        "m",
    ]
)


def _is_said_of_law(text: str, start: int) -> bool:
    """Whether a number stands behind "law no." and its like."""
    return _LAW.search(text[max(0, start - 40) : start]) is not None


def _only_digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _is_iban(text: str) -> bool:
    """ISO 13616: the letters as numbers, modulo 97."""
    plain = "".join(character for character in text if character.isascii() and character.isalnum())
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_card(digits: str) -> bool:
    """ISO/IEC 7812: the check digit of Luhn, and a first digit that cards have."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return digits[0] in "23456" and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
