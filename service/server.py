"""Runs the program: web server, vendors, deliveries and the clock, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import time

import structlog
from aiohttp import web

from bot.features import Contents
from channels.contract import Failed
from channels.telegram import Telegram
from channels.telegram_profile import Profile, Words
from handlers import profile
from handlers.contents import CONTENTS
from service import messenger
from service.clock import open_clock
from service.desk import first_link
from service.running import refuse_half_rotated, running
from service.settings import Settings
from service.site import open_site
from service.wiring import Program, open_program
from storage.sealing import Seal
from web.app import make_app
from web.hooks import TelegramHook
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
        site = open_site(program, pages, stop)
        hook = site.telegram
        app = make_app(
            pages=pages,
            routes=site.routes,
            telegram=(telegram_path(program), hook.receive) if hook else None,
            is_https=bool(settings.public_url),
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        clock = open_clock(program)
        clock.start()
        tasks = [asyncio.create_task(program.delivery.run()), asyncio.create_task(program.announcer.run())]
        tasks += [asyncio.create_task(one.run()) for one in program.bulk]
        if program.telegram is not None and hook is not None:
            tasks.append(asyncio.create_task(_talk_with_telegram(program, program.telegram, hook, stop)))
        if program.messenger is not None:
            tasks.append(asyncio.create_task(messenger.introduce(program, program.messenger)))
        port = runner.addresses[0][1]
        gc.freeze()  # what the start made lives as long as the program: walking it would only hold replies up
        log.info("started", seconds=round(time.perf_counter() - started, 2), host=settings.host, port=port)
        print(f"Hiwar is listening: open http://{settings.host}:{port}/ in a browser. Stop with Ctrl+C.", flush=True)  # noqa: T201
        if invited := await first_link(program, settings.public_url or f"http://{settings.host}:{port}"):
            print(f"Nobody works at the desk yet. The first administrator comes in here, once: {invited}", flush=True)  # noqa: T201
        try:
            await stop.wait()
        finally:
            log.info("stopping")
            clock.shutdown(wait=False)
            await site.close()
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
        program.house.places[telegram.name] = f"https://t.me/{me.username}?start="
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
