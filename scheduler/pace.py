"""How fast a channel may be used: never more than its limit in any window a little longer than a second, evenly spread.

The margin is a cliff (reference measurement): at 0.99 of the limit no message is refused, at 1.0 two thirds are, because every refusal
makes the vendor refuse longer. Replies take their slot in the same window and wait for nothing else; bulk goes around them, and while
people are talking it leaves one slot of each window to whoever is answered next. A window is counted from when its messages really left,
where the channel's client says when that was: what the machine held up leaves in one burst.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

MARGIN = 0.99  # of the limit; the other hundredth is for the way to the vendor, which is not always equally long
REPLY_MARGIN = 0.995  # for the few replies among them: so there is nearly always a slot that bulk may not take
TALKING = 10.0  # seconds after a reply in which the next one is likely
CATCH_UP = 0.1  # seconds of pauses in our own program that are made good again, inside the window all the same
STEP_DOWN, SLOWEST = 0.9, 0.05  # at a refusal, and never below this share of the limit
JITTER, ALONE = 0.97, 30.0  # at a refusal with no other so many seconds before: a way that took longer once, not a lower limit
LAG_SHARE = 0.001  # of the difference, by which a longer way to the connection counts at a time; a shorter one counts at once
RECOVERY = 0.01 / 60  # of the limit a second: one per cent a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a channel allows, in messages a second."""

    overall: float
    chat: float = 1.0
    group: float = 20 / 60


TELEGRAM = Rates(overall=30)  # Bot API FAQ, "My bot is hitting limits"; up to 1,000 with paid broadcasts
MESSENGER = Rates(overall=40)  # the Send API takes 300 texts, and brakes pages that go on above 40; replies are not counted in
WHATSAPP = Rates(overall=40, chat=1 / 6)  # half of a number's 80, for replies; one in six seconds to one person


@dataclass(slots=True)
class Slot:
    """One message of the window: when it was let go, and when it left."""

    let_go: float
    left: float


class Pace:
    """The pace of one channel on one node; times are those of a clock that never jumps, in seconds."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._sent: deque[Slot] = deque(maxlen=max(1, int(rates.overall)))
        self._next = 0.0  # when the next bulk message is due (GCRA's theoretical arrival time)
        self._share, self._share_at = 1.0, 0.0
        self._talking_until = 0.0
        self._lag = 0.0  # seconds that a message needs at least from here to the connection
        self._held_until = -ALONE
        self.replies_waiting = 0
        self._chats: OrderedDict[str, float] = OrderedDict()
        self._longest_gap = max(1 / rates.chat, 1 / rates.group) / MARGIN

    def rate(self, now: float) -> float:
        """Messages a second that bulk may use now."""
        return self.rates.overall * MARGIN * self._recovered(now)

    def bulk_wait(self, now: float) -> float:
        """Seconds until the next message of an announcement may leave."""
        first = 1 / self.rates.overall if self.replies_waiting else 0.0  # the slot that comes free next is a reply's
        spare = 1 if now < self._talking_until and self.rates.overall >= 2 else 0
        return max(0.0, self._held_until - now, self._next - now, self._full_for(now + self._lag, MARGIN, spare), first)

    def reply_wait(self, now: float) -> float:
        """Seconds until a reply may leave: only a full window holds it, and then for the next slot that comes free."""
        self._talking_until = now + TALKING
        return self._full_for(now, REPLY_MARGIN)

    def chat_wait(self, address: str, now: float) -> float:
        """Seconds until this chat may get another message."""
        last = self._chats.get(address)
        if last is None:
            return 0.0
        rate = self.rates.group if address.startswith("-") else self.rates.chat
        return max(0.0, last + 1 / rate / MARGIN - now)

    def took(self, address: str, now: float) -> Slot:
        """A message leaves, whether reply or bulk: bulk leaves room for both. Its slot may be told later when it really left."""
        begun = self._next if now - self._next <= CATCH_UP else now  # after a rest nothing is made good, or it would come all at once
        self._next = begun + 1 / self.rate(now)
        if len(self._sent) == self._sent.maxlen and (lag := self._sent[0].left - self._sent[0].let_go) > 0:
            self._lag = min(lag, self._lag + (lag - self._lag) * LAG_SHARE)
        slot = Slot(now, now)
        self._sent.append(slot)
        self._chats[address] = now
        self._chats.move_to_end(address)
        while self._chats and next(iter(self._chats.values())) < now - self._longest_gap:
            self._chats.popitem(last=False)
        return slot

    def refused(self, after: float, now: float) -> None:
        """The vendor says that it was too much for the whole channel: wait as long as it says, then go slower."""
        is_same = now < self._held_until  # what was in flight together is refused together
        is_alone = now - self._held_until > ALONE
        self._held_until = max(self._held_until, now + after)
        if not is_same:
            self._share, self._share_at = max(SLOWEST, self._recovered(now) * (JITTER if is_alone else STEP_DOWN)), now + after

    def _recovered(self, now: float) -> float:
        return self._share if self._share >= 1 else min(1.0, self._share + max(0.0, now - self._share_at) * RECOVERY)

    def _full_for(self, now: float, margin: float, spare: int = 0) -> float:
        """Seconds until so many more messages than one could leave and stay within the limit of a window."""
        first = len(self._sent) - (self._sent.maxlen or 1) + spare
        if first < 0:
            return 0.0
        return max(0.0, self._sent[first].left + 1 / (margin * self._recovered(now)) - now)
