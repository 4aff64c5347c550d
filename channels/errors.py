"""Errors of channels that callers can act on; failed deliveries are values (contract.Failed), not errors."""

from __future__ import annotations


class Unreadable(ValueError):
    """A payload is not what its vendor's API describes; the text names the place, never the content."""


class ExtraMissing(RuntimeError):
    """A channel is switched on whose library is not installed; the text says what to do."""


class FileRefused(ValueError):
    """A file cannot be had: too large, gone, or not allowed by the vendor."""


class OutsideRefused(ValueError):
    """An address outside was not fetched. `reason` is a short name: address, internal, redirects, status, too_large, too_slow, packing,
    unreachable; the text says it to a member of staff and holds nothing that the other side sent."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
