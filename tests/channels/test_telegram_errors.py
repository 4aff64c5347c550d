"""What each refusal of Telegram means for the message, the person and the operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from channels.contract import Fault
from channels.telegram_errors import TABLE, Dropped, read_answer, read_exception

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = ROOT.parent / "shared" / "fixtures" / "telegram_errors"

# file of the collection -> reason, may it be tried again, is the person gone
MEANINGS = {
    "bad-request-button-url-invalid": ("content_refused", False, False),
    "bad-request-chat-not-found": ("chat_not_found", False, True),
    "bad-request-entities-too-long": ("content_refused", False, False),
    "bad-request-file-too-big": ("file_refused", False, False),
    "bad-request-group-chat-migrated": ("migrated", True, False),
    "bad-request-group-deactivated": ("deactivated", False, True),
    "bad-request-invalid-file-id": ("file_refused", False, False),
    "bad-request-member-not-found": ("not_member", False, True),
    "bad-request-message-cant-be-deleted": ("too_late", False, False),
    "bad-request-message-cant-be-edited": ("too_late", False, False),
    "bad-request-message-not-modified": ("not_modified", False, False),
    "bad-request-message-text-is-empty": ("content_refused", False, False),
    "bad-request-message-to-delete-not-found": ("message_gone", False, False),
    "bad-request-message-to-edit-not-found": ("message_gone", False, False),
    "bad-request-not-enough-rights-photos": ("no_rights", False, False),
    "bad-request-not-enough-rights-text": ("no_rights", False, False),
    "bad-request-peer-id-invalid": ("chat_not_found", False, True),
    "bad-request-reply-message-not-found": ("message_gone", False, False),
    "bad-request-user-not-found": ("chat_not_found", False, True),
    "bad-request-wrong-parameter-action-in-request": ("content_refused", False, False),
    "conflicted-terminated-by-other-long-poll": ("conflict", True, False),
    "forbidden-bot-blocked-by-user": ("blocked", False, True),
    "forbidden-bot-cant-send-messages-to-bots": ("is_bot", False, True),
    "forbidden-bot-not-member-channel": ("not_member", False, True),
    "forbidden-bot-not-member-supergroup": ("not_member", False, True),
    "forbidden-bot-was-kicked": ("kicked", False, True),
    "forbidden-cant-initiate-conversation": ("cant_initiate", False, True),
    "forbidden-user-is-deactivated": ("deactivated", False, True),
    "too-many-requests": ("too_many_requests", True, False),
    "unauthorized": ("unauthorized", True, False),
    "webhook-is-active": ("conflict", True, False),
}
EXCEPTIONS: dict[int, type[TelegramError]] = {400: BadRequest, 401: InvalidToken, 403: Forbidden, 409: Conflict}

needs_collection = pytest.mark.skipif(not COLLECTED.exists(), reason="../shared/fixtures is not beside this checkout")


@needs_collection
@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")  # RetryAfter.retry_after, read both ways
@pytest.mark.parametrize("name", MEANINGS)
def test_a_real_refusal_has_its_meaning_as_a_body_and_as_an_exception(name: str) -> None:
    body = (COLLECTED / f"{name}.json").read_bytes()
    told = json.loads(body)
    failed = read_answer(told["error_code"], body)
    assert (failed.reason, failed.retry, failed.stops) == MEANINGS[name]
    parameters = told.get("parameters", {})
    if "retry_after" in parameters:
        assert failed.after == 123
        error: TelegramError = RetryAfter(parameters["retry_after"])
    elif "migrate_to_chat_id" in parameters:
        assert failed.moved == "-123456789"
        error = ChatMigrated(parameters["migrate_to_chat_id"])
    else:
        error = EXCEPTIONS[told["error_code"]](told["description"])
    # A library's refusal concerns a call without a chat (webhook, profile), so its 429 holds everyone; all else is the same.
    assert read_exception(error).reason == failed.reason
    assert read_exception(error).retry == failed.retry


@needs_collection
def test_the_collection_is_covered() -> None:
    assert {path.stem for path in COLLECTED.glob("*.json")} == set(MEANINGS)


def said(code: int, description: str) -> bytes:
    return json.dumps({"ok": False, "error_code": code, "description": description}).encode()


def test_an_unknown_403_does_not_unsubscribe_anyone() -> None:
    failed = read_answer(403, said(403, "Forbidden: something new"))
    assert (failed.reason, failed.retry, failed.stops) == ("forbidden", False, False)


def test_unknown_words_of_a_400_are_content_and_quoted_for_the_operator() -> None:
    failed = read_answer(400, said(400, "Bad Request: SOMETHING_NEW"))
    assert (failed.reason, failed.fault, failed.retry) == ("content_refused", Fault.CONTENT, False)
    assert "SOMETHING_NEW" in failed.operator


def test_a_refused_formatting_does_not_quote_the_message_to_the_operator() -> None:
    failed = read_answer(400, said(400, 'Bad Request: can\'t parse entities: Unsupported start tag "amina" at byte offset 3'))
    assert failed.reason == "content_refused"
    assert "amina" not in failed.operator


def test_a_busy_chat_waits_alone_and_a_busy_bot_altogether() -> None:
    body = json.dumps({"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}}).encode()
    assert (read_answer(429, body).after, read_answer(429, body).everyone) == (7, False)
    assert read_answer(429, body, one_chat=False).everyone
    assert read_answer(429, b"").after > 0


@pytest.mark.parametrize(("status", "unknown"), [(500, False), (502, False), (504, True)])
def test_a_fault_of_telegram_is_tried_again(status: int, unknown: bool) -> None:
    for body in (b"<html>Bad Gateway</html>", said(status, "Internal Server Error"), b'{"parameters": []}'):
        failed = read_answer(status, body)
        assert (failed.reason, failed.retry, failed.unknown) == ("vendor_down", True, unknown)


def test_a_refused_token_stops_everyone_and_loses_no_message() -> None:
    for status in (401, 404):
        failed = read_answer(status, b"")
        assert (failed.reason, failed.everyone, failed.retry, failed.fault) == ("unauthorized", True, True, Fault.OURS)


def test_a_bad_request_is_not_taken_for_the_network_it_derives_from() -> None:
    assert read_exception(BadRequest("Chat not found")).reason == "chat_not_found"
    assert read_exception(NetworkError("ClientConnectorError")).reason == "network_failed"
    assert not read_exception(NetworkError("ClientConnectorError")).unknown
    assert read_exception(NetworkError("Bad Gateway (502)")).reason == "vendor_down"


def test_what_may_have_arrived_is_unknown() -> None:
    assert (read_exception(TimedOut()).reason, read_exception(TimedOut()).unknown) == ("timed_out", True)
    assert (read_exception(Dropped("x")).reason, read_exception(Dropped("x")).unknown) == ("network_failed", True)
    assert read_exception(TelegramError("Invalid server response")).unknown


def test_every_reason_has_its_heading_in_the_documentation() -> None:
    headings = {line[3:].strip() for line in (ROOT / "docs" / "errors.md").read_text("utf-8").splitlines() if line.startswith("## ")}
    others = {"migrated", "too_many_requests", "unauthorized", "vendor_down", "network_failed", "timed_out"}
    assert {row.reason for row in TABLE} | others <= headings
