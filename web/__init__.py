"""The HTTP edge: hooks of the channels, web chat, health and metrics."""
