"""The same dialogue written on other stacks, and bare as the limit."""
