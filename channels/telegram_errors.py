"""What Telegram's refusals mean: one table from the words of the Bot API to Failed.

The Bot API has few codes and many words, and documents neither. The rows are its real answers; docs/errors.md has a heading for each
reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from channels.contract import Failed, Fault

UNTOLD_WAIT = 3.0  # seconds, for a 429 that does not say how long; Telegram's usual answer is 1 to 5
TOKEN_WAIT = 300.0  # a refused token needs a person; asking more often only fills the log


class Dropped(NetworkError):
    """The connection broke after the request had gone: Telegram may have acted on it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: the answers of a code that contain one of `words`, and what they mean."""

    code: int
    words: tuple[str, ...]
    reason: str
    fault: Fault
    operator: str
    stops: bool = False
    retry: bool = False


# The first row that fits counts; words are compared in lower case.
TABLE = (
    Meaning(403, ("blocked by the user",), "blocked", Fault.PERSON,
            "The person blocked the bot; nothing to do, they are unsubscribed until they unblock it.", stops=True),
    Meaning(403, ("user is deactivated",), "deactivated", Fault.PERSON,
            "The account was deleted; nothing to do, the person is unsubscribed.", stops=True),
    Meaning(403, ("was kicked",), "kicked", Fault.PERSON,
            "The bot was removed from the group; a member of the group has to add it again.", stops=True),
    Meaning(403, ("not a member",), "not_member", Fault.PERSON,
            "The bot is not a member of this group or channel; a member has to add it.", stops=True),
    Meaning(403, ("can't initiate conversation",), "cant_initiate", Fault.PERSON,
            "The person never opened the bot; only they can start the conversation.", stops=True),
    Meaning(403, ("to bots",), "is_bot", Fault.PERSON,
            "The address belongs to another bot, which cannot be written to.", stops=True),
    Meaning(403, ("not enough rights", "have no rights", "chat_write_forbidden"), "no_rights", Fault.PERSON,
            "The bot may not write in this group; an administrator of the group has to allow it."),
    Meaning(403, (), "forbidden", Fault.PERSON, "Telegram forbids writing to this chat without saying a known reason; look at the chat."),
    Meaning(400, ("chat not found", "peer_id_invalid", "user not found"), "chat_not_found", Fault.PERSON,
            "The bot does not know this chat: it was never opened with this bot, or the account is gone.", stops=True),
    Meaning(400, ("group is deactivated", "chat_deleted", "chat was deleted", "input_user_deactivated"), "deactivated", Fault.PERSON,
            "The group or account was deleted; nothing to do, it is unsubscribed.", stops=True),
    Meaning(400, ("user_is_blocked",), "blocked", Fault.PERSON,
            "The person blocked the bot; nothing to do, they are unsubscribed until they unblock it.", stops=True),
    Meaning(400, ("member not found",), "not_member", Fault.PERSON, "The person is not a member of this chat.", stops=True),
    Meaning(400, ("not enough rights", "have no rights", "chat_write_forbidden", "chat_restricted", "chat_send_"), "no_rights",
            Fault.PERSON, "The bot may not send this in the group; an administrator of the group has to allow it."),
    Meaning(400, ("message is not modified",), "not_modified", Fault.CONTENT, "The message already reads like this; nothing to do."),
    Meaning(400, ("to edit not found", "to delete not found", "to be replied not found", "reply message not found", "message_id_invalid",
                  "message to reply not found", "no text in the message", "no caption in the message"), "message_gone", Fault.CONTENT,
            "The message to change is gone, or was of another kind; send a new one instead."),
    Meaning(400, ("can't be edited", "can't be deleted"), "too_late", Fault.CONTENT,
            "Telegram no longer lets this message be changed (48 hours for deletion); send a correction instead."),
    Meaning(400, ("query is too old", "query id is invalid", "query_id_invalid"), "press_expired", Fault.VENDOR,
            "The press was confirmed too late; nothing to do, the reply goes out all the same."),
    Meaning(400, ("file is too big", "file_id", "file id", "file identifier", "wrong file", "remote file", "failed to get http url content",
                  "wrong type of the web page content", "photo_invalid", "image_process_failed", "file_reference", "file must be non-empty",
                  "type of file mismatch", "can't use file of type"), "file_refused", Fault.CONTENT,
            "Telegram refused the file: too large, gone, or not of its kind; send it again in a smaller or more usual format."),
    Meaning(413, (), "file_refused", Fault.CONTENT, "The file is larger than Telegram takes (50 MB, pictures 10 MB); make it smaller."),
    Meaning(400, ("webhook", "https url must be provided", "failed to resolve host", "bad ip address"), "webhook_refused", Fault.OURS,
            "Telegram refused the webhook address; it must be https on port 443, 80, 88 or 8443 and reachable by IPv4."),
    Meaning(400, ("button_url_invalid", "url host is empty", "wrong http url"), "content_refused", Fault.CONTENT,
            "Telegram refused the address of a link button; correct the link."),
    Meaning(400, ("text is empty", "text must be non-empty"), "content_refused", Fault.CONTENT, "The message has no text; write one."),
    Meaning(400, ("is too long", "entities too long", "too many entities"), "content_refused", Fault.CONTENT,
            "The message is longer than Telegram allows; shorten it."),
    Meaning(400, ("can't parse entities",), "content_refused", Fault.CONTENT,
            "Telegram could not read the formatting of the message; this is a mistake of the program, report it."),
    Meaning(400, ("button", "keyboard", "reply markup"), "content_refused", Fault.CONTENT,
            "Telegram refused the buttons of the message; this is a mistake of the program, report it."),
    Meaning(409, ("webhook is active",), "conflict", Fault.OURS,
            "A webhook is set, so this program cannot poll; run one of the two (`hiwar doctor` shows the webhook's address).", retry=True),
    Meaning(409, (), "conflict", Fault.OURS,
            "Another program polls with the same token; stop one of the two, or give each its own bot.", retry=True),
)  # fmt: skip

_BY_CODE = {code: tuple(row for row in TABLE if row.code == code) for code in {row.code for row in TABLE}}


class _Parameters(msgspec.Struct, gc=False, frozen=True):
    retry_after: float = 0.0
    migrate_to_chat_id: int = 0


class _Answer(msgspec.Struct, gc=False):
    description: str = ""
    error_code: int = 0
    parameters: _Parameters = _Parameters()


_decode = msgspec.json.Decoder(_Answer).decode


def read_answer(status: int, body: bytes, *, one_chat: bool = True) -> Failed:
    """What an answer other than ok means; `one_chat` is False for calls that concern no chat, whose 429 holds everyone."""
    try:
        answer = _decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        answer = _Answer()  # a proxy's page in place of the Bot API's JSON: the status has to do
    code = answer.error_code or status
    if answer.parameters.migrate_to_chat_id:
        return _migrated(str(answer.parameters.migrate_to_chat_id))
    if code == 429:
        return _too_many(answer.parameters.retry_after, one_chat)
    if code in (401, 404):
        return _unauthorized()
    if code >= 500:
        # 504 comes from a gateway that stopped waiting; the Bot API behind it may have sent the message.
        return _vendor_down(code, unknown=code == 504)
    return _meaning(code, answer.description)


def read_exception(error: TelegramError) -> Failed:
    """What an exception of python-telegram-bot means; its own text is never shown, for it can carry a token."""
    # BadRequest and TimedOut derive from NetworkError: the order of these tests is the meaning.
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        return _too_many(float(wait) if isinstance(wait, int | float) else wait.total_seconds(), one_chat=False)
    if isinstance(error, ChatMigrated):
        return _migrated(str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return _unauthorized()
    if isinstance(error, Forbidden):
        return _meaning(403, error.message)
    if isinstance(error, BadRequest):
        return _meaning(400, error.message)
    if isinstance(error, Conflict):
        return _meaning(409, error.message)
    if isinstance(error, TimedOut):
        return Failed(
            reason="timed_out",
            retry=True,
            fault=Fault.VENDOR,
            operator="Telegram did not answer in time; the message may have arrived all the same.",
            unknown=True,
        )
    if isinstance(error, Dropped):
        return _network_failed(unknown=True)
    if isinstance(error, NetworkError):
        # python-telegram-bot raises it for every 5xx as well, with "(502)" or Telegram's words in its text.
        if any(words in error.message for words in ("(50", "Internal Server Error", "Bad Gateway", "Gateway")):
            return _vendor_down(0, unknown="504" in error.message or "Gateway Time" in error.message)
        return _network_failed(unknown=False)
    return _vendor_down(0, unknown=True)  # an answer that is no JSON


def _meaning(code: int, description: str) -> Failed:
    words = description.lower()
    for row in _BY_CODE.get(code, ()):
        if not row.words or any(part in words for part in row.words):
            return Failed(
                reason=row.reason,
                retry=row.retry,
                fault=row.fault,
                operator=row.operator,
                stops=row.stops,
                everyone=row.reason == "conflict",
            )
    # Unknown words of a 4xx: the same message would be refused again. The words are Telegram's and short; they name no citizen.
    said = description[:120] if description else f"status {code}"
    return Failed(reason="content_refused", retry=False, fault=Fault.CONTENT, operator=f'Telegram refused the message, saying "{said}".')


def _too_many(after: float, one_chat: bool) -> Failed:
    # The answer does not say whether the chat's limit (1/s) or the bot's (30/s) was passed. Holding everyone for one busy chat made a
    # citizen wait 2.1 s for another's refusal, so the chat waits first; the pace of the whole channel slows down when refusals repeat.
    return Failed(
        reason="too_many_requests",
        retry=True,
        fault=Fault.VENDOR,
        operator="Telegram asked to wait; the message goes out after the pause. Many of these mean that the pace is set too high.",
        after=after or UNTOLD_WAIT,
        everyone=not one_chat,
    )


def _migrated(address: str) -> Failed:
    return Failed(
        reason="migrated",
        retry=True,
        fault=Fault.OURS,
        operator="The group became a supergroup with a new address; the message goes there.",
        moved=address,
    )


def _unauthorized() -> Failed:
    # Retried, because nothing is wrong with the messages: they wait until a person has put the token right.
    return Failed(
        reason="unauthorized",
        retry=True,
        fault=Fault.OURS,
        operator="Telegram refuses the token; get the right one from BotFather and put it into the settings.",
        after=TOKEN_WAIT,
        everyone=True,
    )


def _vendor_down(code: int, *, unknown: bool) -> Failed:
    said = f" (status {code})" if code else ""
    return Failed(
        reason="vendor_down",
        retry=True,
        fault=Fault.VENDOR,
        operator=f"Telegram has a fault of its own{said}; the message is tried again.",
        unknown=unknown,
    )


def _network_failed(*, unknown: bool) -> Failed:
    return Failed(
        reason="network_failed",
        retry=True,
        fault=Fault.VENDOR,
        operator="Telegram could not be reached or the connection broke; check this machine's network if it lasts.",
        unknown=unknown,
    )
