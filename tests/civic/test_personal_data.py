"""What may say who somebody is gets marked before a text is published; laws, dates and sums do not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.personal_data import MASK, Kind, find, mask


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Appelez-moi au 06 12 34 56 78 le matin.", Kind.PHONE, "06 12 34 56 78"),
        ("appelez le 0612345678", Kind.PHONE, "0612345678"),
        ("Tél. : +212 6 12 34 56 78", Kind.PHONE, "+212 6 12 34 56 78"),
        ("00212612345678 merci", Kind.PHONE, "00212612345678"),
        ("06.12.34.56.78", Kind.PHONE, "06.12.34.56.78"),
        ("06-12-34-56-78", Kind.PHONE, "06-12-34-56-78"),
        ("fixe 05 37 67 89 10", Kind.PHONE, "05 37 67 89 10"),
        ("mon fils en France : +33 6 12 34 56 78", Kind.PHONE, "+33 6 12 34 56 78"),
        ("رقم هاتفي ٠٦١٢٣٤٥٦٧٨ شكرا", Kind.PHONE, "٠٦١٢٣٤٥٦٧٨"),
        ("اتصلوا بي على 0661-23-45-67", Kind.PHONE, "0661-23-45-67"),
        ("3ayto liya f 0612345678 3afak", Kind.PHONE, "0612345678"),
        ("Call me on +44 20 7946 0958 please", Kind.PHONE, "+44 20 7946 0958"),
        ("écrivez à amina.b@example.org.", Kind.EMAIL, "amina.b@example.org"),
        ("بريدي amina@example.ma هو", Kind.EMAIL, "amina@example.ma"),
        ("amina (at) example (dot) org", Kind.EMAIL, "amina (at) example (dot) org"),
        ("ma CIN AB123456", Kind.IDENTITY, "AB123456"),
        ("بطاقتي رقم BK 54321", Kind.IDENTITY, "BK 54321"),
        ("la carte dyali j123456", Kind.IDENTITY, "j123456"),
        ("رقم البطاقة AB١٢٣٤٥٦", Kind.IDENTITY, "AB١٢٣٤٥٦"),
        ("RIB 007 780 0001234567890123 45", Kind.ACCOUNT, "007 780 0001234567890123 45"),
        ("IBAN: MA64 0115 1900 0001 2050 0053 4921", Kind.ACCOUNT, "MA64 0115 1900 0001 2050 0053 4921"),
        ("FR1420041010050500013M02606", Kind.ACCOUNT, "FR1420041010050500013M02606"),
        ("carte 4111 1111 1111 1111", Kind.CARD, "4111 1111 1111 1111"),
        ("https://amina:secret@example.org/x", Kind.LOGIN, "https://amina:secret@example.org/x"),
        ("mon profil facebook.com/amina.b", Kind.LOGIN, "facebook.com/amina.b"),
    ],
)
def test_it_is_found_with_its_kind(text: str, kind: Kind, found: str) -> None:
    assert [(text[span.start : span.end], span.kind) for span in find(text)] == [(found, kind)]
    assert mask(text, find(text)) == text.replace(found, MASK)


@pytest.mark.parametrize(
    "text",
    [
        "La loi 31-13 relative au droit d'accès à l'information",
        "القانون رقم 31.13 المتعلق بالحق في الحصول على المعلومات",
        "القانون التنظيمي 44.14 والقانون 113.14",
        "dahir n° 1-18-15 du 22 février 2018",
        "décret n° 2-15-40 du 20 février 2015, article 27",
        "Bulletin officiel n° 6655 du 12/03/2018, page 1438",
        "المادة 27 من الدستور لسنة 2011",
        "le 05/06/2026 à 18:30",
        "يوم 22 نونبر 2026 على الساعة 18:30",
        "budget de 1 250 000 dirhams",
        "ميزانية قدرها 612 345 678 درهم",
        "0,5 % des 37 000 000 habitants",
        "un coût de 0612345678 dirhams",
        "2024-2027, 12 engagements, 37 %",
        "ISBN 978-9920-1",
        "commitment 21 of plan 3, page 140",
        "l9anoun 31-13 kay3ti l7a9 f lma3louma",
        "de 10000 à 20000 personnes",
        "le dossier 2026/11/22-0001",
        "www.gouvernement-ouvert.ma et https://chafafiya.ma/demande?id=12",
        "@everyone please read P-123456 and Q-12345",
        "code postal 10000 Rabat, 20250 Casablanca",
        "1234567890123456",
        "ⵜⵉⴼⵉⵏⴰⵖ 2026",
    ],
)
def test_laws_dates_sums_and_numbers_of_cases_are_left_alone(text: str) -> None:
    assert find(text) == ()


def test_several_things_in_one_text_are_all_covered() -> None:
    text = "Je suis AB123456, 0612345678 ou amina@example.org ; la loi 31-13 est claire."

    assert mask(text, find(text)) == f"Je suis {MASK}, {MASK} ou {MASK} ; la loi 31-13 est claire."


def test_only_the_places_chosen_are_covered() -> None:
    text = "0612345678, service 0537678910"

    assert mask(text, find(text)[:1]) == f"{MASK}, service 0537678910"


@given(st.text(alphabet="0123456789٠١٢٣ +-./()@:abAB\u00a0\u200f\u2066الم", max_size=80))
def test_whatever_is_written_the_places_are_in_order_and_masking_covers_them(text: str) -> None:
    spans = find(text)

    assert all(first.end <= second.start for first, second in itertools.pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert mask(text, spans).count(MASK) == len(spans)
