"""How well Hiwar understands: the tables of docs/benchmarks.md, on development data and on the knowledge base's own held-out questions.

    python benchmarks/understanding.py              # everything but the largest index, some five minutes
    python benchmarks/understanding.py --quick      # ours only, without baselines and build times
    python benchmarks/understanding.py --large      # and an index of 10,000 entries

It prints the rows as they stand in docs/benchmarks.md, in Markdown. Nothing here tunes anything.
Run with OPENBLAS_NUM_THREADS=1 to measure one core, as a server with other work to do has it.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from understanding.reading import Decision, Example, Understanding, Understood  # noqa: E402  # the path comes first
from understanding.text import fold  # noqa: E402

if TYPE_CHECKING:
    from understanding.encoders import Encoder

FIXTURES = ROOT.parent / "shared" / "fixtures" / "understanding"
KNOWLEDGE = ROOT / "content" / "knowledge"
COLUMNS = ("all", "ar", "ary", "ary-Latn", "fr", "en")
FUZZY = "rapidfuzz token_set (every 4th question)"
DECISIONS = (
    "at the product's thresholds",
    "answered at once",
    "of these right",
    "offered",
    "unknown",
    "out of scope: AUROC",
    "answered as if known",
    "CPU ms a message p50 / p95 / p99",
    "build, CPU s",
)


class Question(NamedTuple):
    """A message with the entry it asks for ("" when it asks for none) and its language."""

    text: str
    entry: str
    language: str


class Data(NamedTuple):
    """An index and questions on it."""

    name: str
    examples: list[Question]
    questions: list[Question]
    elsewhere: list[Question]  # about anything else


Rank = Callable[[str], Sequence[str]]


def read(name: str) -> list[Question]:
    """Give the rows of a development file; "aryz" there is "ary-Latn" here."""
    with open(FIXTURES / name, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Question(text, entry, "ary-Latn" if language == "aryz" else language) for text, entry, language in rows]


def datasets() -> list[Data]:
    """Give the development sets, and the knowledge base when there is one."""
    domain, banking, far = read("domain_dev.tsv"), read("b77_test.tsv"), read("b77_far_oos.tsv")
    found = [
        Data("domain", read("domain_index.tsv"), [q for q in domain if q.entry], [q for q in domain if not q.entry]),
        Data("banking", read("b77_index.tsv"), [q for q in banking if q.entry], far),
    ]
    examples, held_out = knowledge()
    if held_out:
        found.append(Data("knowledge", examples, held_out, [q for q in domain if not q.entry] + far))
    return found


def knowledge() -> tuple[list[Question], list[Question]]:
    """Give the examples and the held-out questions of the knowledge base."""
    from understanding import lists

    examples, held_out = [], []
    for file in sorted(KNOWLEDGE.glob("*.yml")):
        for entry in lists.shipped(str(file)) or []:
            for rows, part in ((examples, "examples"), (held_out, "held_out")):
                for language, texts in (entry.get(part) or {}).items():
                    rows += [Question(str(text), entry["id"], language) for text in texts]
    return examples, held_out


def build(examples: Sequence[Question], encoder: Encoder | None, cache: dict[str, Any]) -> Understanding:
    """Build ours."""
    return Understanding.build([Example(*one) for one in examples], encoder=encoder, cache=cache)


# Baselines: each gives entries in order for a text.


def trigrams(examples: Sequence[Question]) -> Rank:
    """SQLite FTS5, trigram tokenizer, bm25."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5(x, entry unindexed, tokenize='trigram')")
    db.executemany("insert into t values (?, ?)", [(fold(q.text), q.entry) for q in examples])

    def rank(text: str) -> list[str]:
        text = fold(text)
        wanted = " OR ".join(sorted({f'"{text[i : i + 3]}"' for i in range(len(text) - 2)}))
        if not wanted:
            return []
        return list(dict.fromkeys(e for (e,) in db.execute("select entry from t where t match ? order by rank limit 40", (wanted,))))

    return rank


def bm25(examples: Sequence[Question]) -> Rank:
    """SQLite FTS5 over Snowball stems."""
    import snowballstemmer

    stem = {language: snowballstemmer.stemmer(name) for language, name in (("ar", "arabic"), ("fr", "french"), ("en", "english"))}

    def stems(text: str) -> list[str]:
        words = fold(text).split()
        if re.search("[\u0620-\u064a]", text):
            return list(stem["ar"].stemWords(words))
        return [*stem["fr"].stemWords(words), *stem["en"].stemWords(words)]

    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5(x, entry unindexed)")
    db.executemany("insert into t values (?, ?)", [(" ".join(stems(q.text)), q.entry) for q in examples])

    def rank(text: str) -> list[str]:
        wanted = " OR ".join(sorted({f'"{word}"' for word in stems(text)}))
        if not wanted:
            return []
        return list(dict.fromkeys(e for (e,) in db.execute("select entry from t where t match ? order by rank limit 40", (wanted,))))

    return rank


def fuzzy(examples: Sequence[Question]) -> Rank:
    """rapidfuzz, token_set_ratio over all examples."""
    from rapidfuzz import fuzz, process

    texts = [fold(q.text) for q in examples]

    def rank(text: str) -> list[str]:
        best = process.extract(fold(text), texts, scorer=fuzz.token_set_ratio, limit=30)
        return list(dict.fromkeys(examples[number].entry for _, _, number in best))

    return rank


def embeddings(examples: Sequence[Question], encoder: Encoder) -> Rank:
    """The sentence encoder alone, nearest example."""
    import numpy as np

    rows = np.concatenate([encoder.encode([q.text for q in examples[i : i + 64]]) for i in range(0, len(examples), 64)])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    def rank(text: str) -> list[str]:
        order = np.argsort(-(rows @ encoder.encode([text])[0]))[:40]
        return list(dict.fromkeys(examples[number].entry for number in order))

    return rank


def accuracy(rank: Rank, questions: Sequence[Question]) -> dict[str, tuple[float, float]]:
    """Give accuracy at 1 and at 3, in percent, by language and in all."""
    hits: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for text, entry, language in questions:
        found = list(rank(text))
        for key in (language, "all"):
            hits[key].append((found[:1] == [entry], entry in found[:3]))
    return {key: (percent(one for one, _ in rows), percent(three for _, three in rows)) for key, rows in hits.items()}


def percent(values: Iterable[bool]) -> float:
    """Give the share of true values, in percent."""
    held = [*values]
    return 100 * sum(held) / max(1, len(held))


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Give how often an in-scope message is judged surer than one out of scope."""
    wins = sum((i > o) + 0.5 * (i == o) for i in inside for o in outside)
    return wins / max(1, len(inside) * len(outside))


def row(*cells: str) -> str:
    """Write one row of a table."""
    return f"| {' | '.join(cells)} |"


def table(*heads: str) -> None:
    """Print the first two rows of a table."""
    print(f"\n{row(*heads)}\n{'|---' * len(heads)}|", flush=True)


def line(name: str, by_language: dict[str, tuple[float, float]]) -> None:
    """Print one row of accuracies."""
    cells = (f"{by_language[key][0]:.1f} / {by_language[key][1]:.1f}" if key in by_language else "-" for key in COLUMNS)
    print(row(name, *cells), flush=True)


def ours(data: Data, encoder: Encoder | None, cache: dict[str, Any], label: str, told: list[str]) -> Understanding:
    """Print what ours does with a set, and add its row of the table of decisions and times to `told`."""
    began = time.process_time()
    understanding = build(data.examples, encoder, cache)
    took = time.process_time() - began
    times: list[float] = []

    def understand(question: Question) -> Understood:
        start = time.thread_time()  # of this thread alone: what others do on the machine does not count
        understood = understanding.read(question.text)
        times.append(1000 * (time.thread_time() - start))
        return understood

    inside, outside = [understand(q) for q in data.questions], [understand(q) for q in data.elsewhere]
    ranked = iter(inside)
    line(label, accuracy(lambda _: [match.entry for match in next(ranked).matches], data.questions))
    answered = [(u, q) for u, q in zip(inside, data.questions, strict=True) if u.decision is Decision.ANSWER]
    right = percent(u.matches[0].entry == q.entry for u, q in answered)
    share = {decision: f"{percent(u.decision is decision for u in inside):.1f} %" for decision in Decision}
    wrongly = percent(u.decision is Decision.ANSWER for u in outside)
    area = auroc([u.confidence for u in inside], [u.confidence for u in outside])
    times.sort()
    p50, p95, p99 = (times[int(len(times) * part)] for part in (0.5, 0.95, 0.99))
    told.append(
        row(
            f"{data.name}, {label}",
            share[Decision.ANSWER],
            f"{right:.1f} %",
            share[Decision.OFFER],
            share[Decision.UNKNOWN],
            f"{area:.3f}",
            f"{wrongly:.1f} % of {len(outside)}",
            f"{p50:.1f} / {p95:.1f} / {p99:.1f}",
            f"{took:.1f}",
        )
    )
    return understanding


def languages(understanding: Understanding) -> None:
    """Print the share of messages whose language is told right."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for text, language, _ in read("lid_dev.tsv"):
        language = "ary-Latn" if language == "aryz" else language
        hits[language].append(understanding.language(text) == language)
    shares = {language: percent(rows) for language, rows in hits.items()}
    table("language of a message, % right", *sorted(shares), "mean")
    print(row("Hiwar", *(f"{shares[key]:.1f}" for key in sorted(shares)), f"{sum(shares.values()) / len(shares):.2f}"), flush=True)


def resident(with_encoder: bool) -> list[str]:
    """Measure a whole process that builds the largest set at hand and reads a hundred messages: MB after, and at the peak."""
    code = f"""
import importlib.util
from service import librarian
from understanding import encoders
spec = importlib.util.spec_from_file_location("bench", {str(Path(__file__))!r})
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)
data = bench.datasets()[-1]
u = bench.build(data.examples, encoders.load() if {with_encoder} else None, {{}})
librarian.give_back()  # as the program does after a build
[u.read(q.text) for q in data.questions[:100]]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
now, peak = (int(status[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
print(now, peak)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True).stdout.split()


def grown(examples: Sequence[Question], entries: int) -> list[Question]:
    """Give an index of this many entries, nine examples each, made of words of the given one."""
    import random

    chance = random.Random(entries)
    words = sorted({word for q in examples for word in q.text.split()})
    return [
        Question(" ".join(chance.sample(words, 6)), f"entry-{number}", chance.choice(["ar", "fr", "en", "ary"]))
        for number in range(entries)
        for _ in range(9)
    ]


def main() -> None:
    """Print the table."""
    from understanding import encoders

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="ours only")
    options.add_argument("--large", action="store_true", help="an index of 10,000 entries as well")
    chosen = options.parse_args()
    if not FIXTURES.is_dir():
        sys.exit(f"no development data in {FIXTURES}")
    encoder, cache, told = encoders.load(), dict[str, Any](), list[str]()
    for data in datasets():
        table(f"{data.name}: {len({q.entry for q in data.examples})} entries, {len(data.questions)} questions", *COLUMNS)
        if not chosen.quick:
            for name, make in (("SQLite FTS5 trigram", trigrams), ("BM25, Snowball stems", bm25), (FUZZY, fuzzy)):
                line(name, accuracy(make(data.examples), data.questions[:: 4 if make is fuzzy else 1]))
            if encoder is not None:
                line("USE, nearest example", accuracy(embeddings(data.examples, encoder), data.questions))
        understanding = ours(data, None, {}, "Hiwar, letters only", told)
        if encoder is not None:
            understanding = ours(data, encoder, cache, "Hiwar", told)
    table(*DECISIONS)
    print("\n".join([*told, row("aim, domain", ">= 80 %", ">= 92 %", "", "", ">= 0.95", "<= 5 %", "p95 <= 15", "")]))
    languages(understanding)
    table("whole process, knowledge base", "MB after the build", "MB at its peak", "aim")
    print(row("with encoder", *resident(True), "< 350"))
    print(row("letters only", *resident(False), "< 150"), flush=True)
    if chosen.quick:
        return
    table("index of nine examples an entry, letters only", "build, CPU s")
    domain = read("domain_index.tsv")
    for entries in (100, 1000, 10_000) if chosen.large else (100, 1000):
        began = time.process_time()
        build(grown(domain, entries), None, {})
        print(row(f"{entries:,} entries", f"{time.process_time() - began:.0f}"), flush=True)


if __name__ == "__main__":
    main()
