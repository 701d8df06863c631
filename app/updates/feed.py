"""The one request: no name, no version, no cookie goes with it, and it ends in bounded time and memory."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from app.updates.release import FEED_BYTES

_SECONDS = 20.0
_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Unreachable(Exception):
    """There is no feed to be had now; the message says why, for the log."""


async def fetch(address: str, *, seconds: float = _SECONDS) -> bytes:
    """What the feed's address answers; raises Unreachable."""
    import httpx2  # noqa: PLC0415 - a start need not wait for what is wanted once a day at most

    try:
        async with asyncio.timeout(seconds):
            return await _content(address)
    except TimeoutError as error:
        raise Unreachable(f"no whole answer within {seconds:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unreachable(type(error).__name__) from error


async def _content(address: str) -> bytes:
    import httpx2  # noqa: PLC0415 - as above

    async with httpx2.AsyncClient(headers={"user-agent": "Tidegate", "accept": "application/json"}) as client:
        for _ in range(_REDIRECTS + 1):
            if not _is_private(address):
                raise Unreachable("its address is not https")
            async with client.stream("GET", address) as response:
                if response.next_request is not None:
                    address = str(response.next_request.url)
                    client.cookies.clear()
                    continue
                if response.status_code != 200:
                    raise Unreachable(f"it answered {response.status_code}")
                content = b""
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > FEED_BYTES:
                        raise Unreachable(f"it is longer than {FEED_BYTES} bytes")
                return content
    raise Unreachable(f"more than {_REDIRECTS} redirections")


def _is_private(address: str) -> bool:
    """Nobody on the way can read or change it; the signature would tell a change, but not who looked."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
