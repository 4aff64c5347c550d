"""Who Hiwar talks with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen as known in one channel; `language` is empty until it is understood or chosen."""

    id: int
    channel: str
    address: str
    language: str = ""
    chose_language: bool = False
    is_stopped: bool = False  # wants no messages but replies
    is_left: bool = False  # blocked the bot or closed the account
