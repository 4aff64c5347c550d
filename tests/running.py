"""A whole Hiwar in a process of its own, to be spoken to over HTTP and killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LISTENING = re.compile(rb"open (http://[^ ]+/) in a browser")


@dataclass(slots=True)
class Running:
    """One process of Hiwar on a data folder; it can be killed and started again on the same port."""

    data: Path
    more: dict[str, str] = field(default_factory=dict)
    url: str = ""
    port: int = 0
    process: asyncio.subprocess.Process | None = None
    log: Path = Path()

    async def start(self) -> None:
        """Start and wait until it listens."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HIWAR_")}
        environment |= {"HIWAR_DATA": str(self.data), "HIWAR_PORT": str(self.port), "PYTHONUTF8": "1", **self.more}
        self.log = self.data.parent / f"{self.data.name}.log"
        with self.log.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.serve", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=errors
            )
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            if found := _LISTENING.search(line):
                self.url = found[1].decode()
                self.port = int(self.url.rstrip("/").rpartition(":")[2])
                return
        raise AssertionError(f"Hiwar did not start: {self.log.read_text('utf-8')[-2000:]}")

    @asynccontextmanager
    async def logged(self) -> AsyncIterator[asyncio.StreamReader]:
        """The lines of its log from the first on, as they are written."""
        tail = await asyncio.create_subprocess_exec("tail", "-n", "+1", "-f", str(self.log), stdout=asyncio.subprocess.PIPE)
        assert tail.stdout is not None
        try:
            yield tail.stdout
        finally:
            tail.terminate()
            await tail.wait()

    async def kill(self) -> None:
        """Die at once, as when the power goes."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self._ended()

    async def stop(self) -> int:
        """Ask to end; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await self._ended()

    async def _ended(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        await self.process.stdout.read()
        status = await self.process.wait()
        self.process = None
        return status


@asynccontextmanager
async def running(data: Path, **more: str) -> AsyncIterator[Running]:
    """A Hiwar for the time of a test; `more` are settings, as HIWAR_... variables."""
    hiwar = Running(data, {f"HIWAR_{name.upper()}": value for name, value in more.items()})
    await hiwar.start()
    try:
        yield hiwar
    finally:
        if hiwar.process is not None:
            await hiwar.kill()
