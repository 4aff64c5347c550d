"""The dialogue on python-telegram-bot's Application (256 updates at once) behind an aiohttp endpoint that feeds its queue."""

from __future__ import annotations

import asyncio
import hmac
import os
import signal

from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from benchmarks import dialogue
from benchmarks.peers import orm
from benchmarks.peers.steps import Buttons, advance

SECRET = os.environ["BENCH_SECRET"]


async def on_message(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """One turn: read the conversation, go on, store it, answer."""
    chat, text = update.effective_chat.id, update.message.text
    async with orm.Session() as session, session.begin():
        conversation = await session.get(orm.Conversation, chat)
        if conversation is None:
            conversation = orm.Conversation(chat=chat, state="", data={})
            session.add(conversation)
        conversation.state, conversation.data, reply, buttons, files = advance(conversation.state, conversation.data, text)
        if files:
            idea = orm.new_idea(chat, conversation.data)
            session.add(idea)
            await session.flush()
            reply = dialogue.THANKS.format(number=idea.id)
    await update.message.reply_text(reply, reply_markup=_keyboard(buttons))


def _keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)] for label, data in buttons]) if buttons else None


async def main() -> None:
    await orm.make_tables()
    application = (
        Application.builder()
        .token(os.environ["BENCH_TOKEN"])
        .base_url(os.environ["BENCH_API"] + "/bot")
        .updater(None)
        .concurrent_updates(256)
        .connection_pool_size(256)
        .pool_timeout(60)
        .build()
    )
    application.add_handler(CommandHandler("idea", on_message))
    application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, on_message))

    async def hook(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), SECRET):
            return web.Response(status=401)
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/hook", hook)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    async with application:
        await application.start()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["BENCH_PORT"])).start()
        await application.bot.set_webhook("https://bench.example/hook", secret_token=SECRET)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await application.stop()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
