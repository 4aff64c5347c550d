"""The database as bots on SQLAlchemy's async ORM usually have it: aiosqlite, WAL, synchronous=NORMAL, the default pool."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Conversation(Base):
    __tablename__ = "conversations"

    chat: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(32), default="")
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


class Idea(Base):
    __tablename__ = "bench_ideas"

    id: Mapped[int] = mapped_column(primary_key=True)
    chat: Mapped[str] = mapped_column(sa.String(32))
    theme: Mapped[str] = mapped_column(sa.String(32))
    title: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(sa.DateTime(timezone=True))


def new_idea(chat: int, data: dict[str, Any]) -> Idea:
    return Idea(chat=str(chat), theme=data["theme"], title=data["title"], body=data["body"], at=dt.datetime.now(dt.UTC))


engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DB']}", connect_args={"timeout": 30})
Session = async_sessionmaker(engine, expire_on_commit=False)


@sa.event.listens_for(engine.sync_engine, "connect")
def _prepare(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


async def make_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
