"""Claim codes: told, typed in any habit, and read again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import claims


@given(st.binary(min_size=8, max_size=16))
def test_a_code_is_read_again_however_it_is_typed(random: bytes) -> None:
    code = claims.code(random)

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
    for typed in (code, code.lower(), code.replace("-", ""), f"  {code.replace('-', ' ')}. ", code.replace("0", "O").replace("1", "l")):
        assert claims.read(typed) == code


@pytest.mark.parametrize("typed", ["", "K7PM-2XQR", "K7PM-2XQR-90AB-1", "K7PM-2XQR-90AU", "مرحبا", "P-12"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert claims.read(typed) == ""


def test_codes_differ() -> None:
    assert len({claims.code(number.to_bytes(8, "big")) for number in range(1000)}) == 1000
