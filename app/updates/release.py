"""A feed's bytes → a Release, or the reason why not. Pure.

The feed is one JSON object of two texts, so that one request brings both: `release` is the JSON of a Release, and
`signature` is minisign's over exactly the bytes of that text. `packaging/release_feed.py` writes it.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
FEED_BYTES = 64 * 1024
"""More than a release ever needs to say."""


class Release(Struct, frozen=True, forbid_unknown_fields=False):
    """A published version."""

    version: Annotated[str, Meta(pattern=rf"^{_VERSION.pattern}$")]
    published: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    page: Annotated[str, Meta(pattern=r"^https://[^\s\"<>]+$", max_length=500)]
    """Where a person downloads it."""
    notes: Annotated[str, Meta(max_length=20_000)] = ""
    """What is new: the changelog's words."""
    notice: Annotated[str, Meta(max_length=1_000)] = ""
    """Something everybody should know, such as changed terms; usually empty."""


class Untrusted(Exception):
    """The feed is not signed with the key built in, or is none; the message says which."""


class _Feed(Struct, frozen=True):
    release: str
    signature: str


def read_release(content: bytes, public_key: str) -> Release:
    """The release that the feed tells of; raises Untrusted."""
    import minisign  # noqa: PLC0415 - brings cryptography, which a start need not wait for

    try:
        feed = msgspec.json.decode(content, type=_Feed)
        signed = feed.release.encode()
        signature = minisign.Signature.from_bytes(feed.signature.encode())
        minisign.PublicKey.from_base64(public_key).verify(signed, signature)
        return msgspec.json.decode(signed, type=Release)
    except msgspec.MsgspecError as error:
        raise Untrusted("it is no release feed") from error
    except (minisign.Error, ValueError, UnicodeError) as error:
        raise Untrusted("its signature is not the project's") from error


def is_newer(version: str, than: str) -> bool:
    """Whether one release comes after another; what is no release (a development version) is older than its number."""
    return _order(version) > _order(than)


def _order(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    if found is None:
        return (0, 0, 0, 0)
    return (*map(int, found.groups()), 1 if found.end() == len(version) else 0)
