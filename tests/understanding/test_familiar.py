"""How much of a message the knowledge base has heard of, and how much of it the entry found explains."""

import pytest

from understanding.concepts import Concepts
from understanding.familiar import Familiar


@pytest.fixture(scope="module")
def familiar() -> Familiar:
    texts = [("quel est le prix d'une copie", 0), ("combien coûte une copie", 0), ("adresse du ministère", 1), ("عنوان الوزارة", 1)]
    return Familiar(texts, Concepts.shipped())


def test_what_an_example_says_is_familiar_and_explained_by_its_entry_alone(familiar):
    assert familiar.shares("le prix d'une copie", 0) == (1.0, 1.0)
    known, explained = familiar.shares("l'adresse du ministère", 0)
    assert known > 0.5
    assert explained < 0.2


def test_a_word_no_example_has_weighs_more_than_one_all_have(familiar):
    known, explained = familiar.shares("le prix du blé", 0)
    assert known < 0.75
    assert explained < known


def test_another_word_of_the_same_meaning_is_no_stranger(familiar):
    assert familiar.shares("address", 1) == (1.0, 1.0)
    assert familiar.shares("zorglub", 1) == (0.0, 0.0)


def test_nothing_is_not_familiar(familiar):
    assert familiar.shares("", 0) == (0.0, 0.0)
    assert familiar.shares("prix", 7)[1] == 0.0
