"""What `hiwar doctor` finds in the settings of WhatsApp; it asks Meta nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from service.findings import Finding, attention, broken, ok
from service.settings import Settings

WHAT = "WhatsApp"
LIBRARY = "pywa"


def look(settings: Settings, *, is_installed: bool | None = None) -> Iterator[Finding]:
    """Every finding about WhatsApp. That number, secret and verify token come with the token, the settings themselves see to."""
    if not settings.whatsapp_token.get_secret_value():
        given = settings.whatsapp_phone, settings.whatsapp_app_secret.get_secret_value(), settings.whatsapp_verify_token.get_secret_value()
        if any(given):
            yield attention(WHAT, "is off, for want of a token", "set HIWAR_WHATSAPP_TOKEN, or take the other settings of WhatsApp away")
        else:
            yield ok(WHAT, "is off")
        return
    if not (find_spec(LIBRARY) is not None if is_installed is None else is_installed):
        yield broken(WHAT, "its library is not installed, and Hiwar will not start", "pip install hiwar[whatsapp]")
    else:
        yield ok(WHAT, "its library is installed")
    if not settings.public_url:
        yield broken(WHAT, "there is no public address", "set HIWAR_PUBLIC_URL: WhatsApp delivers by webhook only")
    if bool(settings.whatsapp_template) != bool(settings.whatsapp_templates_a_day):
        missing = "HIWAR_WHATSAPP_TEMPLATES_A_DAY" if settings.whatsapp_template else "HIWAR_WHATSAPP_TEMPLATE"
        yield attention(WHAT, "nobody is told that something waits", f"set {missing} as well (docs/whatsapp.md)")
