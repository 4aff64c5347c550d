"""The vendors' channels, each opened when its settings are there, and what they need of us: our files, and where we can be met."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Voice
from channels.messenger import Messenger
from channels.telegram import Telegram
from channels.whatsapp import WhatsApp
from handlers import papers
from handlers.news import PICTURE
from handlers.profile import CHOOSE
from service.settings import Settings
from storage import lines, news

Load = Callable[[str], Awaitable[bytes]]


async def load_file(reader: AsyncEngine, voices: Mapping[str, Voice], public_url: str, ref: str) -> bytes:
    """A file of our own that a channel sends: a picture of the news, one that we make, or one that we keep. Raises FileNotFoundError."""
    async with reader.connect() as db:
        if ref.startswith(PICTURE):
            picture = await db.run_sync(news.picture, ref.removeprefix(PICTURE))
            if picture is not None:
                return picture[1]
        paper = await db.run_sync(papers.read, ref)
        stored = await db.run_sync(lines.stored_file, ref) if paper is None else None
    if paper is not None:
        stored = await asyncio.to_thread(papers.draw, paper, voices, public_url)
    if stored is None:
        raise FileNotFoundError("no such file is kept or made")
    return stored.content


def places(settings: Settings) -> dict[str, str]:
    """What a deep link begins with, by channel, as far as the settings tell; Telegram tells its name itself, when it is first asked."""
    found = {"webchat": f"{settings.public_url}/?start="} if settings.public_url else {}
    if settings.messenger_page_token.get_secret_value():
        found["messenger"] = f"https://m.me/{settings.messenger_page}?ref="
    return found


def open_telegram(settings: Settings, load: Load | None = None) -> Telegram | None:
    """The Telegram channel, when there is a token; with `load` it can send files of our own."""
    token = settings.telegram_token.get_secret_value()
    return Telegram(token, base_url=settings.telegram_base_url, load=load) if token else None


def open_messenger(settings: Settings, load: Load | None = None) -> Messenger | None:
    """The Messenger channel, when there is a page token; with `load` it can send files of our own."""
    token = settings.messenger_page_token.get_secret_value()
    if not token:
        return None
    return Messenger(
        token,
        settings.messenger_app_secret.get_secret_value(),
        page=settings.messenger_page,
        app=settings.messenger_app,
        version=settings.messenger_api_version,
        base_url=settings.messenger_base_url,
        human_agent=settings.messenger_human_agent,
        load=load,
    )


def open_whatsapp(settings: Settings, voices: Mapping[str, Voice], load: Load) -> WhatsApp | None:
    """The WhatsApp channel, when there is a token; raises channels.errors.ExtraMissing without its library."""
    token = settings.whatsapp_token.get_secret_value()
    if not token:
        return None
    return WhatsApp(
        token,
        settings.whatsapp_phone,
        settings.whatsapp_app_secret.get_secret_value(),
        settings.whatsapp_verify_token.get_secret_value(),
        choose={language: voice.say(CHOOSE) for language, voice in voices.items()},
        version=settings.messenger_api_version,
        base_url=settings.whatsapp_base_url,
        template=settings.whatsapp_template,
        nudges=settings.whatsapp_templates_a_day,
        load=load,
    )
