"""Sends what is in the outbox: replies at once, in order for each person, each outcome written down.

A letter is claimed for a while; a node that dies leaves its claims to run out, and another node sends them. So a letter is
sent at least once, and exactly once unless a node dies between the vendor's yes and our note of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import sqlalchemy as sa
import structlog

from bot.layout import fit
from channels.contract import Failed, Sender
from scheduler.nudges import nudge
from scheduler.pace import Pace
from storage import outbox, people
from storage.ledger import Ledger, LedgerDown
from storage.outbox import Lane, Letter, Outcome

MOST_CLAIMED = 64
MOST_ATTEMPTS = 8  # with doubling from 1.5 s: about six minutes, past which a reply is of no use
FIRST_WAIT = 1.5  # seconds; a chat tried again sooner answers 429 (reference measurement: a retry after 0.2 s stopped all for 2 s)
LONGEST_SEND = dt.timedelta(seconds=65)  # a file's time-out, and a little
IDLE = 30.0  # seconds between two looks when nothing is known to be due

log = structlog.get_logger(__name__)


class Watch(Protocol):
    def delivered(self, channel: str, outcome: str, seconds: float) -> None: ...


class Delivery:
    """The delivery loop of one node."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[str, Sender],
        node: str,
        *,
        now: Callable[[], dt.datetime],
        watch: Watch,
        paces: Mapping[str, Pace] | None = None,
    ) -> None:
        self._ledger, self._node, self._now, self._watch = ledger, node, now, watch
        self._paces = paces or {}
        self._channels = channels
        self._chains: dict[int, deque[Letter]] = {}
        self._in_hand: set[int] = set()  # letters in the chains
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, dt.datetime] = {}  # channels and chats the vendor told to wait
        self._done: list[Outcome] = []
        self._settling: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something new may be due."""
        self._wake.set()

    def deliver(self, letters: Iterable[Letter]) -> None:
        """Send letters this node has claimed already, each after the earlier ones to the same person."""
        for letter in letters:
            if letter.id in self._in_hand:
                continue  # its claim ran out while it waited for an earlier one, and this node took it once more
            self._in_hand.add(letter.id)
            chain = self._chains.get(letter.person_id)
            if chain is not None:
                chain.append(letter)
                continue
            self._chains[letter.person_id] = deque([letter])
            task = asyncio.create_task(self._send_chain(letter.person_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Claim and send what is due, until cancelled."""
        while True:
            self._wake.clear()
            try:
                letters = await self._ledger.write(outbox.claim, tuple(self._channels), self._node, MOST_CLAIMED, self._now())
                self.deliver(letters)
                if len(letters) == MOST_CLAIMED:
                    await asyncio.gather(*self._tasks)  # what is claimed is sent before more is taken: other nodes may be idle
                    continue
                due = await self._ledger.write(outbox.next_due, tuple(self._channels))
            except LedgerDown:
                due = None
            except Exception as error:  # one of the loops that must live
                log.error("delivery_round_failed", error=type(error).__name__)
                due = None
            wait = IDLE if due is None else min(IDLE, max(0.05, (due - self._now()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def finish(self) -> None:
        """Wait until everything in hand is sent and noted."""
        while self._tasks or self._settling is not None:
            await asyncio.gather(*self._tasks, *([self._settling] if self._settling else []), return_exceptions=True)

    async def _send_chain(self, person_id: int) -> None:
        chain = self._chains[person_id]
        try:
            while chain:
                letter = chain[0]
                again = await self._send(letter)
                self._in_hand.discard(chain.popleft().id)
                if again is not None:  # the others wait for it, so the person reads in order
                    while chain:
                        behind = chain.popleft()
                        self._in_hand.discard(behind.id)
                        self._settle(_waiting(behind, again, "behind_another"))
        finally:
            self._in_hand.difference_update(letter.id for letter in chain)
            del self._chains[person_id]

    async def _send(self, letter: Letter) -> dt.datetime | None:
        """Send one letter and note what became of it; when it has to be tried again, the moment for that."""
        now = self._now()
        until = max(self._held_until(letter.channel, now), self._held_until(f"{letter.channel}:{letter.person_id}", now))
        if until > now:
            self._settle(_waiting(letter, until, "held"))
            return until
        if await self._is_kept(letter, now):
            return None
        channel = self._channels[letter.channel]
        started = asyncio.get_running_loop().time()
        sent, ref = letter.parts_sent, ""
        for part in fit(letter.shown, channel.limits)[letter.parts_sent :]:
            if not await self._still_ours(letter):
                return None
            await self._take_slot(letter)
            result = await channel.send(letter.address, part)
            if isinstance(result, Failed):
                return await self._failed(letter, result, sent, started)
            sent, ref = sent + 1, result.ref
        self._settle(Outcome(letter_id=letter.id, state="sent", ref=ref, parts_sent=sent, attempts=letter.attempts + 1, due_at=self._now()))
        self._watch.delivered(letter.channel, "sent", asyncio.get_running_loop().time() - started)
        return None

    def _held_until(self, who: str, now: dt.datetime) -> dt.datetime:
        """Until when a channel or a chat is to be left alone; what is over is forgotten."""
        until = self._held.get(who, now)
        if until <= now:
            self._held.pop(who, None)
        return until

    async def _take_slot(self, letter: Letter) -> None:
        """Take a slot of the channel's limit: announcements go around it, and only a second that is full makes it wait for one slot."""
        pace = self._paces.get(letter.channel)
        if pace is None:
            return
        loop = asyncio.get_running_loop()
        wait = pace.reply_wait(loop.time())
        pace.replies_waiting += 1
        try:
            while wait > 0:
                await asyncio.sleep(wait)
                wait = pace.reply_wait(loop.time())
        finally:
            pace.replies_waiting -= 1
        pace.took(letter.address, loop.time())

    async def _is_kept(self, letter: Letter, now: dt.datetime) -> bool:
        """Whether the channel's window is closed and the letter now waits for the person's next message. A reply is always inside."""
        can = self._channels[letter.channel].capabilities
        window = (can.human_window if letter.shown.human else None) or can.window
        if window is None or letter.lane is Lane.REPLY:
            return False
        try:
            kept = await self._ledger.write(outbox.keep_if_closed, letter.id, letter.person_id, window, now)
        except LedgerDown:  # the claim runs out, and the letter is looked at again
            return True
        if kept:
            self._watch.delivered(letter.channel, "kept", 0.0)
            await nudge(self._ledger, self._channels[letter.channel], letter, now)
        return kept

    async def _still_ours(self, letter: Letter) -> bool:
        """Whether the claim holds long enough for one more part; it is extended where it does not."""
        now = self._now()
        if letter.leased_until is None or letter.leased_until - now > LONGEST_SEND:
            return True
        try:
            return await self._ledger.write(outbox.extend, letter.id, self._node, now)
        except LedgerDown:
            return False

    async def _failed(self, letter: Letter, failed: Failed, sent: int, started: float) -> dt.datetime | None:
        now, attempts = self._now(), letter.attempts + 1
        self._watch.delivered(letter.channel, failed.reason, asyncio.get_running_loop().time() - started)
        log.info("delivery_failed", letter=letter.id, channel=letter.channel, reason=failed.reason, attempts=attempts, fault=failed.fault)
        noted = Outcome(letter_id=letter.id, state="failed", outcome=failed.reason, parts_sent=sent, attempts=attempts, due_at=now)
        if failed.moved:
            await self._ledger.write(people.move, letter.person_id, letter.channel, failed.moved)
            self._settle(_with(noted, "waiting", now))
            self.wake()
            return now
        if failed.closed:
            self._settle(_with(noted, "kept", now))
            return None
        if failed.stops:
            await self._ledger.write(people.leave, letter.person_id, now)
            self._settle(_with(noted, "stopped", now))
            return None
        if failed.unknown and letter.lane is Lane.BULK:
            self._settle(_with(noted, "unknown", now))  # it may have arrived: an announcement is not sent twice
            return None
        if (failed.retry or failed.unknown) and attempts < MOST_ATTEMPTS:
            wait = failed.after or FIRST_WAIT * 2 ** (attempts - 1) * random.uniform(1, 1.25)  # noqa: S311  # not a secret
            again = now + dt.timedelta(seconds=wait)
            self._held[letter.channel if failed.everyone else f"{letter.channel}:{letter.person_id}"] = again
            self._settle(_with(noted, "waiting", again))
            self.wake()
            return again
        self._settle(noted)
        return None

    def _settle(self, outcome: Outcome) -> None:
        """Note an outcome; what comes while a note is being written is written with the next one."""
        self._done.append(outcome)
        if self._settling is None:
            self._settling = asyncio.create_task(self._write_outcomes())

    async def _write_outcomes(self) -> None:
        try:
            while self._done:
                outcomes, self._done = self._done, []
                try:
                    await self._ledger.write(_note, outcomes)
                except LedgerDown:  # the claims run out and the letters are sent again: better twice than never
                    log.error("outcomes_lost", count=len(outcomes))
                    return
        finally:
            self._settling = None


def _note(db: sa.Connection, outcomes: list[Outcome]) -> None:
    outbox.settle(db, outcomes)


def _waiting(letter: Letter, until: dt.datetime, why: str) -> Outcome:
    return Outcome(letter_id=letter.id, state="waiting", outcome=why, parts_sent=letter.parts_sent, attempts=letter.attempts, due_at=until)


def _with(outcome: Outcome, state: str, due_at: dt.datetime) -> Outcome:
    return Outcome(
        letter_id=outcome.letter_id,
        state=state,
        outcome=outcome.outcome,
        parts_sent=outcome.parts_sent,
        attempts=outcome.attempts,
        due_at=due_at,
    )
