"""Who decides at the desk, as the rules about decisions know them."""

from __future__ import annotations

from civic.decisions import Decider
from web.desk.frame import Visit


def decider(visit: Visit) -> Decider:
    """Somebody signed in."""
    return Decider(id=visit.id, actor=visit.actor, own=visit.own)
