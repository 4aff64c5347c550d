"""The WhatsApp Cloud channel over pywa, an optional extra: loaded only where it is switched on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import structlog

from bot.layout import GAP, Limits
from bot.messages import File, FileKind, Incoming, Shown
from channels.contract import Capabilities, Failed, Fault, Sent
from channels.errors import ExtraMissing, FileRefused, Unreadable
from channels.whatsapp_errors import meaning, network_failed, timed_out
from channels.whatsapp_updates import FILE_SCHEME, NAME, parse

if TYPE_CHECKING:
    from pywa_async.types.sent_update import SentMessage

WINDOW = dt.timedelta(hours=24)  # after the person's last word; WhatsApp, "Customer service windows"
LIMITS = Limits(
    text=1024,  # body of an interactive message; a plain text may have 4096, but most of ours have buttons
    caption=0,  # the words follow the file, so that one rule serves all kinds
    buttons=10,  # rows of a list
    label=20,  # of a button; a row may have 24
    data=200,  # id of a row
    numbers=True,
    devices=frozenset(),
    links=0,  # an address stands in the text, where it can be pressed as well
)
MOST_BUTTONS = 3  # more become a list
LARGEST = 16 * 1024 * 1024  # bytes; pictures 5 MB, which pywa's answer tells

T = TypeVar("T")

log = structlog.get_logger(__name__)


class WhatsApp:
    """WhatsApp as the rest of the program sees it (channels.contract.Sender), and the paid template that says that something waits.

    Raises errors.ExtraMissing without pywa. `choose` is the label of the button that opens a list, by language; `template` the name of an
    approved template without values, sent at most `nudges` times a day.
    """

    name = NAME
    limits = LIMITS

    def __init__(
        self,
        token: str,
        phone: str,
        secret: str,
        verify: str,
        *,
        choose: Mapping[str, str],
        version: str = "v24.0",
        base_url: str = "https://graph.facebook.com",
        template: str = "",
        nudges: int = 0,
        load: Callable[[str], Awaitable[bytes]] | None = None,
    ) -> None:
        try:
            import httpx  # of pywa
            from pywa_async.client import WhatsApp as Api
        except ImportError:
            raise ExtraMissing(
                "WhatsApp is switched on, but its library is missing: `pip install hiwar[whatsapp]`, or take HIWAR_WHATSAPP_TOKEN away"
            ) from None
        self._httpx = httpx
        self._session = httpx.AsyncClient(timeout=httpx.Timeout(20.0, connect=5.0))
        self._api = Api(phone_id=phone, token=token, session=self._session, app_secret=secret, verify_token=verify, server=None)
        self._session.base_url = f"{base_url.rstrip('/')}/{version}"  # pywa sets its own; ours is pinned by a setting
        self._choose, self._template, self._load, self._phone = choose, template, load, phone
        self.capabilities = Capabilities(push=False, window=WINDOW, nudges=nudges if template else 0)

    def __repr__(self) -> str:
        return f"<WhatsApp of number {self._phone}>"

    async def close(self) -> None:
        """End the connections."""
        await self._session.aclose()

    # Receiving

    def is_signed(self, raw: bytes, signature: str) -> bool:
        """Whether a body was signed with the app's secret, as pywa checks it: over the raw bytes, in constant time."""
        from pywa.utils import webhook_updates_validator

        secret = self._api._app_secret or ""
        return signature.isascii() and bool(secret) and webhook_updates_validator(secret, raw, signature)

    def parse_all(self, raw: bytes) -> tuple[Incoming | Unreadable, ...]:
        """What people did in this delivery, in order; raises errors.Unreadable for what is no delivery of WhatsApp."""
        return parse(raw, phone=self._phone)

    async def acknowledge(self, incoming: Incoming) -> None:
        """Mark the message as read. Never raises."""
        done = await self._tried(lambda: self._api.mark_message_as_read(incoming.callback))
        if isinstance(done, Failed):
            log.info("acknowledgement_failed", channel=NAME, reason=done.reason)

    async def typing(self, address: str) -> None:
        """Nothing to do: WhatsApp ties the writing mark to a message, and the blue ticks are there already."""

    async def fetch(self, file: File, most: int) -> bytes:
        """The content of a file a person sent; FileRefused when it is larger than `most` or gone."""
        if not file.ref.startswith(FILE_SCHEME):
            raise FileRefused("the file is not WhatsApp's")
        told = await self._tried(lambda: self._api.get_media_url(file.ref.removeprefix(FILE_SCHEME)))
        if isinstance(told, Failed):
            raise FileRefused(f"WhatsApp refused the file: {told.reason}")
        if told.file_size > most:
            raise FileRefused(f"the file is larger than {most} bytes")
        content = await self._tried(lambda: self._api.get_media_bytes(told.url))
        if isinstance(content, Failed):
            raise FileRefused(f"the file could not be fetched: {content.reason}")
        if len(content) > most:
            raise FileRefused(f"the file is larger than {most} bytes")
        return content

    # Sending

    def instant(self, address: str, part: Shown) -> bytes | None:
        """Never: WhatsApp reads no answer to its webhook."""
        return None

    async def send(self, address: str, part: Shown) -> Sent | Failed:
        """Send one part as one message: text, up to three buttons, or a list."""
        if part.files:
            return await self._send_file(address, part.files[0])
        from pywa.types.callback import Button, Section, SectionList, SectionRow

        text = f"{part.text}{GAP}{part.note}" if part.text and part.note else part.text or part.note
        buttons: list[Button] | SectionList | None = None
        if 0 < len(part.buttons) <= MOST_BUTTONS:
            buttons = [Button(button.label, button.data) for button in part.buttons]
        elif part.buttons:
            rows = [SectionRow(button.label, button.data) for button in part.buttons]
            label = self._choose.get(part.language) or next(iter(self._choose.values()))
            buttons = SectionList(label, [Section(label, rows)])
        return _sent(await self._tried(lambda: self._api.send_message(address, text, buttons=buttons)))

    async def nudge(self, address: str, language: str) -> Sent | Failed:
        """Tell somebody by the paid template that something waits for them; the template has no values and says nothing else."""
        from pywa.types.templates import TemplateLanguage

        spoken = {"ar": TemplateLanguage.ARABIC, "en": TemplateLanguage.ENGLISH}.get(language, TemplateLanguage.FRENCH)
        return _sent(await self._tried(lambda: self._api.send_template(address, self._template, spoken, params=[])))

    async def _send_file(self, address: str, file: File) -> Sent | Failed:
        if self._load is None:
            return _refused("This channel was given no way to load files.", Fault.OURS)
        try:
            content = await self._load(file.ref)
        except (OSError, ValueError) as error:
            return _refused(f"The file could not be loaded ({type(error).__name__}); look whether it is still there.")
        if len(content) > LARGEST:
            return _refused("The file is larger than WhatsApp takes (pictures 5 MB, others 16 MB).")
        if file.kind is FileKind.PICTURE:
            return _sent(await self._tried(lambda: self._api.send_image(address, content, mime_type=file.mime or "image/jpeg")))
        mime, name = file.mime or "application/octet-stream", file.name or str(file.kind)
        return _sent(await self._tried(lambda: self._api.send_document(address, content, name, mime_type=mime)))

    async def _tried(self, call: Callable[[], Awaitable[T]]) -> T | Failed:
        """What a call of pywa gives, or what its exception means."""
        from pywa.errors import WhatsAppError

        try:
            return await call()
        except WhatsAppError as error:
            return meaning(error.code, error.status_code or 400)
        except (self._httpx.ConnectError, self._httpx.ConnectTimeout):
            return network_failed(unknown=False)  # nothing was sent
        except self._httpx.TimeoutException:
            return timed_out()
        except self._httpx.HTTPError:
            return network_failed(unknown=True)


def _sent(answer: SentMessage | Failed) -> Sent | Failed:
    return answer if isinstance(answer, Failed) else Sent(answer.id[:64])


def _refused(operator: str, fault: Fault = Fault.CONTENT) -> Failed:
    return Failed(reason="file_refused", retry=False, fault=fault, operator=operator)
