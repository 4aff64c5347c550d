"""What every channel is: a name, limits, capabilities, a parser and a sender whose failures are values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.layout import Limits
from bot.messages import File, Incoming, Shown


class Fault(StrEnum):
    """Who has to act before the same message can go through."""

    PERSON = "person"  # blocked the bot, left, never started it
    CONTENT = "content"  # the message breaks a rule of the vendor
    OURS = "ours"  # token, rights, two instances
    VENDOR = "vendor"  # overload, outage, network


@dataclass(frozen=True, slots=True)
class Sent:
    """The vendor took the message; `ref` names it there, for a later edit or deletion."""

    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The vendor did not take the message. Three facts decide: may it be tried again, whose fault is it, what does the operator read."""

    reason: str  # a short name with its heading in docs/errors.md, such as "blocked"
    retry: bool
    fault: Fault
    operator: str  # one English sentence: what happened and what to do
    after: float = 0.0  # seconds to wait before the next try, as the vendor said
    everyone: bool = False  # the wait or the stop concerns the whole channel, not this chat
    unknown: bool = False  # it may have been delivered all the same
    stops: bool = False  # this person cannot be reached any more
    moved: str = ""  # the chat's new address
    closed: bool = False  # the channel's window is closed: it waits for the person's next message


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel lets a bot do."""

    push: bool  # may write first, at any time
    edit: bool = False
    delete: bool = False
    keeps: bool = False  # the channel is our own: messages are kept in our tables and fetched, not sent
    instant: bool = False  # one reply may travel in the answer to the webhook
    window: dt.timedelta | None = None  # how long after the person's last word anything may be sent; None: always
    nudges: int = 0  # how many people a day may be told, by a paid message of the vendor's, that something waits for them
    human_window: dt.timedelta | None = None  # the same for the words of a person (Shown.human), where that is longer

    @property
    def announces(self) -> bool:
        """Whether announcements go out here: at any time, or within the window and otherwise at the person's next message."""
        return self.push or self.window is not None


# Set in the task that sends: called by a client that can tell when its message goes to the network. A pace counts as the vendor does by it.
LEAVES: ContextVar[Callable[[], None] | None] = ContextVar("LEAVES", default=None)


class Channel(Protocol):
    """A way to talk with people, as the rest of the program sees it."""

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def instant(self, address: str, part: Shown) -> bytes | None:
        """The body for the webhook's answer that says `part`, or None where this part cannot travel that way."""


@runtime_checkable
class Nudging(Protocol):
    """A channel that can tell a person outside its window, at a price, that something waits."""

    async def nudge(self, address: str, language: str) -> Sent | Failed:
        """Send the vendor's template; never raises for what the vendor or the network does."""


class Editor(Protocol):
    """A channel whose messages can be changed and deleted after they were sent."""

    async def edit(self, address: str, ref: str, part: Shown) -> Sent | Failed: ...

    async def delete(self, address: str, ref: str) -> Sent | Failed: ...


class Sender(Channel, Protocol):
    """A channel of a vendor: what is said has to be sent there."""

    async def send(self, address: str, part: Shown) -> Sent | Failed:
        """Send one part, already fitted to `limits`, to an address; never raises for what the vendor or the network does."""

    async def acknowledge(self, incoming: Incoming) -> None:
        """Tell the vendor that a press arrived, before the work starts; an expired press is no error."""

    async def fetch(self, file: File, most: int) -> bytes:
        """The content of a file a person sent, at most `most` bytes; raises errors.FileRefused."""
