"""Builds the understanding in the background, and anew when the knowledge changes; answering never waits for a new one."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from handlers.desk.rehearsal import examples_of
from handlers.reception import Reader
from storage import knowledge
from understanding.reading import Decision, Example, Understanding, Understood

if TYPE_CHECKING:
    from understanding.encoders import Encoder

REBUILD_PAUSE = 60.0  # seconds before a build that failed is tried again

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Untaught:
    """What understands nothing, for an empty knowledge base."""

    def read(self, text: str, *, prior: str = "", after: str = "") -> Understood:
        return Understood(prior, Decision.UNKNOWN, (), 0.0)


class Librarian:
    """Hands the reader a first understanding as soon as there is one, and a better one when the encoder has read everything.

    What the encoder made of each example is kept in the file `kept`, so that a restart and a changed entry cost seconds.
    """

    def __init__(self, reading: Reader, reader: AsyncEngine, *, use_encoder: bool, kept: Path) -> None:
        self._reading, self._reader, self._use_encoder, self._kept = reading, reader, use_encoder, kept
        self._changed = asyncio.Event()
        self._changed.set()
        self._cache: dict[str, Any] = {}  # Any: numpy's arrays, by encoder and text
        self._built: object = None  # the mark of the entries in use

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Build whenever something changed, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._build()
            except Exception as error:  # the loop must live: the understanding in use goes on, and the next change tries again
                log.error("understanding_not_built", error=type(error).__name__)
                asyncio.get_running_loop().call_later(REBUILD_PAUSE, self._changed.set)

    async def _build(self) -> None:
        started = time.perf_counter()
        async with self._reader.connect() as db:
            mark = await db.run_sync(knowledge.mark)
            if mark == self._built:  # woken twice for one change
                return
            entries = await db.run_sync(knowledge.everything)
        examples = examples_of(entries)
        if not examples:
            self._reading.use(Untaught())
        else:
            if self._built is None:
                await self._use(examples, None, started)  # letters alone understand most, and are ready in half the time
            if self._use_encoder:
                encoder = await aside(load_encoder)
                await aside(lambda: self._recall(encoder))
                known = len(self._cache)
                await self._use(examples, encoder, started)
                if len(self._cache) > known:
                    await aside(self._keep)
                self._cache = {}  # the file has it, and the next build reads it back in a tenth of a second
            elif self._built is not None:
                await self._use(examples, None, started)
        self._built = mark

    async def _use(self, examples: list[Example], encoder: Encoder | None, started: float) -> None:
        understanding = await aside(lambda: Understanding.build(examples, encoder=encoder, cache=self._cache))
        self._reading.use(understanding)
        await aside(give_back)
        gc.freeze()  # the index is a million objects that live long: walking them would stop every reply for a tenth of a second
        log.info(
            "understanding_built", examples=len(examples), seconds=round(time.perf_counter() - started, 1), encoder=encoder is not None
        )

    def _recall(self, encoder: Encoder | None) -> None:
        """Read what the same encoder made of the examples before; a file that cannot be read is made anew."""
        if encoder is None or self._cache or not self._kept.exists():
            return
        import numpy as np

        try:
            with np.load(self._kept, allow_pickle=False) as file:
                self._cache = dict(zip(file["texts"].tolist(), file["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("embeddings_unreadable", error=type(error).__name__)

    def _keep(self) -> None:
        import numpy as np

        beside = self._kept.with_name(f"{self._kept.name}.{os.getpid()}")
        with beside.open("wb") as file:
            np.savez(file, texts=np.array(list(self._cache)), vectors=np.stack(list(self._cache.values())))
        beside.replace(self._kept)


def load_encoder() -> Encoder | None:
    """The sentence encoder, one for the whole program; None where it is not installed."""
    with _loading:  # it is large: two who want it at once wait for the same one
        return _load_encoder()


def give_back() -> None:
    """Hand the memory that only the build needed back to the system; glibc alone would keep some 60 MB of it for good."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


@cache
def _load_encoder() -> Encoder | None:
    from understanding import encoders  # not above: it brings numpy, which the start need not wait for

    return encoders.load()


_loading = threading.Lock()


async def aside(work: Callable[[], T]) -> T:
    """The result of seconds of work in a thread that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            _tell(loop, done, error=error)
        else:
            _tell(loop, done, result)

    threading.Thread(target=run, name="building", daemon=True).start()
    return await done


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], result: T | None = None, error: BaseException | None = None) -> None:
    def settle() -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # there is a result where there is no error

    with contextlib.suppress(RuntimeError):  # the loop is closed: the program has ended meanwhile
        loop.call_soon_threadsafe(settle)
