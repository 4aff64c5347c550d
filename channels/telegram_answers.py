"""Reads the Bot API's answers to sends and files: the few fields Hiwar keeps of them."""

from __future__ import annotations

import msgspec

from channels.contract import Failed, Fault, Sent
from channels.errors import FileRefused
from channels.telegram_errors import read_answer


class _Message(msgspec.Struct, gc=False):
    message_id: int = 0


class _MessageAnswer(msgspec.Struct, gc=False):
    result: _Message | bool = False  # deleteMessage answers True


class _RemoteFile(msgspec.Struct, gc=False):
    file_id: str = ""
    file_path: str = ""
    file_size: int = 0


class _FileAnswer(msgspec.Struct, gc=False):
    result: _RemoteFile


class _Files(msgspec.Struct, gc=False):
    photo: tuple[_RemoteFile, ...] = ()
    document: _RemoteFile | None = None
    voice: _RemoteFile | None = None
    video: _RemoteFile | None = None


class _UploadAnswer(msgspec.Struct, gc=False):
    result: _Files


_read_message = msgspec.json.Decoder(_MessageAnswer).decode
_read_file = msgspec.json.Decoder(_FileAnswer).decode
_read_upload = msgspec.json.Decoder(_UploadAnswer).decode


def sent(status: int, body: bytes) -> Sent | Failed:
    """What an answer to a send, an edit or a deletion means."""
    if status != 200:
        return read_answer(status, body)
    try:
        result = _read_message(body).result
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # A 200 that cannot be read: the message was most likely sent.
        return Failed(reason="vendor_down", retry=True, fault=Fault.VENDOR, operator="Telegram's answer could not be read.", unknown=True)
    return Sent(str(result.message_id)) if isinstance(result, _Message) and result.message_id else Sent()


def uploaded_file(body: bytes) -> str:
    """Telegram's name for the file of a message just sent, "" when the answer has none."""
    try:
        files = _read_upload(body).result
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return ""
    file = files.photo[-1] if files.photo else files.document or files.voice or files.video
    return file.file_id if file is not None else ""


def remote_file(body: bytes) -> tuple[str, int]:
    """Path and size of a file to download; FileRefused when the answer has no path."""
    try:
        file = _read_file(body).result
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise FileRefused("Telegram's answer about the file could not be read") from None
    if not file.file_path:
        raise FileRefused("Telegram gave no path for the file")
    return file.file_path, file.file_size
