"""What Hiwar knows, in YAML and four languages; it seeds the database. This room has no code: service/library.py reads it."""
