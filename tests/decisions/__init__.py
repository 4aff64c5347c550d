"""Decisions about proposals: taken, confirmed, undone, told."""
