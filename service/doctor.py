"""`hiwar doctor`: looks at everything that can be wrong, one after another, and says what to do. It changes nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable

from service import checks_machine as machine
from service import checks_messenger as messenger
from service import checks_storage as storage
from service import checks_telegram as telegram
from service import checks_whatsapp as whatsapp
from service.findings import Finding, Level, ok
from service.server import path_of
from service.settings import Settings
from storage.sealing import Seal


async def examine(settings: Settings, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> int:
    """Print each finding as it is made; 1 when something is broken."""
    levels: list[Level] = []

    def tell(*findings: Finding) -> None:
        for finding in findings:
            levels.append(finding.level)
            print(finding, flush=True)  # noqa: T201

    tell(*machine.settings_given(settings, os.environ))
    tell(*machine.data_folder(settings.data, os.geteuid()), machine.disk(settings.data))
    kept = await asyncio.to_thread(storage.look, settings.url, settings.key_path, now())
    tell(*kept.findings)
    tell(*machine.time_zone_data(machine.system_folders()))
    told = await _ask_telegram(settings, now)
    tell(machine.clock(told.date, told.at) if told else machine.clock(None, None))
    tell(await asyncio.to_thread(machine.catalogues), await asyncio.to_thread(machine.content, settings.content))
    tell(
        *(
            telegram.findings(told, expected_webhook(settings, kept.seal), now())
            if told
            else [ok(telegram.WHAT, "not asked, for want of a token")]
        )
    )
    tell(*await messenger.look(settings, now()))
    tell(*whatsapp.look(settings))
    broken, look = levels.count(Level.BROKEN), levels.count(Level.ATTENTION)
    print(f"{len(levels)} findings: {broken} broken, {look} to look at")  # noqa: T201
    return 1 if broken else 0


def expected_webhook(settings: Settings, seal: Seal | None) -> str | None:
    """The address Hiwar gives Telegram to deliver to; "" when it polls, None when the key that makes the path is not there."""
    if not (settings.public_url and settings.telegram_webhook):
        return ""
    return None if seal is None else settings.public_url + path_of(seal)


async def _ask_telegram(settings: Settings, now: Callable[[], dt.datetime]) -> telegram.Told | None:
    token = settings.telegram_token.get_secret_value()
    return await telegram.ask(token, settings.telegram_base_url, now) if machine.is_token(token) else None
