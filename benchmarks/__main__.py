"""All parts one after the other, in about five minutes: `python -m benchmarks`. Each part alone takes more options and measures longer."""

from __future__ import annotations

import time

from benchmarks import inbound, kill, start, storage


def main() -> int:
    started = time.perf_counter()
    storage.main(["--seconds", "1.5", "--repeats", "1"])
    kills_are_good = kill.main(["--kills", "20"])
    start.main(["--repeats", "1", "--turns", "3000"])
    inbound.main(["--repeats", "3", "--seconds", "1.5"])
    print(f"{time.perf_counter() - started:.0f} seconds in all; the kill test {'passed' if kills_are_good else 'FAILED'}")
    return 0 if kills_are_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
