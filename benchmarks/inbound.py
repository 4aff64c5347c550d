"""The same dialogue on Hiwar, python-telegram-bot's Application, aiogram 3 and a bare handler: `python -m benchmarks.inbound`.

Citizens and the fake Bot API (40 ms before each answer) run in this process on core 1, the program under test alone on core 0.
Saturated: 100 messages outstanding. Offered: a message every 5 ms. Every figure is from POST to the moment the fake Telegram has the reply.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import CORE_OF_GENERATOR, UnderTest, free_port, pin, show_table
from benchmarks.telegram import TOKEN, Api, Citizens

LATENCY = 0.040
OUTSTANDING = 100
CHATS = 500


@dataclass(frozen=True, slots=True)
class System:
    """One program under test."""

    key: str
    name: str
    module: str
    environment: dict[str, str]


SYSTEMS = (
    System("hiwar-reply", "Hiwar, reply in the webhook's answer", "benchmarks.hiwar_bot", {}),
    System("hiwar-api", "Hiwar, reply by API", "benchmarks.hiwar_bot", {"BENCH_BY_API": "1"}),
    System("ptb", "python-telegram-bot Application(256), ORM", "benchmarks.peers.ptb_bot", {}),
    System("aiogram-reply", "aiogram 3, ORM, reply in the webhook's answer", "benchmarks.peers.aiogram_bot", {"BENCH_MODE": "reply"}),
    System("aiogram-api", "aiogram 3, ORM, background", "benchmarks.peers.aiogram_bot", {"BENCH_MODE": "background"}),
    System("bare-reply", "bare, reply in the webhook's answer", "benchmarks.peers.bare_bot", {"BENCH_MODE": "reply"}),
    System("bare-api", "bare, reply by API", "benchmarks.peers.bare_bot", {"BENCH_MODE": "api"}),
)


@dataclass(frozen=True, slots=True)
class Figures:
    turns_s: float
    cpu_ms: float  # of the process under test, a turn
    p50_ms: float
    p99_ms: float
    memory_mb: float
    generator: float  # share of its core


def environment_of(system: System, folder: Path, port: int, api: Api) -> dict[str, str]:
    """What a program under test is told; Hiwar by its own settings."""
    if system.module == "benchmarks.hiwar_bot":
        return hiwar_environment(folder, port, api) | {"BENCH_NO_UNDERSTANDING": "1"} | system.environment
    return {
        "BENCH_DB": str(folder / "peer.db"), "BENCH_PORT": str(port), "BENCH_API": api.url, "BENCH_TOKEN": TOKEN,
        "BENCH_SECRET": secrets.token_hex(32), **system.environment,
    }  # fmt: skip


def hiwar_environment(folder: Path, port: int, api: Api) -> dict[str, str]:
    return {
        "HIWAR_DATA": str(folder), "HIWAR_PORT": str(port), "HIWAR_TELEGRAM_TOKEN": TOKEN, "HIWAR_TELEGRAM_BASE_URL": api.url,
        "HIWAR_PUBLIC_URL": "https://bench.example", "HIWAR_ENCODER": "false", "HIWAR_LOG_LEVEL": "WARNING",
    }  # fmt: skip


class Running:
    """One program under test and its citizens; it stays up between its turns of being measured."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system, self._folder = system, folder
        folder.mkdir()
        self._citizens = Citizens(CHATS)
        self._api = Api(LATENCY, self._citizens.replied)

    async def start(self) -> None:
        """Start it and wait until it has set its webhook and has nothing more to do."""
        await self._api.start()
        port = free_port()
        self._under_test = UnderTest(
            self.system.module, environment_of(self.system, self._folder, port, self._api), log=self._folder / "log"
        )
        async with asyncio.timeout(60):
            while not self._api.webhook_set.is_set():
                if self._under_test.ended():
                    raise SystemExit(f"{self.system.name} ended: {self._under_test.log_tail()}")
                await asyncio.sleep(0.02)
        self._citizens.use(self._api, port)
        await idle(self._under_test)

    async def measure(self, seconds: float, *, rate: float, warm_up: float = 1.0) -> Figures:
        """A window of load; SystemExit when an answer was wrong or a row is missing."""
        citizens, under_test = self._citizens, self._under_test
        if rate:
            await citizens.offer(rate, warm_up)
        else:
            stop = await citizens.saturate(OUTSTANDING)
            await asyncio.sleep(warm_up)
        citizens.latencies.clear()
        started, cpu, own = time.perf_counter(), under_test.cpu(), time.process_time()
        if rate:
            await citizens.offer(rate, seconds)
        else:
            await asyncio.sleep(seconds)
        took, cpu, own = time.perf_counter() - started, under_test.cpu() - cpu, time.process_time() - own
        latencies = sorted(citizens.latencies)
        memory = under_test.memory()
        if not rate:
            stop()
        await citizens.drain()
        self._check()
        await idle(under_test)
        count = len(latencies)
        return Figures(
            count / took, 1000 * cpu / count, 1000 * latencies[count // 2], 1000 * latencies[int(count * 0.99)], memory, own / took
        )

    def _check(self) -> None:
        citizens, name = self._citizens, self.system.name
        if citizens.wrong:
            raise SystemExit(f"{name}: {len(citizens.wrong)} wrong, first {citizens.wrong[:3]}; {self._under_test.log_tail()}")
        database = self._folder / ("hiwar.db" if self.system.module == "benchmarks.hiwar_bot" else "peer.db")
        with closing(sqlite3.connect(database)) as db:
            filed = db.execute("select count(*) from bench_ideas").fetchone()[0]
        if filed != citizens.expected_rows():
            raise SystemExit(f"{name}: {filed} ideas filed, {citizens.expected_rows()} sent")

    def stop(self) -> None:
        self._under_test.stop()
        self._citizens.close()
        self._api.close()


async def idle(under_test: UnderTest, patience: float = 90.0) -> None:
    """Wait until a program has used no CPU to speak of for a third of a second."""
    until = time.perf_counter() + patience
    while time.perf_counter() < until:
        before = under_test.cpu()
        await asyncio.sleep(0.35)
        if under_test.cpu() - before < 0.02:
            return


def median(figures: list[Figures]) -> Figures:
    return Figures(*(statistics.median(getattr(one, name) for one in figures) for name in Figures.__dataclass_fields__))


async def run(systems: tuple[System, ...], repeats: int, seconds: float, rate: float) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """Every system once a round, so that the machine's moods hit all alike: medians at saturation, and at a fixed rate."""
    saturated: dict[str, list[Figures]] = {system.key: [] for system in systems}
    offered: dict[str, list[Figures]] = {system.key: [] for system in systems if rate and system.key.startswith(("hiwar", "bare"))}
    with tempfile.TemporaryDirectory() as name:
        running: list[Running] = []
        try:
            for system in systems:
                one = Running(system, Path(name) / system.key)
                await one.start()
                running.append(one)
            for found, at_rate in ((saturated, 0.0), (offered, rate)):
                for repeat in range(repeats):
                    for one in running if repeat % 2 == 0 else reversed(running):
                        if one.system.key in found:
                            figures = await one.measure(seconds, rate=at_rate)
                            found[one.system.key].append(figures)
                            say(one.system.key, figures)
        finally:
            for one in running:
                one.stop()
    return ({key: median(figures) for key, figures in saturated.items()}, {key: median(figures) for key, figures in offered.items()})


def say(key: str, figures: Figures) -> None:
    print(
        f"  {key:14} {figures.turns_s:7.0f}/s {figures.cpu_ms:6.2f} ms CPU  p50 {figures.p50_ms:6.1f}  p99 {figures.p99_ms:7.1f}"
        f"  {figures.memory_mb:4.0f} MB  generator {figures.generator:.0%}",
        file=sys.stderr,
        flush=True,
    )


def verdicts(saturated: dict[str, Figures], offered: dict[str, Figures]) -> list[tuple[str, str, str, str]]:
    """The aims, as ratios within this run."""
    rows: list[tuple[str, str, str, str]] = []

    def aim(what: str, value: float, limit: float, *, least: bool, unit: str = "x") -> None:
        met = value >= limit if least else value <= limit
        rows.append((what, f"{'>=' if least else '<='} {limit:g}{unit}", f"{value:.2f}{unit}", "met" if met else "NOT met"))

    def have(*keys: str) -> bool:
        return all(key in saturated for key in keys)

    if have("hiwar-reply", "ptb"):
        aim("turns/s, reply in the answer, to the Application", saturated["hiwar-reply"].turns_s / saturated["ptb"].turns_s, 8, least=True)
    if have("hiwar-api", "ptb"):
        aim("turns/s, by API, to the Application", saturated["hiwar-api"].turns_s / saturated["ptb"].turns_s, 5, least=True)
    for kind, words in (("reply", "reply in the answer"), ("api", "by API")):
        if have(f"hiwar-{kind}", f"aiogram-{kind}"):
            aim(f"turns/s, {words}, to aiogram", saturated[f"hiwar-{kind}"].turns_s / saturated[f"aiogram-{kind}"].turns_s, 1.5, least=True)
    if have("hiwar-api", "bare-api"):
        aim("CPU a turn by API, to bare by API", saturated["hiwar-api"].cpu_ms / saturated["bare-api"].cpu_ms, 3, least=False)
    if have("hiwar-reply", "bare-api"):
        ratio = saturated["hiwar-reply"].cpu_ms / saturated["bare-api"].cpu_ms
        aim("CPU a turn, reply in the answer, to bare by API", ratio, 1.5, least=False)
    for kind, words in (("reply", "reply in the answer"), ("api", "by API")):
        if f"hiwar-{kind}" in offered and f"bare-{kind}" in offered:
            aim(f"p99 at 200/s, {words}", offered[f"hiwar-{kind}"].p99_ms, 10, least=False, unit=" ms")
            aim(f"p99 at 200/s, {words}, to bare", offered[f"hiwar-{kind}"].p99_ms / offered[f"bare-{kind}"].p99_ms, 4, least=False)
    return rows


def rows_of(systems: tuple[System, ...], figures: dict[str, Figures]) -> list[tuple[str, ...]]:
    base = figures.get("hiwar-reply") or next(iter(figures.values()))
    return [
        (system.name, f"{one.turns_s:,.0f}", f"{one.turns_s / base.turns_s:.2f}", f"{one.cpu_ms:.2f}", f"{one.cpu_ms / base.cpu_ms:.2f}",
         f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.memory_mb:.0f}")
        for system in systems
        if (one := figures.get(system.key))
    ]  # fmt: skip


COLUMNS = ("system", "turns/s", "to Hiwar", "CPU ms/turn", "to Hiwar", "p50 ms", "p99 ms", "RSS MB")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="measured in each run, after 1.2 s of warming up")
    parser.add_argument("--rate", type=float, default=200, help="turns a second of the offered run; 0 leaves it out")
    parser.add_argument("--only", default="", help="keys with commas between: " + ",".join(system.key for system in SYSTEMS))
    options = parser.parse_args(arguments)
    systems = tuple(system for system in SYSTEMS if not options.only or system.key in options.only.split(","))
    pin(CORE_OF_GENERATOR)
    saturated, offered = asyncio.run(run(systems, options.repeats, options.seconds, options.rate))
    show_table(f"Inbound, {OUTSTANDING} outstanding", COLUMNS, rows_of(systems, saturated))
    if offered:
        show_table(f"Inbound, {options.rate:g} turns a second offered", COLUMNS, rows_of(systems, offered))
    show_table("Inbound, aims", ("what", "aim", "measured", ""), verdicts(saturated, offered))


if __name__ == "__main__":
    main()
