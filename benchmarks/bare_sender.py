"""What sending costs with nothing around it, for benchmarks/announce.py; BENCH_URL, BENCH_RATE, BENCH_COUNT and BENCH_TEXT say what.

One aiohttp session posts the same text to chat after chat at a steady rate. No database, no subscribers, no languages, no retries.
"""

from __future__ import annotations

import asyncio
import os

import aiohttp

TICK = 0.004  # seconds between two bursts


async def send(url: str, rate: float, count: int, text: str) -> None:
    """Send to `count` chats and wait for the answers."""
    connector = aiohttp.TCPConnector(limit=0)
    tasks: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def one(chat: int) -> None:
            async with session.post(url, json={"chat_id": chat, "text": text}) as answer:
                await answer.read()

        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(count):
            if (early := started + number / rate - loop.time()) > 0:
                await asyncio.sleep(max(early, TICK))
            task = asyncio.create_task(one(number + 1))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)


if __name__ == "__main__":
    told = os.environ
    asyncio.run(send(told["BENCH_URL"], float(told["BENCH_RATE"]), int(told["BENCH_COUNT"]), told["BENCH_TEXT"]))
