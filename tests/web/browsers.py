"""A real Chromium for the tests: found or said to be missing, and what a person does on a page of the chat."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, async_playwright, expect

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # milliseconds until a condition must have come true, on a busy machine


def chromium_path() -> str:
    """Where Chromium is; the test is skipped where there is none, except on CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine, and on CI nothing is skipped")
        pytest.skip("no Chromium on this machine: install the package chromium")
    return found


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Visit:
    """One citizen's browser, and what it complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    async def says(self, text: str, where: Page | FrameLocator | None = None) -> None:
        """Write, press Enter, and wait for the reply."""
        where = where or self.page
        replies = await where.locator(".line.bot").count()
        await where.locator("#text").fill(text)
        await where.locator("#text").press("Enter")
        await self.replied(replies, where)

    async def presses(self, label: str) -> None:
        """Press a choice that is on offer, and wait for the reply."""
        replies = await self.page.locator(".line.bot").count()
        await self.page.locator(".buttons:not(.past)").get_by_role("button", name=label).click()
        await self.replied(replies)

    async def replied(self, replies: int, where: Page | FrameLocator | None = None) -> None:
        where = where or self.page
        await expect(where.locator(".line.bot")).to_have_count(replies + 1)
        await expect(where.locator(".line.sending")).to_have_count(0)

    async def greeted(self, label: str, language: str) -> None:
        """Press a language on the first page, and wait until the page speaks it."""
        await self.page.locator(".welcome .button").get_by_text(label, exact=True).click()
        await self.page.wait_for_selector(f"html[lang={language}] .line[data-id] ~ .line.bot[data-id]")
        await self.ready()

    async def ready(self) -> None:
        """The script has taken the page over."""
        await self.page.locator("button.clip").wait_for()

    async def reloads(self) -> None:
        await self.page.reload()
        await self.ready()

    async def lines(self) -> list[str]:
        return [text.strip() for text in await self.page.locator(".line .bubble").all_inner_texts()]

    def last(self) -> str:
        """The newest line of the bot."""
        return ".line.bot >> nth=-1"

    async def photographed(self, name: str) -> None:
        """Save a screenshot, where somebody wants to look."""
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.evaluate("document.fonts.ready.then(() => 0)")
            await self.page.screenshot(path=f"{folder}/{name}.png")


_WATCH_POLICY = (
    "addEventListener('securitypolicyviolation', (event) => console.error(`policy ${event.violatedDirective} ${event.blockedURI}`));"
)


@contextlib.asynccontextmanager
async def visit(browser: Browser, url: str, *, calm: bool = True, **more: object) -> AsyncIterator[Visit]:
    """Open the page in a browser of one's own; a calm visit ends without a complaint in the console."""
    options: dict[str, object] = {"viewport": PHONE, "locale": "en", "reduced_motion": "reduce", **more}
    context = await browser.new_context(**options)  # type: ignore[arg-type]  # names of playwright's own options
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    someone = Visit(page, context)
    page.on("console", lambda message: someone.complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    page.on("request", lambda request: someone.requests.append(request.url))
    if options.get("java_script_enabled", True):
        await page.add_init_script(_WATCH_POLICY)
    try:
        await page.goto(url)
        if options.get("java_script_enabled", True) and await page.locator("#settings").count():
            await someone.ready()
        yield someone
        assert not calm or someone.complaints == []
    finally:
        await context.close()
