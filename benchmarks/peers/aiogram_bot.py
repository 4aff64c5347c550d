"""The dialogue on aiogram 3: states by its FSM, kept through the async ORM. BENCH_MODE: "background", or "reply" in the answer."""

from __future__ import annotations

import os
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from benchmarks import dialogue
from benchmarks.peers import orm
from benchmarks.peers.steps import Buttons, advance

SECRET = os.environ["BENCH_SECRET"]


class OrmStorage(BaseStorage):
    """aiogram's states in the conversations table; update_data in one transaction instead of two."""

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        name = state.state if isinstance(state, State) else state
        async with orm.Session() as session, session.begin():
            (await self._row(session, key)).state = name or ""

    async def get_state(self, key: StorageKey) -> str | None:
        async with orm.Session() as session:
            found = await session.get(orm.Conversation, key.chat_id)
            return found.state or None if found else None

    async def set_data(self, key: StorageKey, data: dict[str, Any]) -> None:
        async with orm.Session() as session, session.begin():
            (await self._row(session, key)).data = data

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        async with orm.Session() as session:
            found = await session.get(orm.Conversation, key.chat_id)
            return dict(found.data) if found else {}

    async def update_data(self, key: StorageKey, data: dict[str, Any]) -> dict[str, Any]:
        async with orm.Session() as session, session.begin():
            row = await self._row(session, key)
            row.data = {**row.data, **data}
            return dict(row.data)

    async def close(self) -> None:
        await orm.engine.dispose()

    @staticmethod
    async def _row(session: Any, key: StorageKey) -> orm.Conversation:
        row = await session.get(orm.Conversation, key.chat_id)
        if row is None:
            row = orm.Conversation(chat=key.chat_id, state="", data={})
            session.add(row)
        return row


class Idea(StatesGroup):
    theme = State()
    title = State()
    body = State()
    picture = State()
    review = State()


STATES = {state.state.rpartition(":")[2]: state for state in Idea.__all_states__}
dispatcher = Dispatcher(storage=OrmStorage())


@dispatcher.message(Command("idea"))
async def begin(message: Message, state: FSMContext) -> Any:
    await state.set_data({})
    return await _step(message, state, "")


@dispatcher.message(StateFilter(Idea.theme, Idea.title, Idea.body, Idea.picture), F.text)
async def answer(message: Message, state: FSMContext, raw_state: str) -> Any:
    return await _step(message, state, raw_state.rpartition(":")[2])


@dispatcher.message(StateFilter(Idea.review), F.text == "1")
async def send(message: Message, state: FSMContext) -> Any:
    data = await state.get_data()
    async with orm.Session() as session, session.begin():
        idea = orm.new_idea(message.chat.id, data)
        session.add(idea)
        await session.flush()
        number = idea.id
    await state.set_state(None)
    return message.answer(dialogue.THANKS.format(number=number))


async def _step(message: Message, state: FSMContext, at: str) -> Any:
    data = await state.get_data() if at == "picture" else {}  # the card shows it all
    now, data, reply, buttons, _files = advance(at, data, message.text or "")
    if now != at and data and at != "picture":
        await state.update_data(data)
    await state.set_state(STATES[now])
    return message.answer(reply, reply_markup=_keyboard(buttons))


def _keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=data)] for label, data in buttons])


async def on_startup(bot: Bot) -> None:
    await orm.make_tables()
    await bot.set_webhook("https://bench.example/hook", secret_token=SECRET)


async def health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def main() -> None:
    bot = Bot(os.environ["BENCH_TOKEN"], session=AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BENCH_API"])))
    dispatcher.startup.register(on_startup)
    app = web.Application()
    app.add_routes([web.get("/health", health)])
    in_background = os.environ.get("BENCH_MODE", "background") == "background"
    SimpleRequestHandler(dispatcher, bot, handle_in_background=in_background, secret_token=SECRET).register(app, "/hook")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=None, print=None)


if __name__ == "__main__":
    main()
