"""What WhatsApp's refusals mean: one table from its codes to Failed; docs/errors.md has a heading for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from channels.contract import Failed, Fault

BUSY_WAIT = 60.0  # seconds after a rate error
TOKEN_WAIT = 300.0  # a refused token needs a person


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: the codes it concerns, and what they mean."""

    codes: tuple[int, ...]
    reason: str
    fault: Fault
    operator: str
    retry: bool = False
    everyone: bool = False
    closed: bool = False
    after: float = 0.0


TABLE = (
    Meaning((131047,), "outside_window", Fault.VENDOR,
            "More than 24 hours since the person wrote; the message waits until they write again.", closed=True),
    Meaning((131026, 130472, 131049, 131050), "undeliverable", Fault.PERSON,
            "WhatsApp does not deliver to this person now: no WhatsApp on this number, an old version, or its own limits."),
    Meaning((131030, 131021, 100), "chat_not_found", Fault.PERSON,
            "WhatsApp does not know this number, or a test number may not write to it."),
    Meaning((4, 80007, 130429, 131048, 131064), "too_many_requests", Fault.VENDOR,
            "More messages than WhatsApp allows; the message goes out after a pause.", retry=True, everyone=True, after=BUSY_WAIT),
    Meaning((131056,), "too_many_requests", Fault.VENDOR,
            "Too many messages to this person; the message goes out after a pause.", retry=True, after=BUSY_WAIT),
    Meaning((0, 190), "unauthorized", Fault.OURS,
            "WhatsApp refuses the token; make a new one and put it into the settings.", retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning((3, 10, 131005, 131042, 131044, 131037, 133010), "permission_missing", Fault.OURS,
            "The app lacks a permission, the number is not registered, or its account has no way to pay.",
            retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning((368, 131031, 130497), "page_restricted", Fault.OURS,
            "Meta restricted the WhatsApp account; look at its quality and the business account.",
            retry=True, everyone=True, after=TOKEN_WAIT),
    Meaning((131052, 131053), "file_refused", Fault.CONTENT, "WhatsApp refused the file: too large, or not of its kind."),
    Meaning((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016), "template_refused", Fault.OURS,
            "WhatsApp refused the template; look at its name, languages and approval in the WhatsApp Manager."),
    Meaning((1, 2, 131000, 131016, 131057, 133004, 135000), "vendor_down", Fault.VENDOR,
            "WhatsApp had a fault of its own; the message is tried again.", retry=True),
)  # fmt: skip

_BY_CODE = {code: row for row in TABLE for code in row.codes}
_PERMISSIONS = range(200, 300)


def meaning(code: int, status: int = 400) -> Failed:
    """What an error of WhatsApp means. Its own words are never shown: they can quote the message."""
    row = _BY_CODE.get(code)
    if row is None and code in _PERMISSIONS:
        row = _BY_CODE[10]
    if row is None and status >= 500:
        row = _BY_CODE[131016]
    if row is None:
        return Failed(reason="content_refused", retry=False, fault=Fault.CONTENT, operator=f"WhatsApp refused the message (code {code}).")
    return Failed(
        reason=row.reason,
        retry=row.retry,
        fault=row.fault,
        operator=row.operator,
        after=row.after,
        everyone=row.everyone,
        closed=row.closed,
    )


def network_failed(*, unknown: bool) -> Failed:
    return Failed(
        reason="network_failed",
        retry=True,
        fault=Fault.VENDOR,
        operator="WhatsApp could not be reached or the connection broke; check this machine's network if it lasts.",
        unknown=unknown,
    )


def timed_out() -> Failed:
    return Failed(
        reason="timed_out",
        retry=True,
        fault=Fault.VENDOR,
        operator="WhatsApp did not answer in time; the message may have arrived all the same.",
        unknown=True,
    )
