"""Arabizi meets the same words in Arabic letters."""

import pytest

from understanding.arabizi import Decoder, distance, letter_by_letter, skeleton, skeletons


@pytest.mark.parametrize(
    ("arabizi", "arabic"),
    [
        ("kifach n9adem iqtirah", "كيفاش نقدم اقتراح"),
        ("bghit ma3louma", "بغيت معلومة"),
        ("lwati9a", "الوثيقة"),
        ("ch7al", "شحال"),
        ("khedma", "خدمة"),
        ("5edma", "خدمة"),
        ("ghadi", "غادي"),
        ("7okouma", "حكومة"),
    ],
)
def test_the_two_ways_of_writing_share_their_skeleton(arabizi, arabic):
    assert skeletons(arabizi) == skeletons(arabic)


def test_spellings_of_one_word_share_their_skeleton():
    assert len({skeleton(word) for word in ("n9adem", "nqadem", "n9addem", "n9dm", "nqdem")}) == 1


def test_a_word_is_read_with_the_vocabulary_when_its_skeleton_is_known():
    decoder = Decoder(["كيفاش نقدم اقتراح", "بغيت وثيقة"])
    assert decoder.decode("kifach n9eddem i9tira7") == "كيفاش نقدم اقتراح"


def test_of_words_with_one_skeleton_the_one_with_the_nearest_vowels_is_read():
    decoder = Decoder(["كتب كاتب كتاب"])
    assert decoder.decode("ktab") == "كتاب"
    assert decoder.decode("kateb") == "كاتب"


def test_an_unknown_word_is_read_letter_by_letter():
    assert Decoder([]).decode("chkoun") == letter_by_letter("chkoun") == "شكون"


def test_numbers_and_arabic_words_stay_as_they_are():
    assert Decoder([]).decode("2026 قانون 31") == "2026 قانون 31"


@pytest.mark.parametrize(("one", "other", "letters"), [("", "", 0), ("abc", "", 3), ("kitab", "ktab", 1), ("abc", "abd", 1)])
def test_distance_counts_letters(one, other, letters):
    assert distance(one, other) == letters
