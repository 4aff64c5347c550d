"""The machine that talks: messages, phrases, dialogue, routing and layout, with no vendor and no storage in sight."""
