"""What happens by the clock: deliveries, retention; later announcements, reminders and digests."""
