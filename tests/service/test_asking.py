"""`hiwar ask` answers programs: one message, or a table of them, on the content folder or on another knowledge base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service import asking
from service.command import main
from service.settings import Settings

SMALL = Path(__file__).parents[1] / "small_content"
ENTRIES = [
    ("comment demander une information", "information", "fr"),
    ("je veux un document de l'administration", "information", "fr"),
    ("كيف أطلب معلومة من الإدارة", "information", "ar"),
    ("c'est quoi une pétition", "petition", "fr"),
    ("what is a petition", "petition", "en"),
    ("ما هي العريضة", "petition", "ar"),
    ("liste des formations", "trainings", "fr"),
    ("واش كاين شي فورماسيون", "trainings", "ary"),
    ("où se trouve le ministère", "contact", "fr"),
    ("شحال كياخد الجواب", "delay", "ary"),
    ("protection des données", "privacy", "fr"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No database is there, and none is made."""
    return Settings(data=tmp_path / "data", content=SMALL, encoder=False)


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    return table(tmp_path / "entries.tsv", ("text", "id", "language"), *ENTRIES)


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_table_of_messages_is_answered_line_by_line(
    settings: Settings, entries: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = table(
        tmp_path / "asked.tsv",
        ("id", "language", "text"),
        ("a", "fr", "c'est quoi une pétition ?"),
        ("b", "", "salam"),
        ("c", "ar", "كيف اطلب معلومه من الاداره"),
        ("d", "", "12"),
    )
    assert asking.ask_all(settings, asked, entries=entries) == 0
    told = lines(capsys)
    assert [line["id"] for line in told] == ["a", "b", "c", "d"]
    assert all(set(line) == {"id", "decision", "language", "entries", "confidence", "milliseconds"} for line in told)
    assert all(len(line["entries"]) >= 5 and set(line["entries"][0]) == {"id", "score"} for line in told)  # type: ignore[arg-type, index]  # of JSON
    scores = [[entry["score"] for entry in line["entries"]] for line in told]  # type: ignore[attr-defined]  # of JSON
    assert all(row == sorted(row, reverse=True) for row in scores)
    assert [line["decision"] for line in told] == ["answer", "smalltalk", "answer", "unknown"]
    assert told[0]["entries"][0]["id"] == "petition"  # type: ignore[index]  # of JSON
    assert (told[2]["entries"][0]["id"], told[2]["language"]) == ("information", "ar")  # type: ignore[index]  # of JSON
    assert not settings.data.exists()


def test_the_columns_may_stand_in_another_order_and_lines_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "asked.tsv"
    path.write_bytes("\ufefftext\tid\tlanguage\r\nbonjour\u2028vous\t7\taryz\r\n\r\n".encode())
    assert asking.read_messages(path) == [asking.Asked("7", "bonjour\u2028vous", "ary-Latn")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "line 1: this line must name the columns id, language, text"),
        (b"id\ttext\n1\tx\n", "line 1: this line must name the columns id, language, text"),
        (b"id\tlanguage\ttext\n1\tfr\n", "line 2: 3 columns parted by tabs are expected, there are 2"),
        (b"id\tlanguage\ttext\n1\tfr\tx\n\tfr\tx\n", "line 3: id is empty"),
        (b"id\tlanguage\ttext\n1\tfr\t \n", "line 2: text is empty"),
        (b"id\tlanguage\ttext\n1\tde\tx\n", "line 2: 'de' is not a language Hiwar reads"),
        (b"id\tlanguage\ttext\n1\tfr\t\xff\n", "line 2: this is not UTF-8"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_line(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIWAR_ENCODER", "false")
    (tmp_path / "asked.tsv").write_bytes(content)
    assert main(["ask", "--batch", str(tmp_path / "asked.tsv")]) == 1
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ask", "--batch", str(tmp_path / "none.tsv")]) == 1
    assert "none.tsv" in capsys.readouterr().err


def test_either_a_message_or_a_table_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask"]) == 2
    assert main(["ask", "bonjour", "--batch", "x.tsv"]) == 2
    assert "hiwar ask" in capsys.readouterr().err


def test_one_message_is_answered_in_words_and_as_json(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert asking.ask(settings, "comment demander un document ?") == 0
    told = capsys.readouterr().out
    assert told.startswith("answer, confidence")
    assert "chafafiya.ma" in told
    assert asking.ask(settings, "comment demander un document ?", as_json=True) == 0
    (line,) = lines(capsys)
    assert line["entries"][0]["id"] == "ati-how"  # type: ignore[index]  # of JSON
