"""What a button carries: short, ASCII, and only good for the one it was shown to."""

from __future__ import annotations

import pytest

from bot.buttons import MOST_BYTES, Pressed, Signer

SIGNER = Signer(b"key")


def test_a_press_comes_back_as_it_was_made() -> None:
    data = SIGNER.make("telegram:7", "t1", "theme", "access")

    assert SIGNER.open("telegram:7", data) == Pressed("t1", "theme", "access")
    assert data.isascii()


@pytest.mark.parametrize("owner", ["telegram:8", "webchat:7", ""])
def test_nobody_elses_button_opens(owner: str) -> None:
    assert SIGNER.open(owner, SIGNER.make("telegram:7", "t1", "theme", "access")) is None


@pytest.mark.parametrize("data", ["", ".", "t1.theme.access", "t1.theme.access.AAAAAAAA", "a.b.c.d.e", "ـ.ـ.ـ.ـ", "x" * 5000])
def test_a_forged_press_opens_nothing(data: str) -> None:
    assert SIGNER.open("telegram:7", data) is None


def test_what_no_button_can_carry_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        SIGNER.make("telegram:7", "t1", "theme", "الشباب")
    with pytest.raises(ValueError, match=str(MOST_BYTES)):
        SIGNER.make("telegram:7", "t1", "theme", "x" * 60)
