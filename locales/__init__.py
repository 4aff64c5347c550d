"""The gettext catalogues `<language>.po`; this room has no code."""
