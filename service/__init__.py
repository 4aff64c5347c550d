"""The only room that knows everything: settings, wiring, logs and the command line."""
