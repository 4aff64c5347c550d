"""What each method of the Bot API does in the fake server, with answers of the real shapes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.fakes.telegram_queue import Updates
from tests.fakes.telegram_spec import Refusal, bad

LARGEST_DOWNLOAD = 20 * 1024 * 1024
_FILE_PARTS = ("photo", "document", "voice", "video", "audio", "animation", "sticker", "video_note")
MOST_REMEMBERED = 100_000  # sent messages kept for edits; a benchmark sends more and edits none

Given = Mapping[str, Any]  # parameters, checked before


class Methods:
    """The state a bot leaves with Telegram: messages, files, profile."""

    def __init__(self, username: str, updates: Updates) -> None:
        self.bot = {"id": 123456, "is_bot": True, "first_name": "Hiwar", "username": username}
        self.files: dict[str, bytes] = {}
        self.expired: set[str] = set()  # callback queries that are too old to answer
        self.answered: list[str] = []
        self.commands: dict[tuple[str, str], list[Any]] = {}  # (chat or "", language) -> commands
        self.texts: dict[tuple[str, str], str] = {}  # (what, language) -> description and the like
        self.menu: dict[str, Any] = {"type": "default"}
        self.deleted: list[tuple[str, int]] = []
        self._updates = updates
        self._messages: dict[tuple[str, int], dict[str, Any]] = {}
        self._last_message = 1000
        self._last_file = 0

    def add_file(self, content: bytes) -> str:
        """Keep a file as if a citizen had sent it; returns its file_id."""
        self._last_file += 1
        file_id = f"AgAC-file_{self._last_file}"
        self.files[file_id] = content
        return file_id

    async def perform(self, method: str, given: Given, shown: str) -> Any:
        if method == "sendMessage":
            return self._message(given, {"text": shown})
        if method.startswith("send") and method != "sendChatAction":
            return self._message(given, self._content(given, shown))
        match method:
            case "getMe":
                return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
            case "getUpdates":
                return await self._updates.fetch(
                    given.get("offset", 0), given.get("limit", 100), given.get("timeout", 0), given.get("allowed_updates")
                )
            case "setWebhook":
                self._updates.set_webhook(
                    given["url"],
                    given.get("secret_token", ""),
                    given.get("allowed_updates"),
                    drop=given.get("drop_pending_updates", False),
                    connections=given.get("max_connections", 40),
                )
                return True
            case "deleteWebhook":
                self._updates.set_webhook("", "", None, drop=given.get("drop_pending_updates", False))
                return True
            case "getWebhookInfo":
                return self._updates.webhook_info()
            case "answerCallbackQuery":
                if given["callback_query_id"] in self.expired:
                    raise bad("query is too old and response timeout expired or query ID is invalid")
                self.answered.append(given["callback_query_id"])
                return True
            case "editMessageText" | "editMessageCaption" | "editMessageReplyMarkup":
                return self._edit(method, given, shown)
            case "deleteMessage":
                if self._messages.pop((str(given["chat_id"]), given["message_id"]), None) is None:
                    raise bad("message to delete not found")
                self.deleted.append((str(given["chat_id"]), given["message_id"]))
                return True
            case "getFile":
                return self._file(given["file_id"])
            case "setMyCommands" | "getMyCommands" | "deleteMyCommands":
                return self._commands(method, given)
            case "setMyDescription" | "setMyShortDescription" | "setMyName":
                name = {"setMyDescription": "description", "setMyShortDescription": "short_description", "setMyName": "name"}[method]
                self.texts[name, given.get("language_code", "")] = given.get(name, "")
                return True
            case "getMyDescription" | "getMyShortDescription" | "getMyName":
                name = {"getMyDescription": "description", "getMyShortDescription": "short_description", "getMyName": "name"}[method]
                language = given.get("language_code", "")
                return {name: self.texts.get((name, language), "")}
            case "setChatMenuButton":
                self.menu = given.get("menu_button", {"type": "default"})
                return True
            case "getChatMenuButton":
                return self.menu
            case "sendChatAction" | "logOut" | "close":
                return True
        raise Refusal(501, f"the fake server does not know {method}")

    def _message(self, given: Given, content: dict[str, Any]) -> dict[str, Any]:
        self._last_message += 1
        chat = given["chat_id"]
        message = {
            "message_id": self._last_message,
            "from": self.bot,
            "chat": _chat(chat),
            "date": int(time.time()),
            **content,
        }
        markup = given.get("reply_markup")
        if isinstance(markup, dict) and "inline_keyboard" in markup:
            message["reply_markup"] = markup
        if len(self._messages) < MOST_REMEMBERED:
            self._messages[str(chat), self._last_message] = message
        return message

    def _content(self, given: Given, shown: str) -> dict[str, Any]:
        content: dict[str, Any] = {"caption": shown} if shown else {}
        for part in _FILE_PARTS:
            if part not in given:
                continue
            file = given[part]
            if isinstance(file, tuple):
                name, body = file
                if not body:
                    raise bad("file must be non-empty")
                file_id = self.add_file(body)
            else:
                name, file_id = "", file
                if file_id not in self.files and not file_id.startswith(("http://", "https://")):
                    raise bad("wrong file identifier/HTTP URL specified")
            described = {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(self.files.get(file_id, b""))}
            if part == "photo":
                content[part] = [{**described, "width": 90, "height": 60}]
            else:
                content[part] = {**described, "file_name": name or "file", "duration": 1, "width": 1, "height": 1}
        return content

    def _edit(self, method: str, given: Given, shown: str) -> dict[str, Any]:
        message = self._messages.get((str(given.get("chat_id")), given.get("message_id", 0)))
        if message is None:
            raise bad("message to edit not found")
        part = {"editMessageText": "text", "editMessageCaption": "caption"}.get(method)
        if part == "text" and "text" not in message:
            raise bad("there is no text in the message to edit")
        if part == "caption" and "text" in message:
            raise bad("there is no caption in the message to edit")
        markup = given.get("reply_markup")
        if (part is None or message.get(part, "") == shown) and message.get("reply_markup") == markup:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a current content"
                " and reply markup of the message"
            )
        if part is not None:
            message[part] = shown
        message.pop("reply_markup", None)
        if markup is not None:
            message["reply_markup"] = markup
        message["edit_date"] = int(time.time())
        return message

    def _file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        size = len(self.files[file_id])
        if size > LARGEST_DOWNLOAD:
            raise bad("file is too big")
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": size, "file_path": f"documents/{file_id}"}

    def _commands(self, method: str, given: Given) -> Any:
        scope = given.get("scope", {})
        key = (str(scope.get("chat_id", "")), given.get("language_code", ""))
        if method == "getMyCommands":
            return self.commands.get(key, [])
        self.commands[key] = given["commands"] if method == "setMyCommands" else []
        return True


def _chat(chat: Any) -> dict[str, Any]:
    try:
        number = int(chat)
    except ValueError:
        return {"id": -1001000000001, "type": "channel", "title": str(chat), "username": str(chat).lstrip("@")}
    if number > 0:
        return {"id": number, "type": "private", "first_name": "Citizen"}
    return {"id": number, "type": "supergroup", "title": "Group"}
