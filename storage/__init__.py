"""What is kept: schema, migrations, the ledger (the one door for writing), functions that take `db` first and return records."""
