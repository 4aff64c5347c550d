"""Cold start and memory, beside aiogram on the async ORM: `python -m benchmarks.start [--turns 10000]`.

The process starts on an empty folder. Clocks run from its creation: until /health answers, until the first reply of the dialogue has
arrived, and for Hiwar until a question in free words is answered, which waits for the understanding that is built in the background. CPU is
that of the whole process up to the same moment. Memory is resident memory once the process has come to rest, and after turns.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inbound import LATENCY, SYSTEMS, System, environment_of, idle
from benchmarks.processes import CORE_OF_GENERATOR, UnderTest, free_port, pin, show_table
from benchmarks.telegram import Api, Citizens, Connection, request, update

QUESTION = "What is the Open Government Partnership?"
CHAT = 77
_HEALTH = b"GET /health HTTP/1.1\r\nHost: bench.example\r\n\r\n"
AIOGRAM = next(system for system in SYSTEMS if system.key == "aiogram-reply")
HIWAR = System("hiwar", "Hiwar, encoder off", "benchmarks.hiwar_bot", {"BENCH_NO_UNDERSTANDING": ""})
APART = System("hiwar-apart", "Hiwar, understanding apart", "benchmarks.hiwar_bot", {"BENCH_NO_UNDERSTANDING": "1"})
WITH_ENCODER = System("hiwar-encoder", "Hiwar, encoder on", "benchmarks.hiwar_bot", {"BENCH_NO_UNDERSTANDING": "", "HIWAR_ENCODER": "true"})


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds of clock and of CPU, and MB; 0 where there is nothing to measure."""

    health: float = 0.0
    reply: float = 0.0
    reply_cpu: float = 0.0
    answer: float = 0.0
    answer_cpu: float = 0.0
    idle_mb: float = 0.0


class Trial:
    """One start."""

    def __init__(self, system: System, folder: Path, citizens: Citizens | None = None) -> None:
        self.system, self.folder, self.citizens = system, folder, citizens
        self.api = Api(LATENCY, self._replied)
        self._reply: asyncio.Event = asyncio.Event()

    def _replied(self, chat: int, body: bytes) -> None:
        if chat == CHAT:
            self._reply.set()
        elif self.citizens is not None:
            self.citizens.replied(chat, body)

    async def go(self) -> Start:
        await self.api.start()
        port = free_port()
        self.under_test = UnderTest(self.system.module, environment_of(self.system, self.folder, port, self.api), log=self.folder / "log")
        self.port = port
        health = await self._until_health(port)
        async with asyncio.timeout(90):
            await self.api.webhook_set.wait()
        reply = await self._say(1, "/idea")
        reply_cpu = self.under_test.total_cpu()
        answer = answer_cpu = 0.0
        if self.system not in (AIOGRAM, APART):
            await self._say(2, "cancel")
            answer = await self._say(3, QUESTION)
            answer_cpu = self.under_test.total_cpu()
        await idle(self.under_test)
        return Start(health, reply, reply_cpu, answer, answer_cpu, self.under_test.memory())

    async def _until_health(self, port: int) -> float:
        connection = Connection()
        status = 0
        while status != 200:
            if self.under_test.ended():
                raise SystemExit(f"{self.system.name} ended: {self.under_test.log_tail()}")
            try:
                if not connection.is_open:
                    connection = Connection()
                    await connection.open(port)
                status = (await self._post(connection, _HEALTH))[0]
            except OSError:
                await asyncio.sleep(0.005)
        connection.close()
        return time.perf_counter() - self.under_test.started

    async def _say(self, number: int, text: str) -> float:
        """Say something; seconds since the process was made until the reply is there."""
        connection = Connection()
        await connection.open(self.port)
        self._reply.clear()
        body = update(9_000_000 + number, CHAT, text)
        status, answer = await self._post(connection, request(self.api.path, self.api.secret, body))
        if status != 200:
            raise SystemExit(f"{self.system.name} answered {status}")
        if b"sendMessage" not in answer:
            async with asyncio.timeout(90):
                await self._reply.wait()
        connection.close()
        return time.perf_counter() - self.under_test.started

    async def _post(self, connection: Connection, content: bytes) -> tuple[int, bytes]:
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        connection.post(content, lambda status, answer: future.set_result((status, answer)))
        return await asyncio.wait_for(future, 90)

    async def memory_over(self, turns: int, looks: int) -> list[tuple[int, float]]:
        """Resident memory as turns go by."""
        citizens = self.citizens
        assert citizens is not None
        citizens.use(self.api, self.port)
        found = [(0, self.under_test.memory())]
        stop = await citizens.saturate(100)
        for look in range(1, looks + 1):
            while len(citizens.latencies) < turns * look / looks:
                await asyncio.sleep(0.02)
                if citizens.wrong:
                    raise SystemExit(f"{self.system.name}: {citizens.wrong[:3]}")
            found.append((turns * look // looks, self.under_test.memory()))
        stop()
        await citizens.drain()
        citizens.close()
        return found

    def stop(self) -> None:
        self.under_test.stop()
        self.api.close()


async def run(repeats: int, turns: int) -> tuple[dict[str, Start], dict[str, list[tuple[int, float]]]]:
    systems = (APART, HIWAR, WITH_ENCODER, AIOGRAM)
    found: dict[str, list[Start]] = {system.key: [] for system in systems}
    memory: dict[str, list[tuple[int, float]]] = {}
    for repeat in range(repeats):
        for system in systems:
            last = repeat == repeats - 1
            with tempfile.TemporaryDirectory() as name:
                trial = Trial(system, Path(name), Citizens(500) if last else None)
                try:
                    start = await trial.go()
                    found[system.key].append(start)
                    print(
                        f"  {system.key:14} health {start.health:.2f} s, reply {start.reply:.2f} s ({start.reply_cpu:.2f} s CPU), "
                        f"answer {start.answer:.2f} s ({start.answer_cpu:.2f} s CPU), {start.idle_mb:.0f} MB",
                        file=sys.stderr,
                        flush=True,
                    )
                    if last and turns and system not in (WITH_ENCODER, APART):
                        # The slow one gets a tenth of the turns: ten thousand would take it minutes.
                        memory[system.key] = await trial.memory_over(turns if system is HIWAR else turns // 10, 5)
                        print(f"  {system.key:14} {memory[system.key]}", file=sys.stderr, flush=True)
                finally:
                    trial.stop()
    medians = {
        key: Start(*(statistics.median(getattr(start, name) for start in starts) for name in Start.__dataclass_fields__))
        for key, starts in found.items()
    }
    return medians, memory


COLUMNS = ("system", "/health s", "first reply s", "CPU s", "first question answered s", "CPU s", "idle MB")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--turns", type=int, default=10_000)
    options = parser.parse_args(arguments)
    pin(CORE_OF_GENERATOR)
    starts, memory = asyncio.run(run(options.repeats, options.turns))
    rows = [
        (system.name, f"{one.health:.2f}", f"{one.reply:.2f}", f"{one.reply_cpu:.2f}",
         f"{one.answer:.2f}" if one.answer else "-", f"{one.answer_cpu:.2f}" if one.answer else "-", f"{one.idle_mb:.0f}")
        for system in (APART, HIWAR, WITH_ENCODER, AIOGRAM)
        if (one := starts[system.key])
    ]  # fmt: skip
    show_table("Cold start", COLUMNS, rows)
    if memory:
        show_table(
            "Resident memory over turns",
            ("system", "MB after turns"),
            [(system.name, ", ".join(f"{turns:,}: {mb:.0f}" for turns, mb in memory[system.key])) for system in (HIWAR, AIOGRAM)],
        )
    apart, hiwar, peer = starts["hiwar-apart"], starts["hiwar"], starts["aiogram-reply"]
    aims = []
    for what, value, other in (
        ("CPU to the first reply, understanding apart", apart.reply_cpu, peer.reply_cpu),
        ("CPU to the first answered question, understanding included", hiwar.answer_cpu, peer.reply_cpu),
        ("seconds to the first reply", hiwar.reply, peer.reply),
        ("idle memory, understanding apart", apart.idle_mb, peer.idle_mb),
        ("idle memory, understanding included", hiwar.idle_mb, peer.idle_mb),
    ):
        aims.append((what, "<= 0.6x of aiogram", f"{value / other:.2f}x", "met" if value / other <= 0.6 else "NOT met"))
    if memory:
        series = memory["hiwar"]
        growth = series[-1][1] - series[1][1]
        aims.append(
            (
                f"memory from {series[1][0]:,} to {series[-1][0]:,} turns",
                "flat (+10 MB)",
                f"{growth:+.0f} MB",
                "met" if growth <= 10 else "NOT met",
            )
        )
    show_table("Start, aims", ("what", "aim", "measured", ""), aims)


if __name__ == "__main__":
    main()
