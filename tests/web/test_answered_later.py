"""An editor answers beside a running Hiwar: the page shows it without being loaded again, and the next person is answered at once."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.running import ROOT, Running, running
from tests.web.guests import guest, listening

SMALL = ROOT / "tests" / "small_content"
_BUILT = re.compile(r"understanding_built\b.*\bexamples=(\d+)")


async def test_an_editors_answer_arrives_in_the_open_page_and_is_known_from_then_on(tmp_path: Path) -> None:
    question = "does zorglub cost 12 bananas on tuesdays"
    async with running(tmp_path / "data") as hiwar, guest(hiwar.url) as amina:
        await amina.says(question)
        if any(button["label"] == "None of these" for button in amina.lines[-1]["buttons"]):
            await amina.presses("None of these")
        assert "Q-1" in amina.lines[-1]["text"]
        async with listening(amina, after=amina.lines[-1]["id"]) as coming:
            await answers(tmp_path / "data", "1")
            line = await anext(coming)
        assert question in line["text"]
        assert "Zorglub is free." in line["text"]
        assert {"This was useful", "Not useful"} <= {button["label"] for button in line["buttons"]}
        assert (await amina.all_lines())[-1]["id"] == line["id"]
        await taught_anew(hiwar)
        async with guest(hiwar.url) as idir:
            await idir.says(question)
            assert "Zorglub is free." in idir.lines[-1]["text"]


async def taught_anew(hiwar: Running) -> None:
    """Wait until the log says that an understanding was built of more examples than the first one."""
    first = 0
    async with hiwar.logged() as log:
        async for line in log:
            if found := _BUILT.search(line.decode()):
                if first and int(found[1]) > first:
                    return
                first = first or int(found[1])


async def answers(data: Path, number: str) -> None:
    """Give the command as an editor does, in a process of its own."""
    environment = os.environ | {"HIWAR_DATA": str(data), "HIWAR_CONTENT": str(SMALL), "HIWAR_ENCODER": "false", "PYTHONUTF8": "1"}
    given = {"id": "zorglub", "topic": "news", "title-en": "Zorglub", "answer-en": "Zorglub is free.", "source": "OGP", "date": "2026-11"}
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    code = "from service.command import main; raise SystemExit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "questions", "answer", number, *options, cwd=ROOT, env=environment
    )
    assert await process.wait() == 0
