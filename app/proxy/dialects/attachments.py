"""Checks pictures and documents that come with a request; nothing here ever fetches or opens anything.

Every refusal names the field, because a chat app shows the message and a person has to find the picture.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import InlineData, PlainText, RemoteData

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF = frozenset({"application/pdf"})

IMAGE_BYTES_LIMIT = 10 * 1024 * 1024
"""The service itself takes no bigger picture; refusing it here says so before anything is sent."""
DOCUMENT_BYTES_LIMIT = 32 * 1024 * 1024
URL_CHARACTERS_LIMIT = 8_192
DATA_URL_HEAD_LIMIT = 1_024
"""Characters in front of the data; apps write some fifty, and reading megabytes of them would stop everybody else."""

_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,", re.IGNORECASE)
_HTTPS_URL = re.compile(r"https://[^\s/?#\x00-\x1f\x7f]+[^\s\x00-\x1f\x7f]*", re.IGNORECASE)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,30}):")
_PDF_HEADER_WITHIN = 1_024  # readers allow a few bytes in front of the header, and scanners write them
_SPELLINGS = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
_LOOKS_LIKE: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda data: data.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "application/pdf": lambda data: b"%PDF-" in data[:_PDF_HEADER_WITHIN],
}


def inline(media_type: str, base64_text: str, param: str, allowed: AbstractSet[str]) -> InlineData:
    """Bytes sent along, if they are what they claim to be; raises Refused naming `param`.

    `allowed`: IMAGES, PDF or both.
    """
    declared = _allowed(media_type, param, allowed)
    data = _decoded(base64_text, param)
    limit = IMAGE_BYTES_LIMIT if declared in IMAGES else DOCUMENT_BYTES_LIMIT
    if len(data) > limit:
        raise invalid(f"{param} is too big: {limit // 1024**2} MB are the most. Use a smaller one.", param, "too_large")
    if not _LOOKS_LIKE[declared](data):
        raise invalid(f"{param} says it is {declared}, but its bytes are something else.", param, "media_type_mismatch")
    return InlineData(declared, base64_text)


def image_type(base64_text: str) -> str | None:
    """The media type of a picture that came without one, by its first bytes; None when it is none of ours."""
    try:
        head = binascii.a2b_base64(base64_text[:64])
    except ValueError:
        return None
    return next((media_type for media_type in sorted(IMAGES) if _LOOKS_LIKE[media_type](head)), None)


def from_url(url: str, param: str, allowed: AbstractSet[str]) -> InlineData | RemoteData:
    """What an address stands for: the bytes inside a data: URL, or an https: address that the service fetches.

    Raises Refused for every other scheme: Tidegate opens no file and asks no server for a chat app.
    """
    if url[:5].lower() == "data:":
        media_type, base64_text = data_url(url, param)
        return inline(media_type, base64_text, param, allowed)
    if not _HTTPS_URL.fullmatch(url):
        scheme = _SCHEME.match(url)
        found = f", not {scheme[1].lower()}:" if scheme and scheme[1].lower() != "https" else ""
        raise invalid(f"{param} must be an https: address or a data: URL{found}.", param, "invalid_url")
    if len(url) > URL_CHARACTERS_LIMIT:
        raise invalid(f"{param} is longer than {URL_CHARACTERS_LIMIT} characters.", param, "invalid_url")
    return RemoteData(url)


def data_url(url: str, param: str) -> tuple[str, str]:
    """The media type (lower case, without parameters) and the base64 text of a data: URL; neither is checked yet."""
    head = _DATA_URL.match(url, 0, DATA_URL_HEAD_LIMIT)
    if not head or not head[3]:
        raise invalid(f"{param} must be a data: URL in base64, such as data:image/png;base64,…", param, "invalid_url")
    return _plain_media_type(head[1]), url[head.end() :]


def plain_text(base64_text: str, param: str) -> PlainText:
    """The text of a text file sent in base64; raises Refused when it is not UTF-8 or has none."""
    data = _decoded(base64_text, param)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(f"{param} is not a text in UTF-8.", param, "invalid_text") from None
    if not text.strip():
        raise invalid(f"{param} is an empty file.", param, "invalid_text")
    return PlainText(text)


def _plain_media_type(media_type: str) -> str:
    plain = media_type.partition(";")[0].strip().lower()
    return _SPELLINGS.get(plain, plain)


def _allowed(media_type: str, param: str, allowed: AbstractSet[str]) -> str:
    declared = _plain_media_type(media_type)
    if declared not in allowed:
        choices = ", ".join(sorted(allowed))
        shown = f"{declared[:60]!r}" if declared else "nothing"
        raise invalid(f"{param} must be one of {choices}; it says {shown}.", param, "unsupported_media_type")
    return declared


def _decoded(base64_text: str, param: str) -> bytes:
    if len(base64_text) % 4:  # strict mode alone lets a surplus "=" pass
        raise invalid(f"{param} is not valid base64.", param, "invalid_base64")
    try:
        data = binascii.a2b_base64(base64_text, strict_mode=True)
    except ValueError:  # binascii.Error is one; text that is not ASCII raises the plain kind
        raise invalid(f"{param} is not valid base64.", param, "invalid_base64") from None
    if not data:
        raise invalid(f"{param} is empty.", param, "invalid_base64")
    return data
