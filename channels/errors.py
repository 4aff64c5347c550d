"""Errors of channels that callers can act on; failed deliveries are values (contract.Failed), not errors."""

from __future__ import annotations


class Unreadable(ValueError):
    """A payload is not what its vendor's API describes; the text names the place, never the content."""


class ExtraMissing(RuntimeError):
    """A channel is switched on whose library is not installed; the text says what to do."""


class FileRefused(ValueError):
    """A file cannot be had: too large, gone, or not allowed by the vendor."""
