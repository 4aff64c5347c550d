"""Where every message arrives: it is understood if need be, its turn is written by the ledger, and its replies go out."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import structlog

from bot.messages import Incoming, Outgoing
from bot.phrases import _
from bot.routing import Heard, Unclear, Uncompared
from handlers import turn
from handlers.turn import Answered, House
from storage.conversations import Overtaken
from storage.inbox import SeenBefore
from storage.ledger import Ledger, LedgerDown
from storage.outbox import Letter
from storage.people import full_address
from storage.proposals import Changed
from understanding.reading import LONGEST_WORD, Decision, Understood
from understanding.text import form
from understanding.words import Words

PATIENCE = 30.0  # seconds a first question waits for the understanding to be built; Telegram waits 60 for its answer
MOST_TRIES = 5  # of a turn that another process overtakes; each try has seen the other's work

log = structlog.get_logger(__name__)

APOLOGY = Outgoing(
    _("I am sorry, something went wrong on my side with this message. It is kept and someone will look at it. Write “menu” to go on.")
)


class Watch(Protocol):
    """What the reception tells of itself, for metrics."""

    def turned(self, channel: str, result: str, seconds: float) -> None: ...

    def understood(self, seconds: float) -> None: ...


class Teachable(Protocol):
    """What can read a message."""

    def read(self, text: str, *, prior: str = "", after: str = "") -> Understood: ...


class Comparing(Protocol):
    """What finds published proposals that resemble a text."""

    def find(self, text: str) -> tuple[int, ...]: ...


class Reader:
    """Holds the understanding in use and reads with it in a worker of its own; a new one takes its place between two messages.

    It starts with the words of command alone, so that the program listens at once; a text that has to be understood
    waits for the first understanding.
    """

    def __init__(self, watch: Watch) -> None:
        self._words = Words.shipped()
        self._understanding: asyncio.Future[Teachable] = asyncio.get_running_loop().create_future()
        self._comparing: Comparing | None = None
        self._watch = watch
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="understanding")

    def use(self, understanding: Teachable) -> None:
        """Read with this from now on."""
        if self._understanding.done():
            self._understanding = asyncio.get_running_loop().create_future()
        self._understanding.set_result(understanding)

    def glance(self, text: str) -> Heard:
        return glance(self._words, text)

    async def read(self, text: str, prior: str, after: str) -> Understood:
        try:
            async with asyncio.timeout(PATIENCE):
                understanding = await asyncio.shield(self._understanding)
        except TimeoutError:  # still being built: the question is kept for an editor rather than left unanswered
            return Understood("", Decision.UNKNOWN, (), 0.0)
        started = time.perf_counter()
        understood = await asyncio.get_running_loop().run_in_executor(
            self._worker, lambda: understanding.read(text, prior=prior, after=after)
        )
        self._watch.understood(time.perf_counter() - started)
        return understood

    def compare_with(self, comparing: Comparing) -> None:
        """Compare with this from now on."""
        self._comparing = comparing

    async def compare(self, text: str) -> tuple[int, ...]:
        """Published proposals that resemble a text; none while there is nothing to compare with yet."""
        comparing = self._comparing
        if comparing is None:
            log.info("nothing_to_compare_with")
            return ()
        return await asyncio.get_running_loop().run_in_executor(self._worker, comparing.find, text)

    def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)


def glance(words: Words, text: str) -> Heard:
    """What costs microseconds: a word of command, a word of small talk."""
    if not text or len(text) > LONGEST_WORD:
        return Heard()
    whole = form(text)
    return Heard(words.command(whole), words.smalltalk(whole))


class Reception:
    """Takes messages of every channel; `spoken` hears of a language chosen, for channels that show more than messages."""

    def __init__(
        self,
        house: House,
        ledger: Ledger,
        reader: Reader,
        *,
        deliver: Callable[[tuple[Letter, ...]], None],
        spoken: Callable[[Incoming, str], None] = lambda incoming, language: None,
        now: Callable[[], dt.datetime],
        watch: Watch,
    ) -> None:
        self._house, self._ledger, self._reader = house, ledger, reader
        self._deliver, self._spoken, self._now, self._watch = deliver, spoken, now, watch

    async def receive(self, incoming: Incoming, *, by_webhook: bool = False) -> Answered:
        """Do what one message asks for, once, durably before this returns; raises LedgerDown when it could not be stored.

        A message that makes the program fail is kept as a dead letter and the person is told.
        """
        started = time.perf_counter()
        try:
            answered = await self._turn(incoming, by_webhook)
            result = "repeated" if answered.repeated else "answered"
        except LedgerDown:
            self._watch.turned(incoming.channel, "refused", time.perf_counter() - started)
            raise
        except Exception as error:  # one of the three places that catch everything: the turn must not lose the message
            where = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__} in {where.name}, {where.filename.rpartition('/')[2]} line {where.lineno}"
            log.error("turn_failed", channel=incoming.channel, incoming_event=incoming.event, error=told)
            answered = await self._write(incoming, turn.refuse, self._house, incoming, APOLOGY, told, self._now())
            result = "failed"
        if answered.letters:
            self._deliver(answered.letters)
        if answered.speaks:
            self._spoken(incoming, answered.speaks)
        self._watch.turned(incoming.channel, result, time.perf_counter() - started)
        return answered

    async def _turn(self, incoming: Incoming, by_webhook: bool) -> Answered:
        heard = self._reader.glance(incoming.text)
        for _try in range(MOST_TRIES):
            try:
                return await self._write(incoming, turn.receive, self._house, incoming, heard, self._now(), by_webhook=by_webhook)
            except Unclear as unclear:
                understood = await self._reader.read(incoming.text, unclear.prior, unclear.after)
                heard = replace(heard, understood=understood)
            except Uncompared as uncompared:
                alike = await self._reader.compare(uncompared.text)
                heard = replace(heard, compared={**heard.compared, uncompared.text: alike})
            except (Overtaken, SeenBefore, Changed):
                continue
        raise RuntimeError(f"a turn was overtaken {MOST_TRIES} times")

    async def _write(self, incoming: Incoming, function: Callable[..., Answered], *args: object, **kwargs: object) -> Answered:
        return await self._ledger.write_for(full_address(incoming.channel, incoming.address), function, *args, **kwargs)
