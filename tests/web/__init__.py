"""Tests of the web chat: over HTTP, across restarts, and in a real browser."""
