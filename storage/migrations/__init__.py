"""Forward-only changes of the schema, run by `hiwar migrate` and at start."""
