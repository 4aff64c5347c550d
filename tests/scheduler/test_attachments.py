"""Files of proposals: looked at, drawn anew, refused with a word to the author, and settled once whatever dies."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from PIL import Image

from bot.messages import File, FileKind
from channels.errors import FileRefused
from civic.proposals import LARGEST_FILE, Draft
from scheduler.attachments import CLAIMED, MOST_ATTEMPTS, Attachments, look
from storage import attachments, lines, people, proposals
from storage.attachments import Attachment
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import Seal

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DRAFT = Draft(kind="proposal", theme="local", title="A bench", text="A bench at every stop, please.", language="en")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PLACE = b"34 degrees north"


def drawn(name: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    content = io.BytesIO()
    Image.new(mode, size, "green").save(content, name, **more)
    return content.getvalue()


def with_place() -> bytes:
    """A photo that says where it was taken, and which side is up."""
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    return drawn(exif=exif) + b"hidden behind the end"


def bomb() -> bytes:
    """A PNG of a few bytes that says it is as large as a city."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 an executable", "kind"),
        (b"<svg onload='alert(1)'/>", "kind"),
        (b"<html><script>", "kind"),
        (b"\xff\xd8\xff not a picture at all", "picture"),
        (drawn()[:200], "picture"),
        (bomb(), "picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture"),
        (b"%PDF-" + bytes(LARGEST_FILE), "large"),
    ],
    ids=["empty", "program", "svg", "html", "no-picture", "half", "bomb", "no-png", "large"],
)
def test_what_is_not_what_it_says_is_refused(content: bytes, why: str) -> None:
    assert look(content, "holiday.jpg").refused == why


@pytest.mark.parametrize(
    ("content", "name", "kept"),
    [
        (drawn("JPEG"), "a.jpg", ("a.jpg", "image/jpeg")),
        (drawn("PNG", mode="RGBA"), "b.png", ("b.png", "image/png")),
        (drawn("PNG", mode="1"), "../../etc/c.exe", ("c.png", "image/png")),
        (drawn("GIF", mode="P"), "d.gif", ("d.png", "image/png")),
        (drawn("WEBP"), "", ("picture.webp", "image/webp")),
        (drawn("JPEG", mode="CMYK"), "e.jpg", ("e.jpg", "image/jpeg")),
    ],
)
def test_pictures_are_drawn_anew(content: bytes, name: str, kept: tuple[str, str]) -> None:
    looked = look(content, name)

    assert (looked.name, looked.mime) == kept
    with Image.open(io.BytesIO(looked.content)) as picture:
        assert picture.size == (60, 40)


def test_nothing_is_left_of_where_a_picture_was_taken() -> None:
    looked = look(with_place(), "photo.jpg")

    assert PLACE not in looked.content and b"hidden" not in looked.content
    with Image.open(io.BytesIO(looked.content)) as picture:
        assert dict(picture.getexif()) == {}
        assert picture.size == (40, 60)  # turned as the camera had noted


def test_documents_are_kept_as_they_are() -> None:
    assert look(PDF, "plan.pdf") == look(PDF, "C:\\files\\plan.pdf")
    assert look(PDF, "plan.pdf").content == PDF


class Vendor:
    """A channel from which files are fetched; a name that is not there is refused."""

    def __init__(self, **content: bytes) -> None:
        self.content, self.asked = content, 0

    async def fetch(self, file: File, most: int) -> bytes:
        self.asked += 1
        if file.ref not in self.content:
            raise FileRefused("gone")
        return self.content[file.ref]


class House:
    """A ledger, a proposal to attach files to, and what its author was told."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.told, self.now = ledger, list[str](), NOW

    async def files(self, channel: str, *names: str) -> int:
        def write(db: sa.Connection) -> int:
            person = people.find_by_address(db, channel, "amina") or people.meet(db, channel, "amina", NOW)
            number = proposals.file(db, person.id, channel, DRAFT, NOW.date(), NOW).number
            attachments.want(db, number, channel, [File(name, FileKind.DOCUMENT, f"{name}.pdf") for name in names], NOW)
            return number

        return await self.ledger.write(write)

    def job(self, vendor: Vendor) -> Attachments:
        def tell(db: sa.Connection, attachment: Attachment, reason: str, at: dt.datetime) -> None:
            self.told.append(f"{attachment.file.ref}: {reason}")

        return Attachments(self.ledger, {"telegram": vendor}, tell, now=lambda: self.now)  # type: ignore[dict-item]  # only fetch is asked for

    async def states(self, number: int) -> list[tuple[str, str]]:
        return [(one.file.ref, one.state) for one in await self.ledger.write(attachments.of, number)]


@pytest.fixture
async def house(database_url: str, seal: Seal) -> AsyncIterator[House]:
    ledger = Ledger(open_writer(database_url, seal))
    yield House(ledger)
    await ledger.close()


async def test_files_are_kept_or_their_author_is_told_once(house: House) -> None:
    number = await house.files("telegram", "plan", "virus")
    job = house.job(Vendor(plan=PDF, virus=b"MZ"))

    assert await job.fetch_due() == 2
    assert await job.fetch_due() == 0
    assert await house.states(number) == [("plan", "kept")]
    assert house.told == ["virus: kind"]


async def test_a_file_that_cannot_be_had_now_is_tried_again_and_then_given_up(house: House) -> None:
    number = await house.files("telegram", "late", "never")
    vendor = Vendor()
    assert await house.job(vendor).fetch_due() == 0
    assert await house.job(vendor).fetch_due() == 0
    assert vendor.asked == 2  # not before its time
    vendor.content["late"] = PDF
    for _attempt in range(MOST_ATTEMPTS):
        house.now += dt.timedelta(hours=1)
        await house.job(vendor).fetch_due()

    assert await house.states(number) == [("late", "kept")]
    assert house.told == ["never: gone"]


async def test_what_a_dead_process_had_claimed_is_fetched_by_another(house: House) -> None:
    number = await house.files("telegram", "plan")
    await house.ledger.write(attachments.claim, house.now, house.now + CLAIMED, 8)  # and dies
    job = house.job(Vendor(plan=PDF))

    assert await job.fetch_due() == 0
    house.now += CLAIMED
    assert await job.fetch_due() == 1
    assert await house.states(number) == [("plan", "kept")]


async def test_a_file_that_was_settled_meanwhile_is_not_told_of_again(house: House) -> None:
    await house.files("telegram", "virus")
    slow, fast = house.job(Vendor(virus=b"MZ")), house.job(Vendor(virus=b"MZ"))
    claimed = await house.ledger.write(attachments.claim, house.now, house.now + CLAIMED, 8)
    house.now += CLAIMED
    await fast.fetch_due()
    await slow._fetch(claimed[0])

    assert house.told == ["virus: kind"]


async def test_the_web_chats_files_come_from_our_own_table_and_only_ones_own(house: House) -> None:
    number = await house.files("webchat", "mine", "theirs")

    def store(db: sa.Connection) -> None:
        amina = people.find_by_address(db, "webchat", "amina")
        assert amina is not None
        lines.keep_file(db, "mine", amina.id, "mine.pdf", "application/pdf", PDF, NOW)
        lines.keep_file(db, "theirs", people.meet(db, "webchat", "idir", NOW).id, "x.pdf", "application/pdf", PDF, NOW)

    await house.ledger.write(store)
    await house.job(Vendor()).fetch_due()
    assert await house.states(number) == [("mine", "kept"), ("theirs", "wanted")]
    kept = (await house.ledger.write(attachments.of, number))[0]
    assert await house.ledger.write(attachments.content, number, kept.id) == ("mine.pdf", "application/pdf", PDF)


async def test_who_is_forgotten_leaves_no_file_behind_that_is_still_wanted_of_them(house: House) -> None:
    number = await house.files("webchat", "mine")

    def forget(db: sa.Connection) -> None:
        amina = people.find_by_address(db, "webchat", "amina")
        assert amina is not None
        people.forget(db, amina.id, NOW)

    await house.ledger.write(forget)
    for _attempt in range(MOST_ATTEMPTS):
        await house.job(Vendor()).fetch_due()
        house.now += dt.timedelta(hours=1)

    assert await house.states(number) == []
    assert house.told == ["mine: gone"]  # and telling finds nobody
