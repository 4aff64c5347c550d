"""Marks a data folder as in use, so that nothing changes the key under a running Hiwar."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.sealing import KeyUnreadable, open_seal

NAME = "running"
MOST_NODES = 64


class InUse(OSError):
    """The data folder is used in a way that does not go together with what was asked; the text says what to do."""


@contextmanager
def running(data: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the data folder; several programs may, but for one that has to be `alone`. Raises InUse. It ends with the process."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            if alone:
                raise InUse(f"Hiwar is running on the data folder {data}: stop it first, start it again afterwards") from None
            raise InUse(f"the key of the data folder {data} is being changed: start again when that is done") from None
        yield
    finally:
        os.close(held)


def refuse_half_rotated(key_path: Path) -> None:
    """Raise KeyUnreadable when a change of the key was interrupted: with two keys, people would not be found by their address."""
    if key_path.exists() and len(open_seal(key_path).masters) > 1:
        raise KeyUnreadable("a change of the key was interrupted: run `hiwar key rotate` once more, which finishes it; nothing is lost")


@contextmanager
def node_name(data: Path) -> Iterator[str]:
    """A name for this process that the next one on the same data folder gets again, so that it can take back what this one held.

    Several processes at once get different names. At most 32 characters. Raises InUse past MOST_NODES.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = hashlib.sha256(f"{socket.gethostname()}:{data.absolute()}".encode()).hexdigest()[:12]
    for number in range(1, MOST_NODES + 1):
        held = os.open(data / f"node-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            continue
        try:
            yield f"{socket.gethostname()[:12]}-{place}-{number}"
        finally:
            os.close(held)
        return
    raise InUse(f"{MOST_NODES} processes of Hiwar run on the data folder {data} already")
