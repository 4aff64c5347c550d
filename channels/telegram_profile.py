"""What Telegram shows of the bot before anyone writes to it: commands, descriptions and the menu button, per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telegram import Bot, BotCommand, BotCommandScopeChat, MenuButtonCommands, MenuButtonWebApp, WebAppInfo
from telegram.error import TelegramError

from channels.contract import Failed, Sent
from channels.telegram_errors import read_exception
from channels.telegram_requests import chat_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The profile in one language."""

    commands: Mapping[str, str]  # name (a-z, 0-9, _; up to 32) -> description (up to 256)
    description: str = ""  # shown in the empty chat, up to 512
    short_description: str = ""  # shown on the profile page and in shared links, up to 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The whole profile: `default` for clients in any other language, two-letter codes for the rest (Telegram knows no zgh)."""

    default: Words
    languages: Mapping[str, Words] = field(default_factory=dict)
    menu_label: str = ""  # with an address: a button that opens it; without: the button that lists the commands
    menu_url: str = ""


async def publish(bot: Bot, profile: Profile) -> Sent | Failed:
    """Bring Telegram's copy to `profile`, changing only what differs: Telegram punishes bots that set the same at every start."""
    try:
        for language, words in (("", profile.default), *profile.languages.items()):
            await _publish_words(bot, language or None, words)
        menu = MenuButtonWebApp(profile.menu_label, WebAppInfo(profile.menu_url)) if profile.menu_url else MenuButtonCommands()
        if await bot.get_chat_menu_button() != menu:
            await bot.set_chat_menu_button(menu_button=menu)
    except TelegramError as error:
        return read_exception(error)
    return Sent()


async def publish_commands(bot: Bot, address: str, commands: Mapping[str, str]) -> Sent | Failed:
    """Set the commands of one chat."""
    try:
        await bot.set_my_commands(_commands(commands), scope=BotCommandScopeChat(chat_id(address)))
    except TelegramError as error:
        return read_exception(error)
    return Sent()


async def _publish_words(bot: Bot, language: str | None, words: Words) -> None:
    commands = _commands(words.commands)
    if await bot.get_my_commands(language_code=language) != commands:
        await bot.set_my_commands(commands, language_code=language)
    if (await bot.get_my_description(language_code=language)).description != words.description:
        await bot.set_my_description(words.description, language_code=language)
    if (await bot.get_my_short_description(language_code=language)).short_description != words.short_description:
        await bot.set_my_short_description(words.short_description, language_code=language)


def _commands(commands: Mapping[str, str]) -> tuple[BotCommand, ...]:
    return tuple(BotCommand(name, description) for name, description in commands.items())
