"""What happens by the clock. Every job looks into the tables for what is due, so a restart or a second node changes nothing."""

from __future__ import annotations

import datetime as dt

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types

from handlers import case_notices, event_notices, notices, staff_notices
from scheduler import feeds, promises, reminders
from scheduler.attachments import Attachments
from scheduler.retention import tidy
from service.programs import hook_delivery
from service.wiring import Program
from storage import decisions, errands, hooks, outbox
from storage.proposals import Changed

log = structlog.get_logger(__name__)


def open_clock(program: Program) -> AsyncIOScheduler:
    """The clock with every job, not yet running."""
    clock = AsyncIOScheduler(timezone=dt.UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1})
    _keep_house(clock, program)
    _tell_citizens(clock, program)
    _tell_others(clock, program)
    return clock


def _keep_house(clock: AsyncIOScheduler, program: Program) -> None:
    async def retention() -> None:
        deleted = await program.ledger.write(tidy, program.now())
        log.info("tidied", **deleted)

    async def deletions() -> None:
        await program.delete_asked()

    async def queue_ages() -> None:
        async with program.reader.connect() as db:
            ages = await db.run_sync(outbox.ages, program.now())
        for lane in outbox.Lane:
            program.metrics.queue_age.labels(lane.name.lower()).set(ages.get(lane, 0.0))

    async def feeds_in() -> None:
        await feeds.look(program.ledger, program.now)

    files = Attachments(
        program.ledger,
        program.senders,
        lambda db, attachment, reason, at: case_notices.file_refused(db, program.post, attachment, reason, at),
        now=program.now,
    )
    clock.add_job(retention, "interval", hours=6, id="retention", next_run_time=program.now() + dt.timedelta(minutes=5))
    clock.add_job(deletions, "interval", hours=1, id="deletions", next_run_time=program.now() + dt.timedelta(minutes=1))
    clock.add_job(queue_ages, "interval", seconds=15, id="queue_ages")
    clock.add_job(files.fetch_due, "interval", seconds=15, id="attachments")
    clock.add_job(feeds_in, "interval", minutes=5, id="feeds", next_run_time=program.now() + dt.timedelta(minutes=1))


def _tell_citizens(clock: AsyncIOScheduler, program: Program) -> None:
    async def decisions_told() -> None:
        async with program.reader.connect() as db:
            if not await db.run_sync(decisions.is_due, program.now()):
                return
        while await program.ledger.write(notices.tell_some, program.post, program.now()):
            pass

    async def reminded() -> None:
        async with program.reader.connect() as db:
            if not await db.run_sync(errands.is_due, program.now()):
                return
        await reminders.remind(program.ledger, lambda db, at: event_notices.tell_next(db, program.post, at), program.now)

    async def promise_clock() -> None:
        try:
            while missed := await program.ledger.write(
                promises.remind, lambda db, late, at: case_notices.promise_missed(db, program.post, late, at), program.now()
            ):
                log.info("promises_missed", count=missed)
        except Changed:
            log.info("promises_told_by_another_node")

    clock.add_job(decisions_told, "interval", seconds=2, id="decisions_told")
    clock.add_job(reminded, "interval", seconds=15, id="reminders")
    clock.add_job(promise_clock, "interval", minutes=10, id="promises", next_run_time=program.now() + dt.timedelta(minutes=1))


def _tell_others(clock: AsyncIOScheduler, program: Program) -> None:
    sending = hook_delivery(program)
    group, desk = program.settings.telegram_staff_group, f"{program.settings.public_url}/desk/proposals"

    async def hooks_told() -> None:
        async with program.reader.connect() as db:
            if not await db.run_sync(hooks.is_due, program.now()):
                return
        while await sending.send_some():
            pass

    async def staff_told() -> None:
        await program.ledger.write(staff_notices.tell_group, program.post, "telegram", group, desk, program.now())

    clock.add_job(hooks_told, "interval", seconds=2, id="hooks_told")
    if program.telegram is not None and group and program.settings.public_url:
        clock.add_job(staff_told, "interval", minutes=1, id="staff_told")
