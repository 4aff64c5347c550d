"""Tests of what Hiwar says: its content files."""
