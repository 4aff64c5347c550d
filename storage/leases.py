"""Who does what only one node may do: a lease that has to be renewed, so that a node that dies gives it up."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage.schema import leases, switches


def hold(db: sa.Connection, name: str, node: str, at: dt.datetime, length: dt.timedelta) -> bool:
    """Take or renew a lease; False while another node has it."""
    held = db.execute(sa.select(leases.c.node, leases.c.until).where(leases.c.name == name).with_for_update()).first()
    if held is None:
        found = sa.select(sa.literal(name), sa.literal(node), sa.literal(at + length, leases.c.until.type))
        absent = ~sa.exists().where(leases.c.name == name)
        try:
            with db.begin_nested():
                insert = leases.insert().from_select(["name", "node", "until"], found.where(absent))
                return db.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1
        except sa.exc.IntegrityError:  # two nodes at once on PostgreSQL
            return False
    if held.node != node and held.until > at:
        return False
    this = leases.c.name == name, leases.c.node == held.node
    return db.execute(leases.update().where(*this).values(node=node, until=at + length)).rowcount == 1


def give_up(db: sa.Connection, name: str, node: str) -> None:
    """Let another node have it at once."""
    db.execute(leases.delete().where(leases.c.name == name, leases.c.node == node))


def throw(db: sa.Connection, name: str, by: str, at: dt.datetime) -> bool:
    """Throw a switch; False when it was thrown already."""
    if is_thrown(db, name):
        return False
    db.execute(switches.insert().values(name=name, thrown_by=by, thrown_at=at))
    return True


def put_back(db: sa.Connection, name: str) -> bool:
    return db.execute(switches.delete().where(switches.c.name == name)).rowcount == 1


def is_thrown(db: sa.Connection, name: str) -> bool:
    return db.execute(sa.select(switches.c.name).where(switches.c.name == name)).first() is not None
