"""The rules of participation: records and decisions, no input or output."""
