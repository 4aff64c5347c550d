"""Cases of channels: payload to Incoming, Shown to request, error to Failed, against fakes as strict as the vendors."""
