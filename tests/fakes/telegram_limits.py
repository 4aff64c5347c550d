"""Telegram's limits on what a bot sends, beyond the types of the parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.telegram_html import plain
from tests.fakes.telegram_spec import bad

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
MOST_BUTTONS, WIDEST_ROW = 100, 8
LONGEST_DATA = 64  # bytes
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}|\d+(?:\.\d+){3}|localhost")
_PORTS = (443, 80, 88, 8443)

Parameters = Mapping[str, Any]  # checked against the description before they come here


def check(method: str, given: Parameters) -> str:
    """The text or caption as a person reads it; raises Refusal for whatever breaks a limit."""
    rule = _RULES.get(method)
    if rule is not None:
        rule(given)
    shown = ""
    if "text" in given and method in ("sendMessage", "editMessageText"):
        shown = _read(given["text"], given.get("parse_mode"))
        if not shown:
            raise bad("message text is empty")
        if len(shown) > LONGEST_TEXT:
            raise bad("message is too long")
    elif "caption" in given:
        shown = _read(given["caption"], given.get("parse_mode"))
        if len(shown) > LONGEST_CAPTION:
            raise bad("message caption is too long")
    if "reply_markup" in given:
        _check_markup(given["reply_markup"], private=_is_private(given.get("chat_id")))
    return shown


def _read(text: str, mode: str | None) -> str:
    if mode is None or mode in ("Markdown", "MarkdownV2"):
        return text.strip()  # Hiwar sends HTML only; other bots measured beside it may send Markdown, unread here
    if mode != "HTML":
        raise bad("unsupported parse_mode")
    return plain(text)


def _is_private(chat: object) -> bool:
    return chat > 0 if isinstance(chat, int) else isinstance(chat, str) and chat.isdigit()


def _check_markup(markup: Parameters, *, private: bool) -> None:
    rows = markup.get("inline_keyboard", markup.get("keyboard", ()))
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(len(row) > WIDEST_ROW for row in rows if "inline_keyboard" in markup):
        raise bad("reply markup is too long")
    for row in rows:
        for button in row:
            if isinstance(button, str):
                continue
            if not button["text"].strip():
                raise bad("text of a keyboard button must be non-empty")
            if "inline_keyboard" in markup:
                _check_inline(button)
            elif not private and ("request_location" in button or "request_contact" in button):
                raise bad("location and phone number can be requested in private chats only")
    if len(markup.get("input_field_placeholder", "")) > 64:
        raise bad("input field placeholder is too long")


def _check_inline(button: Parameters) -> None:
    actions = set(button) - {"text", "style", "icon_custom_emoji_id"}
    if len(actions) != 1:
        raise bad("text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= LONGEST_DATA:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_url(button["url"])


def _check_url(url: str) -> None:
    if url.startswith("tg://"):
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise bad("BUTTON_URL_INVALID") from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or " " in url:
        raise bad("BUTTON_URL_INVALID")
    if host in ("t.me", "telegram.me"):
        for payload in (value for name in ("start", "startgroup") for value in parse_qs(parts.query).get(name, ())):
            if not _PAYLOAD.fullmatch(payload):
                raise bad("BUTTON_URL_INVALID: deep-link payload")


def _commands(given: Parameters) -> None:
    if len(given["commands"]) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in given["commands"]:
        if not _COMMAND.fullmatch(command["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    _language(given)


def _language(given: Parameters) -> None:
    code = given.get("language_code", "")
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("invalid language code specified")


def _at_most(name: str, most: int) -> Callable[[Parameters], None]:
    def rule(given: Parameters) -> None:
        if len(given.get(name, "")) > most:
            raise bad(f"{name} is too long")
        _language(given)

    return rule


def _answer(given: Parameters) -> None:
    if len(given.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")


def _webhook(given: Parameters) -> None:
    url = given["url"]
    if not url:
        return
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost")  # tests have no certificates
    if parts.scheme != "https" and not loopback:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if not loopback and (parts.port or 443) not in _PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if "secret_token" in given and not _SECRET.fullmatch(given["secret_token"]):
        raise bad("secret token contains unallowed characters")
    if not 1 <= given.get("max_connections", 40) <= 100:
        raise bad("max_connections must be between 1 and 100")


def _updates(given: Parameters) -> None:
    if not 1 <= given.get("limit", 100) <= 100:
        raise bad("limit must be between 1 and 100")


def _menu(given: Parameters) -> None:
    button = given.get("menu_button", {})
    if button.get("type") == "web_app" and not button["web_app"]["url"].startswith("https://"):
        raise bad("BUTTON_URL_INVALID: Only HTTPS links are allowed")


_RULES: dict[str, Callable[[Parameters], None]] = {
    "setMyCommands": _commands,
    "getMyCommands": _language,
    "setMyDescription": _at_most("description", 512),
    "setMyShortDescription": _at_most("short_description", 120),
    "setMyName": _at_most("name", 64),
    "setChatMenuButton": _menu,
    "answerCallbackQuery": _answer,
    "setWebhook": _webhook,
    "getUpdates": _updates,
}
