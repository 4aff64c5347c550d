"""`python -m tests.serve`: Hiwar as `hiwar run` starts it, with the test dialogues of tests/talks.py and few entries, to start quickly."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as service/command.py does

from service import logs
from service.server import serve
from service.settings import Settings
from tests.talks import TEST_CONTENTS

SMALL = Path(__file__).parent / "small_content"

if __name__ == "__main__":
    os.environ.setdefault("HIWAR_CONTENT", str(SMALL))
    os.environ.setdefault("HIWAR_ENCODER", "false")
    settings = Settings()
    logs.set_up(settings.log_level, as_json=settings.log_json)
    asyncio.run(serve(settings, contents=TEST_CONTENTS))
