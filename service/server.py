"""Runs the program: web server, Telegram by webhook or polling, deliveries and the clock, until it is told to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import time

import sqlalchemy as sa
import structlog
from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types

from bot.features import Contents
from channels.contract import Failed
from channels.telegram import Telegram
from channels.telegram_profile import Profile, Words
from civic.proposals import Proposal
from handlers import case_notices, profile
from handlers.contents import CONTENTS
from handlers.notices import tell_some
from handlers.staff_notices import tell_group
from handlers.telling import Post
from scheduler.attachments import Attachments
from scheduler.promises import remind
from scheduler.retention import tidy
from service.desk import desk_routes, first_link
from service.programs import hook_delivery, program_routes
from service.running import refuse_half_rotated, running
from service.settings import Settings
from service.wiring import Program, open_program
from storage import decisions, hooks, outbox
from storage.proposals import Changed
from storage.sealing import Seal
from web import links, status
from web.api import Answers
from web.app import make_app
from web.chat import Chat
from web.hooks import TelegramHook
from web.identity import Door
from web.pages import Pages

log = structlog.get_logger(__name__)


async def serve(settings: Settings, *, contents: Contents = CONTENTS) -> None:
    """Run until SIGTERM or SIGINT; what is in hand is finished first. Raises InUse and KeyUnreadable while the key is being changed."""
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        await _serve(settings, contents)


async def _serve(settings: Settings, contents: Contents) -> None:
    started = time.perf_counter()
    async with open_program(settings, contents=contents) as program:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        pages = Pages(program.voices)
        chat = Chat(
            reception=program.reception,
            ledger=program.ledger,
            reader=program.reader,
            pages=pages,
            voices=program.voices,
            signer=program.house.signer,
            door=Door(program.seal.key_for("forms")),
            rooms=program.rooms,
            now=program.now,
            frame_ancestors=settings.frame_ancestors,
            address_of=lambda request: _address(request, settings.trusted_proxies),
        )
        answers = Answers(program.reading, program.reader, address_of=lambda request: _address(request, settings.trusted_proxies))
        hook = (
            TelegramHook(program.telegram, program.reception, program.seal.key_for("telegram secret").hex(), program.metrics)
            if program.telegram
            else None
        )
        app = make_app(
            pages=pages,
            routes=[
                *chat.routes(),
                *answers.routes(),
                *desk_routes(program, pages, lambda request: _address(request, settings.trusted_proxies)),
                *links.routes(),
                *program_routes(program, pages, lambda request: _address(request, settings.trusted_proxies)),
                *status.routes(program.reader, program.metrics.text, stop),
            ],
            telegram=(telegram_path(program), hook.receive) if hook else None,
            is_https=bool(settings.public_url),
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        clock = _clock(program)
        clock.start()
        tasks = [asyncio.create_task(program.delivery.run())]
        if program.telegram is not None and hook is not None:
            tasks.append(asyncio.create_task(_talk_with_telegram(program, program.telegram, hook, stop)))
        port = runner.addresses[0][1]
        log.info("started", seconds=round(time.perf_counter() - started, 2), host=settings.host, port=port)
        print(f"Hiwar is listening: open http://{settings.host}:{port}/ in a browser. Stop with Ctrl+C.", flush=True)  # noqa: T201
        if invited := await first_link(program, settings.public_url or f"http://{settings.host}:{port}"):
            print(f"Nobody works at the desk yet. The first administrator comes in here, once: {invited}", flush=True)  # noqa: T201
        try:
            await stop.wait()
        finally:
            log.info("stopping")
            clock.shutdown(wait=False)
            chat.close()
            await runner.cleanup()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    log.info("stopped")


def telegram_path(program: Program) -> str:
    """Where Telegram delivers: the same after a restart and on every node, and nobody can guess it."""
    return path_of(program.seal)


def path_of(seal: Seal) -> str:
    """The same path by the ring alone, for `hiwar doctor`."""
    return f"/hooks/telegram/{seal.key_for('telegram path').hex()[:32]}"


async def _talk_with_telegram(program: Program, telegram: Telegram, hook: TelegramHook, stop: asyncio.Event) -> None:
    """Set the webhook where there is a public address, else poll; and publish commands and descriptions."""
    settings = program.settings
    me = await telegram.me()
    if isinstance(me, Failed):
        log.error("telegram_refused", reason=me.reason, what=me.operator)
    else:
        published = await telegram.publish_profile(_profile(program))
        if isinstance(published, Failed):
            log.warning("profile_not_published", reason=published.reason, what=published.operator)
    if settings.public_url and settings.telegram_webhook:
        pause = 1.0
        while isinstance(
            result := await telegram.set_webhook(
                settings.public_url + telegram_path(program), program.seal.key_for("telegram secret").hex()
            ),
            Failed,
        ):
            log.error("webhook_not_set", reason=result.reason, what=result.operator)
            if not result.retry:
                return
            await asyncio.sleep(max(result.after, pause))
            pause = min(pause * 2, 60)
        log.info("webhook_set")
        return

    async def handle(raw: bytes) -> None:
        await hook.handle(raw)

    failed = await telegram.poll(
        handle, stop=stop, trouble=lambda trouble: log.warning("polling_failed", reason=trouble.reason, what=trouble.operator)
    )
    if failed is not None:
        log.error("polling_ended", reason=failed.reason, what=failed.operator)


def _profile(program: Program) -> Profile:
    """The bot's profile on Telegram: Arabic unless the client says otherwise; Telegram knows no zgh."""

    def words(language: str) -> Words:
        voice = program.voices[language]
        return Words(
            commands=profile.commands(program.house.contents, voice),
            description=profile.description(voice),
            short_description=profile.short_description(voice),
        )

    return Profile(default=words("ar"), languages={language: words(language) for language in ("ar", "fr", "en")})


def _clock(program: Program) -> AsyncIOScheduler:
    """What happens by the clock; every job looks into the tables for what is due."""
    clock = AsyncIOScheduler(timezone=dt.UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1})

    async def retention() -> None:
        deleted = await program.ledger.write(tidy, program.now())
        log.info("tidied", **deleted)

    async def queue_ages() -> None:
        async with program.reader.connect() as db:
            ages = await db.run_sync(outbox.ages, program.now())
        for lane in outbox.Lane:
            program.metrics.queue_age.labels(lane.name.lower()).set(ages.get(lane, 0.0))

    async def decisions_told() -> None:
        async with program.reader.connect() as db:
            if not await db.run_sync(decisions.is_due, program.now()):
                return
        while await program.ledger.write(tell_some, program.post, program.now()):
            pass

    sending = hook_delivery(program)

    async def hooks_told() -> None:
        async with program.reader.connect() as db:
            if not await db.run_sync(hooks.is_due, program.now()):
                return
        while await sending.send_some():
            pass

    async def staff_told() -> None:
        group, desk = program.settings.telegram_staff_group, f"{program.settings.public_url}/desk/proposals"
        await program.ledger.write(tell_group, program.post, "telegram", group, desk, program.now())

    clock.add_job(decisions_told, "interval", seconds=2, id="decisions_told")
    clock.add_job(hooks_told, "interval", seconds=2, id="hooks_told")
    if program.telegram is not None and program.settings.telegram_staff_group and program.settings.public_url:
        clock.add_job(staff_told, "interval", minutes=1, id="staff_told")
    post = program.post
    files = Attachments(
        program.ledger,
        program.senders,
        lambda db, attachment, reason, at: case_notices.file_refused(db, post, attachment, reason, at),
        now=program.now,
    )

    def tell_missed(db: sa.Connection, late: Proposal, at: dt.datetime) -> None:
        case_notices.promise_missed(db, post, late, at)

    async def promise_clock() -> None:
        try:
            while missed := await program.ledger.write(
                remind, lambda db, late, at: case_notices.promise_missed(db, post, late, at), program.now()
            ):
                log.info("promises_missed", count=missed)
        except Changed:
            log.info("promises_told_by_another_node")

    clock.add_job(promise_clock, "interval", minutes=10, id="promises", next_run_time=program.now() + dt.timedelta(minutes=1))
    clock.add_job(files.fetch_due, "interval", seconds=15, id="attachments")
    clock.add_job(retention, "interval", hours=6, id="retention", next_run_time=program.now() + dt.timedelta(minutes=5))
    clock.add_job(queue_ages, "interval", seconds=15, id="queue_ages")
    return clock


def _post(program: Program) -> Post:
    keeping = frozenset(name for name, channel in program.house.channels.items() if channel.capabilities.keeps)
    return Post(voices=program.voices, signer=program.house.signer, keeping=keeping)


def _address(request: web.Request, trusted_proxies: int) -> str:
    """The network address of who asks; behind our own proxies, what the outermost of them saw."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return request.remote or ""
