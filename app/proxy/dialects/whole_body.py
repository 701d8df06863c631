"""Reads the body of the current request."""

from __future__ import annotations

import asyncio

from quart import request
from werkzeug.exceptions import RequestTimeout


async def whole_body(*, keep: bool = False) -> bytes:
    """All of it; `keep`: it will be read once more. Raises what Quart does for one that is too long or too late.

    Quart's own way goes through `asyncio.wait_for`, which before Python 3.12 forgets that it was cancelled when that
    comes in the same moment as the result: a client that asked and hung up at once would be answered to the end.
    """
    try:
        async with asyncio.timeout(request.body_timeout):
            body: bytes = await request.body
    except TimeoutError as error:
        raise RequestTimeout from error
    if not keep:
        request.body.clear()
    return body
