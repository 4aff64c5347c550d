"""Hiwar itself with one more feature, `/idea`: `python -m benchmarks.hiwar_bot` is `hiwar run` with it.

The settings are Hiwar's. Beside them: BENCH_BY_API=1 sends every reply by a call of the Bot API instead of in the webhook's answer,
BENCH_AHEAD=seconds puts the clock forward (so that the claims of a killed process have run out), and BENCH_NO_UNDERSTANDING=1 leaves out
the understanding, which this dialogue never asks and which takes the CPU for many seconds after each start.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from benchmarks import dialogue
from bot.dialogue import Talk
from bot.features import Contents, feature
from bot.messages import Outgoing
from bot.phrases import _
from channels.telegram import Telegram
from handlers.contents import CONTENTS

metadata = sa.MetaData()
ideas = sa.Table(
    "bench_ideas",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("chat", sa.String(32), nullable=False),
    sa.Column("theme", sa.String(32), nullable=False),
    sa.Column("title", sa.String(dialogue.LONGEST_TITLE), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
_insert = ideas.insert().returning(ideas.c.id)


@feature("idea", command="idea", summary=_("Suggest an idea"))
def idea(talk: Talk) -> Outgoing:
    """Take an idea from a citizen."""
    theme = talk.choice("theme", _(dialogue.ASK_THEME), {name: _(label) for name, label in dialogue.THEMES.items()}, label=_("Theme"))
    title = talk.words("title", _(dialogue.ASK_TITLE), longest=dialogue.LONGEST_TITLE, label=_("Title"))
    body = talk.words("body", _(dialogue.ASK_BODY), longest=dialogue.LONGEST_BODY, label=_("Idea"))
    talk.picture("picture", _(dialogue.ASK_PICTURE), optional=True, label=_("Picture"))
    talk.review(dialogue.card(dialogue.THEMES[theme], title, body), send=_("Send"), change=("theme", "title", "body", "picture"))
    values = {"chat": talk.person.address, "theme": theme, "title": title, "body": body, "at": talk.now}
    number = talk.db.execute(_insert, values).scalar_one()
    return talk.end(_(dialogue.THANKS, number=number))


BENCH_CONTENTS = Contents((*CONTENTS.features, idea))


def make_tables(url: str) -> None:
    """Add the benchmark's own table."""
    from storage import engines

    plain = sa.make_url(url)
    engine = sa.create_engine(plain if engines.is_sqlite(url) else plain.set(drivername="postgresql+psycopg"))
    metadata.create_all(engine)
    engine.dispose()


def main() -> None:
    from service import logs, server, wiring
    from service.settings import Settings

    settings = Settings()
    logs.set_up(settings.log_level, as_json=settings.log_json)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_tables(settings.url)
    ahead = dt.timedelta(seconds=float(os.environ.get("BENCH_AHEAD", "0")))
    if ahead:
        server.open_program = partial(wiring.open_program, now=lambda: dt.datetime.now(dt.UTC) + ahead)  # type: ignore[assignment]
    if os.environ.get("BENCH_BY_API"):
        Telegram.capabilities = replace(Telegram.capabilities, instant=False)  # on the class: whoever opens it, it has it
    if os.environ.get("BENCH_NO_UNDERSTANDING"):
        wiring.Librarian.run = _nothing_to_learn  # type: ignore[method-assign]
    asyncio.run(server.serve(settings, contents=BENCH_CONTENTS))


async def _nothing_to_learn(librarian: object) -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
