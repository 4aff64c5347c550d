"""A form is read to its end however it arrives, and never further than its limits."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from tests.web.guests import PICTURE
from web.forms import LONGEST_FIELD, Form, Refused, read_form, read_place

PART = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
TEXT = "ⴰⵣⵓⵍ مرحبا bonjour 🙂 " * 50


async def read(*pieces: bytes) -> Form:
    """Read a form that arrives piece by piece: the next one only when everything before it has been taken."""
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.connection_made(asyncio.Transport())
    stream = StreamReader(protocol, 2**20, loop=loop)
    request = make_mocked_request("POST", "/chat/messages", headers={"Content-Type": "multipart/form-data; boundary=b"}, payload=stream)
    reading = asyncio.create_task(read_form(request))
    for piece in pieces:
        await asyncio.sleep(0)
        stream.feed_data(piece)
    await asyncio.sleep(0)
    stream.feed_eof()
    return await reading


async def test_a_message_that_arrives_in_small_pieces_is_whole() -> None:
    whole = (
        PART % (b"text", b"", TEXT.encode())
        + PART % (b"files", b'; filename="a.png"', PICTURE)
        + PART % (b"event", b"", b"e" * 32)
        + b"--b--\r\n"
    )
    for size in (1, 7, 500, 10_000):
        form = await read(*(whole[at : at + size] for at in range(0, len(whole), size)))
        assert form.fields == {"text": TEXT, "event": "e" * 32}
        assert [(upload.name, upload.content) for upload in form.files] == [("a.png", PICTURE)]


async def test_a_field_may_be_as_long_as_its_limit_and_no_longer() -> None:
    form = await read(PART % (b"text", b"", b"x" * LONGEST_FIELD), b"--b--\r\n")
    assert len(form.fields["text"]) == LONGEST_FIELD
    with pytest.raises(Refused) as refused:
        await read(PART % (b"text", b"", b"x" * (LONGEST_FIELD + 1)), b"--b--\r\n")
    assert refused.value.status == 413


@pytest.mark.parametrize(("latitude", "longitude"), [("", ""), ("x", "1"), ("90.1", "0"), ("0", "180.1"), ("nan", "0"), ("inf", "0")])
def test_what_is_not_on_the_map_is_no_place(latitude: str, longitude: str) -> None:
    assert read_place(latitude, longitude) is None


def test_a_place_is_read() -> None:
    place = read_place("33.97159", "-6.84981")
    assert place is not None
    assert (place.latitude, place.longitude) == (33.97159, -6.84981)
