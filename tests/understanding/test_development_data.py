"""The figures promised in docs/understanding.md hold, with a margin, by letters alone: quick enough for every run."""

import pytest

from understanding.reading import Decision, Example, Understanding


@pytest.fixture(scope="module")
def understanding(development):
    return Understanding.build(Example(*row) for row in development("domain_index.tsv"))


def test_by_letters_alone_the_domain_questions_are_found(development, understanding):
    questions = [row for row in development("domain_dev.tsv") if row[1]]
    read = [understanding.read(text) for text, _, _ in questions]
    first = sum(u.matches[0].entry == entry for u, (_, entry, _) in zip(read, questions, strict=True)) / len(questions)
    three = sum(entry in [m.entry for m in u.matches[:3]] for u, (_, entry, _) in zip(read, questions, strict=True)) / len(questions)
    assert first >= 0.82
    assert three >= 0.95


def test_by_letters_alone_few_messages_about_anything_else_are_answered(development, understanding):
    elsewhere = [text for text, entry, _ in [*development("domain_dev.tsv"), *development("b77_far_oos.tsv")] if not entry]
    answered = sum(understanding.read(text).decision is Decision.ANSWER for text in elsewhere)
    assert answered / len(elsewhere) <= 0.05


def test_languages_are_told_apart(development, understanding):
    right: dict[str, list[bool]] = {}
    for text, language, _ in development("lid_dev.tsv"):
        language = language.replace("aryz", "ary-Latn")
        right.setdefault(language, []).append(understanding.language(text) == language)
    assert sum(sum(rows) / len(rows) for rows in right.values()) / len(right) >= 0.98
