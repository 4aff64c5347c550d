"""What Meta's Send API and Profile API take: fields, limits and kinds; everything else is refused as Meta refuses it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Given = Mapping[str, Any]  # any JSON

LONGEST_TEXT, LONGEST_TEMPLATE_TEXT, LONGEST_TITLE, LONGEST_PAYLOAD = 2000, 640, 20, 1000
MOST_QUICK_REPLIES, MOST_BUTTONS, MOST_ELEMENTS, LONGEST_LINE = 13, 3, 10, 80
LARGEST_IMAGE, LARGEST_FILE = 8 * 1024 * 1024, 25 * 1024 * 1024
ACTIONS = ("mark_seen", "typing_on", "typing_off", "react", "unreact")
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
DEAD_TAGS = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
MOST_ICE_BREAKERS, LONGEST_QUESTION, LONGEST_GREETING, LONGEST_MENU_TITLE = 4, 80, 160, 30
LOCALES = ("default", "ar_AR", "fr_FR", "en_US", "en_GB")


class Refusal(Exception):
    """An answer of the Graph API that is an error."""

    def __init__(self, code: int, message: str, subcode: int = 0, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.status = code, message, subcode, status

    def body(self) -> dict[str, object]:
        error: dict[str, object] = {"message": self.message, "type": "OAuthException", "code": self.code, "fbtrace_id": "FAKE"}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return {"error": error}


def bad(message: str, subcode: int = 0) -> Refusal:
    return Refusal(100, f"(#100) {message}", subcode)


def check_send(given: Given) -> None:
    """The body of POST /me/messages, before it is looked at whom it goes to; raises Refusal."""
    only(given, {"recipient", "messaging_type", "tag", "message", "sender_action", "notification_type"}, "send")
    only(_mapping(given.get("recipient"), "recipient"), {"id"}, "recipient")
    if "sender_action" in given:
        if given["sender_action"] not in ACTIONS or "message" in given:
            raise bad("Param sender_action is not valid")
        return
    if given.get("messaging_type") not in TYPES:
        raise bad("Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG, UTILITY")
    if (given["messaging_type"] == "MESSAGE_TAG") != ("tag" in given):
        raise bad("Param tag goes with messaging_type MESSAGE_TAG")
    message = _mapping(given.get("message"), "message")
    only(message, {"text", "quick_replies", "attachment", "metadata"}, "message")
    if ("text" in message) == ("attachment" in message):
        raise bad("Must have either text or attachment")
    if "text" in message:
        _text(message["text"], LONGEST_TEXT, "message[text]")
        if not message["text"].strip():
            raise bad("Message cannot be empty, must provide valid attachment or text", 2018012)
    else:
        _attachment(_mapping(message["attachment"], "attachment"))
    _quick_replies(message.get("quick_replies", []))


def _quick_replies(replies: object) -> None:
    if not isinstance(replies, list) or len(replies) > MOST_QUICK_REPLIES:
        raise bad(f"Param message[quick_replies] has too many elements, at most {MOST_QUICK_REPLIES}")
    for reply in replies:
        kind = reply.get("content_type")
        if kind == "text":
            only(reply, {"content_type", "title", "payload", "image_url"}, "quick_reply")
            _text(reply.get("title"), LONGEST_TITLE, "title")
            _text(reply.get("payload"), LONGEST_PAYLOAD, "payload")
        elif kind in ("user_phone_number", "user_email"):
            only(reply, {"content_type"}, "quick_reply")
        else:
            raise bad(f"Param content_type {kind!r} is not valid")  # "location" is gone since 2019


def _attachment(attachment: Given) -> None:
    only(attachment, {"type", "payload"}, "attachment")
    payload = _mapping(attachment.get("payload"), "payload")
    if attachment.get("type") in ("image", "file", "audio", "video"):
        only(payload, {"url", "attachment_id", "is_reusable"}, "payload")
        return
    if attachment.get("type") != "template":
        raise bad("Param attachment[type] is not valid")
    if payload.get("template_type") == "button":
        only(payload, {"template_type", "text", "buttons"}, "payload")
        _text(payload.get("text"), LONGEST_TEMPLATE_TEXT, "payload[text]")
        _buttons(payload.get("buttons"))
    elif payload.get("template_type") == "generic":
        only(payload, {"template_type", "elements", "image_aspect_ratio"}, "payload")
        elements = payload.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= MOST_ELEMENTS:
            raise bad("Param elements has too many elements")
        for element in elements:
            only(element, {"title", "subtitle", "image_url", "default_action", "buttons"}, "element")
            _text(element.get("title"), LONGEST_LINE, "title")
            if "buttons" in element:
                _buttons(element["buttons"])
    else:
        raise bad("Param template_type is not valid")


def _buttons(buttons: object) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise bad(f"Param buttons must have 1 to {MOST_BUTTONS} elements")
    for button in buttons:
        _text(button.get("title"), LONGEST_TITLE, "button title")
        if button.get("type") == "web_url":
            only(button, {"type", "title", "url", "webview_height_ratio"}, "button")
            parts = urlsplit(button.get("url", ""))
            if parts.scheme not in ("http", "https") or "." not in parts.netloc:
                raise bad("Param url is not a valid URI", 2018045)
        elif button.get("type") == "postback":
            only(button, {"type", "title", "payload"}, "button")
            _text(button.get("payload"), LONGEST_PAYLOAD, "payload")
        else:
            raise bad("Param button type is not valid")


def check_profile(given: Given) -> None:
    """The body of POST /me/messenger_profile."""
    only(given, {"greeting", "get_started", "persistent_menu", "ice_breakers", "whitelisted_domains"}, "profile")
    if "persistent_menu" in given and "get_started" not in given:
        raise bad("You must set a Get Started button if you also wish to use persistent menu", 2018064)
    for greeting in _per_locale(given.get("greeting", [])):
        only(greeting, {"locale", "text"}, "greeting")
        _text(greeting.get("text"), LONGEST_GREETING, "greeting text")
    for menu in _per_locale(given.get("persistent_menu", [])):
        only(menu, {"locale", "composer_input_disabled", "call_to_actions"}, "menu")
        if not 1 <= len(menu["call_to_actions"]) <= 20:
            raise bad("Param call_to_actions has too many elements")
        for action in menu["call_to_actions"]:
            _text(action.get("title"), LONGEST_MENU_TITLE, "menu title")
            _text(action.get("payload"), LONGEST_PAYLOAD, "menu payload")
    for breakers in _per_locale(given.get("ice_breakers", [])):
        only(breakers, {"locale", "call_to_actions"}, "ice_breakers")
        if not 1 <= len(breakers["call_to_actions"]) <= MOST_ICE_BREAKERS:
            raise bad("Param call_to_actions has too many elements")
        for action in breakers["call_to_actions"]:
            _text(action.get("question"), LONGEST_QUESTION, "question")
            _text(action.get("payload"), LONGEST_PAYLOAD, "payload")


def _per_locale(entries: object) -> list[dict[str, Any]]:
    if not isinstance(entries, list):
        raise bad("expected a list")
    locales = [entry.get("locale") for entry in entries]
    if entries and ("default" not in locales or len(set(locales)) != len(locales) or not set(locales) <= set(LOCALES)):
        raise bad("Param locale is not valid: a default, each once")
    return entries


def only(given: Given, known: set[str], where: str) -> None:
    unknown = set(given) - known
    if unknown:
        raise bad(f'Invalid keys "{", ".join(sorted(unknown))}" were found in param "{where}".')


def _mapping(given: object, where: str) -> dict[str, Any]:
    if isinstance(given, str):  # form fields arrive as JSON in a text
        given = json.loads(given)
    if not isinstance(given, dict):
        raise bad(f"Param {where} must be an object")
    return given


def _text(given: object, most: int, where: str) -> None:
    if not isinstance(given, str) or not given:
        raise bad(f"Param {where} must be a non-empty UTF-8 encoded string")
    if len(given) > most:
        raise bad(f"Length of param {where} must be less than or equal to {most}")
