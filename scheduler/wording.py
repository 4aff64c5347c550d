"""The words of announcements as each reader gets them: written once for a language, with buttons that only this reader can press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from bot.buttons import OUTSIDE, Signer
from bot.layout import Limits
from bot.messages import ButtonKind, Shown, ShownButton
from channels.contract import Channel
from civic.announcements import Announcement
from storage import people
from storage.deliveries import Batch, Mail

_MOST_KNOWN, _MOST_WRITTEN = 64, 256  # announcements, and texts of them, that are kept at hand

# The words of one announcement, or of a digest of several, in a language, as one message: buttons carry "feature argument", unsigned.
Write = Callable[[tuple[Announcement, ...], str, Limits], Shown]


@dataclass(frozen=True, slots=True)
class Worded:
    """Mail with its words, None where they were recalled, and the version of them."""

    mail: Mail
    words: Shown | None
    revision: int


class Wording:
    """The announcements that one channel is sending."""

    def __init__(self, channel: Channel, write: Write, signer: Signer) -> None:
        self._channel, self._write, self._signer = channel, write, signer
        self._known: dict[int, Announcement] = {}
        self._written: dict[tuple[object, ...], Shown] = {}

    def learn(self, batch: Batch) -> None:
        """Take in the announcements that the mail of a batch names."""
        self._known.update(batch.announcements or {})
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def of(self, mail: Mail) -> tuple[Announcement, ...]:
        """The announcements of one mail, those that are known."""
        return tuple(self._known[number] for number in mail.announcements if number in self._known)

    def words(self, mail: Mail) -> Shown:
        """The message for one reader."""
        chosen = tuple(self._known[number] for number in mail.announcements)
        key = (mail.language, *((one.id, one.version) for one in chosen))
        written = self._written.get(key)
        if written is None:
            if len(self._written) >= _MOST_WRITTEN:
                self._written.clear()
            written = self._written[key] = self._write(chosen, mail.language, self._channel.limits)
        owner = people.full_address(self._channel.name, mail.address)
        return replace(written, buttons=tuple(self._signed(button, owner) for button in written.buttons))

    def worded(self, mail: Mail) -> Worded:
        """One mail with its words, or without any where its only announcement was recalled."""
        known = [self._known[number] for number in mail.announcements]
        recalled = len(known) == 1 and known[0].state == "recalled"
        return Worded(mail, None if recalled else self.words(mail), max(one.revision for one in known))

    def _signed(self, button: ShownButton, owner: str) -> ShownButton:
        if button.kind is not ButtonKind.REPLY:
            return button
        feature, _space, argument = button.data.partition(" ")
        return replace(button, data=self._signer.make(owner, OUTSIDE, feature, argument))
