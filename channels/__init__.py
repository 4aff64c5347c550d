"""One file a vendor: each turns its payloads into Incoming and sends what the bot says; nobody else imports a vendor's package."""
