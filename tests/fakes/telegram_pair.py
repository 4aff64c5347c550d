"""The Telegram channel beside a fake server it talks to, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.telegram import Telegram
from channels.telegram_client import Timeouts
from tests.fakes.telegram_api import FakeTelegram


@asynccontextmanager
async def a_pair(
    *, load: Callable[[str], Awaitable[bytes]] | None = None, timeouts: Timeouts | None = None, **of_the_fake: Any
) -> AsyncIterator[tuple[FakeTelegram, Telegram]]:
    """A started fake server and a channel with its token; both closed at the end."""
    async with FakeTelegram(**of_the_fake) as fake:
        channel = Telegram(fake.token, base_url=fake.url, load=load, timeouts=timeouts or Timeouts(connect=1, answer=2, file=2))
        try:
            yield fake, channel
        finally:
            await channel.close()
