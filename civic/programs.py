"""What other systems may do: the scopes of a token, and the events a web hook is told of."""

from __future__ import annotations

from civic.errors import Refusal

SCOPES = (  # what each lets a program do is said in docs/api.md
    "proposals:read",
    "proposals:decide",
    "questions:answer",
    "news:publish",
    "events:read",
)
EVENTS = ("proposal.filed", "proposal.decided")
LONGEST_NAME = 80
LONGEST_URL = 2000
TOKEN_SIGN = "hiwar_"  # noqa: S105 # what every token begins with, so that one that leaked can be searched for


def check_token(name: str, scopes: tuple[str, ...]) -> None:
    """Whether a token may be made. Raises Refusal (program_name, scopes)."""
    if not 2 <= len(name.strip()) <= LONGEST_NAME:
        raise Refusal("program_name", "name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refusal("scopes", "scopes")


def check_hook(url: str, events: tuple[str, ...]) -> None:
    """Whether a hook may be made. Raises Refusal (hook_address, hook_events)."""
    if not url.startswith("https://") or len(url) > LONGEST_URL or any(sign.isspace() for sign in url):
        raise Refusal("hook_address", "url")
    if not events or not set(events) <= set(EVENTS):
        raise Refusal("hook_events", "events")
