"""Answers of the Graph API -> what delivery does."""

from __future__ import annotations

import json

import pytest

from channels.contract import Fault
from channels.messenger_errors import TABLE, read_answer


def answer(code: int, subcode: int = 0, status: int = 400, **more: object) -> tuple[int, bytes]:
    error = {"message": "(#1) words that may quote سر", "type": "OAuthException", "code": code, **more}
    if subcode:
        error["error_subcode"] = subcode
    return status, json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("given", "reason", "retry", "fault"),
    [
        (answer(10, 2018278), "outside_window", False, Fault.VENDOR),
        (answer(10, 1893063), "page_restricted", True, Fault.OURS),
        (answer(10, 2018276), "permission_missing", True, Fault.OURS),
        (answer(551, 1545041), "not_available", False, Fault.PERSON),
        (answer(613), "too_many_requests", True, Fault.VENDOR),
        (answer(613, 1893016), "too_many_requests", True, Fault.VENDOR),
        (answer(4), "too_many_requests", True, Fault.VENDOR),
        (answer(190, 463, 401), "unauthorized", True, Fault.OURS),
        (answer(100, 2018001), "chat_not_found", False, Fault.PERSON),
        (answer(100), "content_refused", False, Fault.CONTENT),
        (answer(100, 2018294), "file_refused", False, Fault.CONTENT),
        (answer(200, status=403), "permission_missing", True, Fault.OURS),
        (answer(299, status=403), "permission_missing", True, Fault.OURS),
        (answer(100, 2018300), "thread_elsewhere", True, Fault.OURS),
        (answer(2018300), "thread_elsewhere", True, Fault.OURS),
        (answer(2635), "version_gone", True, Fault.OURS),
        (answer(2, status=500), "vendor_down", True, Fault.VENDOR),
        (answer(1200), "vendor_down", True, Fault.VENDOR),
        (answer(987_654, status=400), "content_refused", False, Fault.CONTENT),
        (answer(987_654, status=400, is_transient=True), "vendor_down", True, Fault.VENDOR),
        ((502, b"<html>Bad Gateway</html>"), "vendor_down", True, Fault.VENDOR),
        ((504, b""), "vendor_down", True, Fault.VENDOR),
        ((429, b"{}"), "too_many_requests", True, Fault.VENDOR),
        ((401, b"{}"), "unauthorized", True, Fault.OURS),
        ((404, b"[" * 100_000), "content_refused", False, Fault.CONTENT),
    ],
)
def test_an_answer_means(given: tuple[int, bytes], reason: str, retry: bool, fault: Fault) -> None:
    failed = read_answer(*given)

    assert (failed.reason, failed.retry, failed.fault) == (reason, retry, fault)
    assert "سر" not in failed.operator


def test_the_window_closes_for_one_person_and_a_token_for_everybody() -> None:
    assert read_answer(*answer(10, 2018278)).closed
    assert not read_answer(*answer(10, 2018278)).everyone
    assert read_answer(*answer(190)).everyone
    assert read_answer(*answer(551)).stops
    assert read_answer(504, b"").unknown
    assert not read_answer(500, b"").unknown


def test_every_row_says_what_to_do() -> None:
    assert all(row.operator.endswith(".") and len(row.operator.split()) > 4 for row in TABLE)
