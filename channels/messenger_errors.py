"""What the Graph API's refusals mean: one table from code and subcode to Failed; docs/errors.md has a heading for each reason."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from channels.contract import Failed, Fault

BUSY_WAIT = 60.0  # seconds after a rate error; Meta counts by the hour and says no number
TOKEN_WAIT = 300.0  # a refused token needs a person; asking more often only fills the log


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: a code, the subcodes it concerns (none: all others), and what they mean."""

    code: int
    subcodes: tuple[int, ...]
    reason: str
    fault: Fault
    operator: str
    retry: bool = False
    stops: bool = False
    everyone: bool = False
    closed: bool = False
    after: float = 0.0


# The first row that fits counts.
TABLE = (
    Meaning(10, (2018278, 2534022), "outside_window", Fault.VENDOR,
            "More than 24 hours since the person wrote; the message waits until they write again.", closed=True),
    Meaning(10, (1893063,), "page_restricted", Fault.OURS,
            "Meta restricted the page; look at its Page Quality and the business account.", retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(10, (), "permission_missing", Fault.OURS,
            "The app lacks a permission for this; look at App Review in the app's dashboard (`hiwar doctor`).",
            retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(551, (), "not_available", Fault.PERSON,
            "The person cannot be reached now: they blocked the page, left Messenger, or closed the account.", stops=True),
    Meaning(100, (2018001,), "chat_not_found", Fault.PERSON,
            "Messenger knows no such person for this page; perhaps the token is of another page.", stops=True),
    Meaning(100, (2018109, 2018028), "outside_window", Fault.VENDOR,
            "The message tag is not allowed; the message waits until the person writes again.", closed=True),
    Meaning(100, (2018047, 2018074, 2018008, 2018294), "file_refused", Fault.CONTENT,
            "Messenger refused the file: too large, or not of its kind (pictures 8 MB, others 25 MB)."),
    Meaning(100, (2018300,), "thread_elsewhere", Fault.OURS,
            "Another app or the page's inbox holds this conversation; hand it back there.", retry=True, after=BUSY_WAIT),
    Meaning(2018300, (), "thread_elsewhere", Fault.OURS,
            "Another app or the page's inbox holds this conversation; hand it back there.", retry=True, after=BUSY_WAIT),
    Meaning(100, (), "content_refused", Fault.CONTENT, "Messenger refused the message; this is a mistake of the program, report it."),
    Meaning(4, (), "too_many_requests", Fault.VENDOR,
            "The app made more calls than Meta allows; the message goes out after a pause.", retry=True, everyone=True, after=BUSY_WAIT),
    Meaning(32, (), "too_many_requests", Fault.VENDOR,
            "The page made more calls than Meta allows; the message goes out after a pause.", retry=True, everyone=True, after=BUSY_WAIT),
    Meaning(80006, (), "too_many_requests", Fault.VENDOR,
            "The page sent more than Meta allows; the message goes out after a pause.", retry=True, everyone=True, after=BUSY_WAIT),
    Meaning(613, (1893016,), "too_many_requests", Fault.VENDOR,
            "Too many messages to this person; the message goes out after a pause.", retry=True, after=BUSY_WAIT),
    Meaning(613, (), "too_many_requests", Fault.VENDOR,
            "More calls than Meta allows; the message goes out after a pause.", retry=True, everyone=True, after=BUSY_WAIT),
    Meaning(190, (), "unauthorized", Fault.OURS,
            "Meta refuses the page token; make a new one and put it into the settings.", retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(104, (), "unauthorized", Fault.OURS,
            "Meta refuses the proof of the app secret; check HIWAR_MESSENGER_APP_SECRET.", retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(102, (), "unauthorized", Fault.OURS,
            "The session of the page token ended; make a new one and put it into the settings.",
            retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(2635, (), "version_gone", Fault.OURS,
            "This version of the Graph API is gone; set HIWAR_MESSENGER_API_VERSION to a newer one.",
            retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(368, (), "page_restricted", Fault.OURS,
            "Meta blocked the page for breaking a policy; look at its Page Quality.", retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning(1545041, (), "not_available", Fault.PERSON, "The person cannot be reached now; nothing to do.", stops=True),
    Meaning(2018001, (), "chat_not_found", Fault.PERSON, "Messenger knows no such person for this page.", stops=True),
    Meaning(1200, (), "vendor_down", Fault.VENDOR, "Messenger had a passing fault; the message is tried again.", retry=True),
    Meaning(-1, (), "vendor_down", Fault.VENDOR, "Messenger had a fault of its own; the message is tried again.", retry=True),
    Meaning(1, (), "vendor_down", Fault.VENDOR, "The Graph API had a fault of its own; the message is tried again.", retry=True),
    Meaning(2, (), "vendor_down", Fault.VENDOR, "The Graph API is down for the moment; the message is tried again.", retry=True),
)  # fmt: skip

_BY_CODE = {code: tuple(row for row in TABLE if row.code == code) for code in {row.code for row in TABLE}}
_PERMISSIONS = range(200, 300)


class _Error(msgspec.Struct, gc=False, frozen=True):
    code: int = 0
    error_subcode: int = 0
    message: str = ""
    is_transient: bool = False


class _Answer(msgspec.Struct, gc=False):
    error: _Error = _Error()


_decode = msgspec.json.Decoder(_Answer).decode


def read_answer(status: int, body: bytes) -> Failed:
    """What an answer other than ok means. Meta's own words are never shown: they can quote the message."""
    try:
        error = _decode(body).error
    except (msgspec.MsgspecError, RecursionError, ValueError):
        error = _Error()  # a proxy's page in place of JSON: the status has to do
    # A wrong proof of the secret comes with code 100, like a wrong message; only its words tell it apart.
    code = 104 if "appsecret_proof" in error.message else error.code
    for row in _BY_CODE.get(code, ()):
        if not row.subcodes or error.error_subcode in row.subcodes:
            return Failed(
                reason=row.reason,
                retry=row.retry,
                fault=row.fault,
                operator=row.operator,
                after=row.after,
                everyone=row.everyone,
                stops=row.stops,
                closed=row.closed,
            )
    if error.code in _PERMISSIONS:
        return Failed(
            reason="permission_missing",
            retry=True,
            fault=Fault.OURS,
            operator=f"The page or the app lacks a permission (code {error.code}); look at the app's dashboard (`hiwar doctor`).",
            after=TOKEN_WAIT,
            everyone=True,
        )
    if status == 429:
        return Failed(
            reason="too_many_requests",
            retry=True,
            fault=Fault.VENDOR,
            operator="Meta asked to wait; the message goes out after a pause.",
            after=BUSY_WAIT,
            everyone=True,
        )
    if status >= 500 or error.is_transient:
        return vendor_down(unknown=status == 504)
    if status == 401:
        return Failed(
            reason="unauthorized",
            retry=True,
            fault=Fault.OURS,
            operator="Meta refuses the page token; make a new one and put it into the settings.",
            after=TOKEN_WAIT,
            everyone=True,
        )
    told = f"code {error.code}, subcode {error.error_subcode}" if error.code else f"status {status}"
    return Failed(reason="content_refused", retry=False, fault=Fault.CONTENT, operator=f"Messenger refused the message ({told}).")


def vendor_down(*, unknown: bool) -> Failed:
    return Failed(
        reason="vendor_down",
        retry=True,
        fault=Fault.VENDOR,
        operator="Messenger has a fault of its own; the message is tried again.",
        unknown=unknown,
    )


def timed_out() -> Failed:
    return Failed(
        reason="timed_out",
        retry=True,
        fault=Fault.VENDOR,
        operator="Messenger did not answer in time; the message may have arrived all the same.",
        unknown=True,
    )


def network_failed(*, unknown: bool) -> Failed:
    return Failed(
        reason="network_failed",
        retry=True,
        fault=Fault.VENDOR,
        operator="Messenger could not be reached or the connection broke; check this machine's network if it lasts.",
        unknown=unknown,
    )
