"""What Hiwar can talk about: one file a feature; contents.py lists them; turn.py runs one turn."""
