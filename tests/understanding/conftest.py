"""A small knowledge base, and the development data when it is at hand."""

import csv
from pathlib import Path

import pytest

from understanding.reading import Example, Understanding

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "understanding"

QUESTIONS = {
    "information-how": {
        "fr": ["comment demander une information", "je veux faire une demande d'information", "où déposer ma demande d'information"],
        "ar": ["كيف أطلب معلومة من الإدارة", "طريقة تقديم طلب الحصول على المعلومات"],
        "ary": ["كيفاش نطلب معلومة", "بغيت معلومة من الإدارة"],
        "en": ["how do I request information", "ask an administration for information"],
        "zgh": ["ⵎⴰⵎⴽ ⴰⴷ ⵙⵙⵓⵜⵔⵖ ⵉⵏⵖⵎⵉⵙⵏ"],
    },
    "information-delay": {
        "fr": ["combien de temps pour avoir la réponse à une demande d'information", "quel est le délai de réponse"],
        "ar": ["ما هو أجل الجواب على طلب معلومة", "كم يستغرق الرد"],
        "ary": ["شحال د الوقت باش يجاوبوني على الطلب", "شحال كياخد الجواب"],
        "en": ["how long does the answer to my information request take", "deadline for the reply"],
    },
    "petition-what": {
        "fr": ["c'est quoi une pétition", "définition de la pétition"],
        "ar": ["ما هي العريضة", "ما معنى عريضة"],
        "ary": ["شنو هي العريضة", "أش كتعني العريضة"],
        "en": ["what is a petition", "petition meaning"],
    },
    "petition-delay": {
        "fr": ["combien de temps pour examiner une pétition", "délai d'examen de la pétition"],
        "ar": ["كم تستغرق دراسة العريضة", "أجل دراسة العريضة"],
        "ary": ["شحال كتاخد دراسة العريضة", "شحال د الوقت باش تدرس العريضة"],
        "en": ["how long until a petition is examined"],
    },
    "trainings": {
        "fr": ["quelles formations proposez-vous", "liste des formations"],
        "ar": ["ما هي الدورات التكوينية", "برنامج التكوين"],
        "ary": ["شنو كاين من تكوين", "واش كاين شي فورماسيون"],
        "en": ["which trainings are there", "training programme"],
    },
    "contact": {
        "fr": ["où se trouve le ministère", "adresse du ministère"],
        "ar": ["أين توجد الوزارة", "عنوان الوزارة"],
        "ary": ["فين جات الوزارة"],
        "en": ["where is the ministry", "address of the ministry"],
    },
}


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return [Example(t, entry, language) for entry, parts in QUESTIONS.items() for language, texts in parts.items() for t in texts]


@pytest.fixture(scope="session")
def understanding(examples: list[Example]) -> Understanding:
    """By letters only: the same on a machine without the encoder."""
    return Understanding.build(examples)


@pytest.fixture(scope="session")
def development():
    """A reader of development files, or a skip when ../shared is missing."""
    if not FIXTURES.is_dir():
        pytest.skip(f"the development data is missing: {FIXTURES}")

    def read(name: str) -> list[tuple[str, str, str]]:
        with open(FIXTURES / name, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
        return [(text, entry, language.replace("aryz", "ary-Latn")) for text, entry, language in rows]

    return read
