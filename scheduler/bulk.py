"""Sends announcements on one channel: one node at a time, at the channel's pace, each outcome written down.

The text is made when it is sent, in the reader's language: a delivery row only names the announcement. What was claimed and not settled
when a node dies is at most a quarter of a second's worth: sent again, or listed as unknown where an announcement wants to be sent at most
once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import random
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Protocol

import sqlalchemy as sa
import structlog

from bot.buttons import Signer
from channels.contract import LEAVES, Channel, Editor, Failed, Sender
from scheduler import put_down
from scheduler.pace import Pace, Slot
from scheduler.wording import Wording, Write
from storage import deliveries, leases, people
from storage.deliveries import Batch, Mail, Settled
from storage.ledger import Ledger, LedgerDown

AHEAD = 0.25  # seconds' worth of mail that is claimed at once: what a crash may repeat, or leave unknown
FEW_UNNOTED, USUAL_RATE = 3, 30  # outcomes that may wait to be written, and seconds' worth (AHEAD) of what is above this rate:
# with what is on its way, all that a crash sends twice; at 30 a second no more than five
GATHERED = 0.04  # seconds above the usual rate in which outcomes gather, to be written together
LEASE = dt.timedelta(seconds=20)
MOST_IN_FLIGHT = 400  # beyond it the vendor hangs, and more connections would not help
AT_ONCE, SHORTEST_SLEEP = 4, 0.002  # messages begun, and seconds: at 1,000 a second waking up for each one costs as much as sending it
MOST_LINES = 50  # of the web chat, written in one piece: a reply waits no longer than for these
MOST_ATTEMPTS = 6  # with doubling from 1.5 s: about a minute and a half
FIRST_WAIT = 1.5  # seconds; a chat tried again sooner answers 429 (reference measurement)
TOGETHER = 1.0  # seconds within which refusals of two chats mean that the whole channel is too fast
IDLE = 5.0  # seconds between two looks when nothing is known to be due
LONGEST_SEND = dt.timedelta(seconds=2)  # what the lease must still last for another message to leave

log = structlog.get_logger(__name__)


class Watch(Protocol):
    def delivered(self, channel: str, outcome: str, seconds: float) -> None: ...


class Bulk:
    """The announcements of one channel on one node."""

    def __init__(
        self,
        ledger: Ledger,
        channel: Channel,
        pace: Pace | None,
        *,
        node: str,
        write: Write,
        signer: Signer,
        now: Callable[[], dt.datetime],
        watch: Watch,
        lease: dt.timedelta = LEASE,
    ) -> None:
        self._ledger, self._channel, self._pace, self._node = ledger, channel, pace, node
        self._now, self._watch, self._length = now, watch, lease
        self._wording = Wording(channel, write, signer)
        self._lease = f"pace:{channel.name}"
        self._until: dt.datetime | None = None  # of the lease, while this node has it
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: list[Settled] = []
        self._settling: asyncio.Task[None] | None = None
        self._begun = 0
        self._noting = 0  # outcomes that are being written
        self._noted = asyncio.Event()
        self._most_unnoted = FEW_UNNOTED + AHEAD * max(0.0, (pace.rates.overall if pace else 0) - USUAL_RATE)
        self._refused: tuple[str, float] = ("", -math.inf)
        self._amended: set[tuple[int, int]] = set()  # announcements and versions of which everything is changed
        self._left = False  # something could not be changed yet
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            self._wake.clear()
            wait = IDLE
            try:
                wait = await self.once()
            except LedgerDown:
                self._until = None
            except Exception as error:  # one of the loops that must live
                log.error("bulk_round_failed", channel=self._channel.name, error=type(error).__name__)
                log.debug("bulk_round_failed_where", exc_info=True)
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def once(self) -> float:
        """Send everything that is due now; the seconds until it is worth looking again."""
        if not await self._holds():
            return self._length.total_seconds() / 2
        if self._channel.capabilities.keeps:
            written = MOST_LINES
            while written:
                written = await self._ledger.write(self._keep, MOST_LINES, self._now())
        else:
            await self._send_due()
        await self._amend()
        await self.settled()
        due = await self._ledger.write(deliveries.next_due, self._channel.name)
        return IDLE if due is None else min(IDLE, max(0.05, (due - self._now()).total_seconds()))

    async def settled(self) -> None:
        """Wait until everything in hand is sent and noted."""
        while self._tasks or self._settling is not None:
            await asyncio.gather(*self._tasks, *([self._settling] if self._settling else []), return_exceptions=True)

    async def close(self) -> None:
        """Finish what is in hand and let another node go on at once."""
        await self.settled()
        if self._until is not None:
            await self._ledger.write(leases.give_up, self._lease, self._node)

    # Sending

    async def _send_due(self) -> None:
        queue: deque[Mail] = deque()
        claiming: asyncio.Task[Batch] | None = None
        loop = asyncio.get_running_loop()
        pace = self._pace
        if pace is None:
            return
        try:
            while True:
                size = max(1, math.ceil(pace.rate(loop.time()) * AHEAD))
                if claiming is None and len(queue) <= size // 2:
                    if not await self._holds():
                        return
                    claiming = asyncio.create_task(self._claim(size))
                if not queue:
                    if claiming is None:
                        return
                    batch, claiming = await claiming, None
                    if not batch.mail:
                        return
                    queue.extend(batch.mail)
                    continue
                if claiming is not None and claiming.done():
                    batch, claiming = claiming.result(), None
                    queue.extend(batch.mail)
                await self._paced(queue.popleft(), pace)
        finally:
            if claiming is not None:
                queue.extend((await claiming).mail)
            for mail in queue:  # claimed and not begun: somebody else may have them
                self._settle(mail, "waiting", due_at=self._now())

    async def _claim(self, size: int) -> Batch:
        """Mail to send; what is for somebody outside the channel's window is put aside for their next message."""
        window = self._channel.capabilities.window
        while True:
            self._wording.learn(batch := await self._ledger.write(deliveries.claim, self._channel.name, size, self._now()))
            if window is None or not batch.mail:
                return batch
            worded = [self._wording.worded(mail) for mail in batch.mail]
            kept = await self._ledger.write(put_down.put_aside, self._channel.name, worded, window, self._now())
            if len(kept) < len(worded):
                return Batch(tuple(mail for mail in batch.mail if mail.person_id not in kept), batch.announcements)

    async def _paced(self, mail: Mail, pace: Pace, work: Callable[[Mail], Coroutine[object, object, None]] | None = None) -> None:
        """Begin one mail as soon as the pace allows."""
        loop = asyncio.get_running_loop()
        self._begun += 1
        if self._begun % AT_ONCE == 0:
            await asyncio.sleep(0)  # many begun at one moment would leave late, and so too close to the next ones
        wait = pace.bulk_wait(loop.time())
        while wait > 0:
            await asyncio.sleep(max(wait, SHORTEST_SLEEP))
            wait = pace.bulk_wait(loop.time())
        while len(self._tasks) >= MOST_IN_FLIGHT:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        while self._settling is not None and len(self._done) + self._noting >= self._most_unnoted:
            self._noted.clear()
            await self._noted.wait()  # the database is slower than the vendor
        now = loop.time()
        if (chat := pace.chat_wait(mail.address, now)) > 0 or not self._still_ours():
            if work is not None:
                self._left = True
                return
            self._settle(mail, "waiting", due_at=self._now() + dt.timedelta(seconds=chat), attempts=mail.attempts)
            return
        task: asyncio.Task[None] = asyncio.create_task(_leaving(pace.took(mail.address, now), (work or self._send)(mail)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, mail: Mail) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        sender: Sender = self._channel  # type: ignore[assignment]  # what does not keep its messages sends them
        result = await sender.send(mail.address, self._wording.words(mail))
        self._watch.delivered(self._channel.name, result.reason if isinstance(result, Failed) else "sent", loop.time() - started)
        if isinstance(result, Failed):
            await self._failed(mail, result)
        else:
            self._settle(mail, "sent", ref=result.ref)

    async def _failed(self, mail: Mail, failed: Failed) -> None:
        attempts, now = mail.attempts + 1, self._now()
        log.info("announcement_failed", channel=self._channel.name, reason=failed.reason, attempts=attempts, fault=failed.fault)
        if failed.moved:
            await self._ledger.write(people.move, mail.person_id, self._channel.name, failed.moved)
            self._settle(mail, "waiting", due_at=now, attempts=attempts)
        elif failed.stops:
            await self._ledger.write(people.leave, mail.person_id, now)
            self._settle(mail, "stopped", outcome=failed.reason, attempts=attempts)
        elif failed.closed:
            await self._ledger.write(put_down.put_aside, self._channel.name, [self._wording.worded(mail)], put_down.CLOSED, now)
        elif failed.unknown:
            self._settle(mail, "unknown", outcome=failed.reason, attempts=attempts)  # it may have arrived: not sent twice
        elif failed.retry and (attempts < MOST_ATTEMPTS or failed.after):
            wait = failed.after or FIRST_WAIT * 2**mail.attempts
            self._slow_down(mail, failed)
            again = now + dt.timedelta(seconds=wait * random.uniform(1, 1.25))  # noqa: S311  # not a secret
            # Being told to wait is no failure of the message: it does not use up its tries.
            self._settle(mail, "waiting", outcome=failed.reason, attempts=mail.attempts if failed.after else attempts, due_at=again)
        else:
            self._settle(mail, "failed", outcome=failed.reason, attempts=attempts)

    def _slow_down(self, mail: Mail, failed: Failed) -> None:
        """One chat that is refused waits alone; two within a second mean that the whole channel is used too fast."""
        if self._pace is None or not failed.after:
            return
        now = asyncio.get_running_loop().time()
        chat, at = self._refused
        if failed.everyone or (chat != mail.address and now - at < TOGETHER):
            self._pace.refused(failed.after, now)
        self._refused = mail.address, now

    # Our own chat

    def _keep(self, db: sa.Connection, most: int, at: dt.datetime) -> int:
        """Write the lines of mail that is due, and settle it, in one piece: never twice, whenever the program dies."""
        batch = deliveries.claim(db, self._channel.name, most, at)
        self._wording.learn(batch)
        put_down.write_lines(db, [self._wording.worded(mail) for mail in batch.mail], at)
        return len(batch.mail)

    # Correcting and recalling

    async def _amend(self) -> None:
        """Correct or delete what was sent, where an announcement was changed or recalled since."""
        for announcement in (await self._ledger.write(deliveries.amended)).values():
            if (announcement.id, announcement.version) in self._amended:
                continue
            self._wording.learn(Batch(announcements={announcement.id: announcement}))
            self._left, after = False, 0
            while True:
                mail = await self._ledger.write(deliveries.to_amend, self._channel.name, announcement, after, MOST_LINES)
                if mail is None:
                    break
                after += MOST_LINES
                if self._channel.capabilities.keeps:
                    await self._ledger.write(put_down.change_lines, [self._wording.worded(one) for one in mail], self._now())
                    continue
                if waiting := [self._wording.worded(one) for one in mail if one.is_kept]:
                    await self._ledger.write(put_down.change_kept, waiting, self._now())
                for one in (one for one in mail if not one.is_kept):
                    if self._pace is None or not await self._holds():
                        return
                    await self._paced(one, self._pace, self._change)
            await self.settled()
            if not self._left:
                self._amended.add((announcement.id, announcement.version))

    async def _change(self, mail: Mail) -> None:
        announcement = self._wording.of(mail)[0]
        is_recalled = announcement.state == "recalled"
        can = self._channel.capabilities
        if not (can.delete if is_recalled else can.edit):
            self._settle(mail, "sent", outcome="not_changeable", ref="", attempts=mail.attempts)
            return
        editor: Editor = self._channel  # type: ignore[assignment]  # as its capabilities say
        if is_recalled:
            result = await editor.delete(mail.address, mail.ref)
        else:
            result = await editor.edit(mail.address, mail.ref, self._wording.words(mail))
        if not isinstance(result, Failed):
            self._settle(mail, "deleted" if is_recalled else "sent", ref=mail.ref, attempts=mail.attempts)
        elif result.retry:
            self._slow_down(mail, result)
            self._left = True  # it is looked for again in the next round
        else:
            self._settle(mail, "sent", outcome=result.reason, attempts=mail.attempts)  # without its name, it is not tried again

    # What they share

    def _settled(
        self, mail: Mail, state: str, *, outcome: str = "", ref: str = "", attempts: int | None = None, due_at: dt.datetime | None = None
    ) -> Settled:
        known = [one.revision for one in self._wording.of(mail)]
        return Settled(
            announcements=mail.announcements,
            person_id=mail.person_id,
            state=state,
            at=self._now(),
            outcome=outcome,
            ref=ref,
            attempts=mail.attempts + 1 if attempts is None else attempts,
            revision=max(known, default=0),
            due_at=due_at,
        )

    def _settle(self, mail: Mail, state: str, **more: object) -> None:
        """Note an outcome; what comes while a note is being written is written with the next one."""
        self._done.append(self._settled(mail, state, **more))  # type: ignore[arg-type]  # the keywords of _settled
        if self._settling is None:
            self._settling = asyncio.create_task(self._write_outcomes())

    async def _write_outcomes(self) -> None:
        try:
            while self._done:
                settled, self._done = self._done, []
                self._noting = len(settled)
                try:
                    await self._ledger.write(deliveries.settle, settled)
                    self._noting = 0
                    self._noted.set()
                    if self._most_unnoted > FEW_UNNOTED and self._tasks:
                        await asyncio.sleep(GATHERED)
                except LedgerDown:
                    log.error("outcomes_lost", count=len(settled))
                    self._until = None  # the lease is taken anew, which deals with what was claimed
                    return
        finally:
            self._settling, self._noting = None, 0
            self._noted.set()

    async def _holds(self) -> bool:
        """Whether this node may send in bulk here; a lease taken from a node that died brings back what that one had claimed."""
        now = self._now()
        if self._until is not None and self._until - now > self._length / 2:
            return True
        is_new = self._until is None or self._until <= now
        if not await self._ledger.write(leases.hold, self._lease, self._node, now, self._length):
            self._until = None
            return False
        if is_new:
            await self.settled()
            released = await self._ledger.write(deliveries.release, self._channel.name, now)
            if released:
                log.info("deliveries_released", channel=self._channel.name, count=released)
        self._until = now + self._length
        return True

    def _still_ours(self) -> bool:
        return self._until is not None and self._until - self._now() > LONGEST_SEND


async def _leaving(slot: Slot, work: Coroutine[object, object, None]) -> None:
    """Do the work, and note in the slot when its message leaves."""
    loop = asyncio.get_running_loop()

    def leaves() -> None:
        slot.left = loop.time()

    LEAVES.set(leaves)
    await work
