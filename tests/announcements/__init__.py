"""Announcements: from the draft to a million people, exactly once."""
