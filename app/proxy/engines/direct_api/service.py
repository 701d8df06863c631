"""The only file that uses the `anthropic` package: sends requests, and turns what it raises into Refused.

Importing it costs a second, so the engine does it late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Any, TypeVar

import anthropic
import httpx2  # the package's HTTP library; it raises its errors in the middle of a stream

from app import __version__
from app.core.conditions import Condition
from app.proxy.engines.api_blocks import ApiObject
from app.proxy.engines.direct_api.access import Access
from app.proxy.engines.direct_api.faults import Problem, RefusedByService, Unreached
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.json_text import json_bytes

Result = TypeVar("Result")

_SAMPLING_VERSION = "2023-06-01"
"""The newest version of the API that knows temperature, top_p and top_k; the package asks for a newer one."""
_SAMPLING = ("temperature", "top_p", "top_k")
_LAST_BYTES_SECONDS = 0.25
"""How long a finished answer's last bytes are waited for; with them the connection can be used again."""


class Service:
    """One HTTP client with its connections, from construction to `close()`."""

    def __init__(self, access: Access) -> None:
        """Raises Refused for a key that can't be one."""
        if not access.can_be_sent:
            raise Refused(fault_of(Condition.KEY_INVALID))
        timeout = anthropic.Timeout(access.silence_seconds, connect=access.connect_seconds)
        self._client = anthropic.AsyncAnthropic(
            api_key=access.api_key,  # an explicit key keeps the package from looking for others
            base_url=access.base_url,
            max_retries=0,  # a chat app retries by itself, and knows how long it wants to wait
            open_telemetry=False,  # the environment could switch it on, and it can carry what was said
            # aiohttp reads an answer with half the work that the package's other transport needs.
            http_client=anthropic.DefaultAioHttpClient(timeout=timeout, follow_redirects=False),
        )
        # ANTHROPIC_CUSTOM_HEADERS would put in whatever the environment holds, another key included.
        self._client._custom_headers = {  # noqa: SLF001 - the package has no other way to refuse them
            "User-Agent": f"{self._client.user_agent} tidegate/{__version__}",
            "Accept-Encoding": "identity",  # compressed deltas would wait for each other
        }

    async def close(self) -> None:
        await self._client.close()

    async def open(self, body: ApiObject, betas: tuple[str, ...] = ()) -> Answering:
        """Ask for a streamed answer and wait for its beginning; raises Refused."""
        stream = await _translated(
            self._client.post(
                "/v1/messages",
                content=json_bytes(body),  # ready bytes: the package would walk through every block
                cast_to=object,
                options={"headers": _headers(body, betas)},
                stream=True,
                stream_cls=anthropic.AsyncStream[object],
            )
        )
        if not stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            await stream.response.aclose()
            raise Refused(fault_of(Condition.NO_CONNECTION))  # a captive portal says 200 to everything
        return Answering(stream.response)

    async def count_tokens(self, body: ApiObject, betas: tuple[str, ...]) -> int:
        """The input tokens of a request; raises Refused."""
        counted: Any = await _translated(
            self._client.post(
                "/v1/messages/count_tokens",
                content=json_bytes(body),
                cast_to=anthropic.types.MessageTokensCount,
                options={"headers": _headers(body, betas)},
            )
        )
        return int(counted.input_tokens)

    async def models(self) -> list[dict[str, Any]]:
        """The model list as the service sends it; raises Refused."""

        async def collect() -> list[dict[str, Any]]:
            return [info.to_dict(mode="json") async for info in self._client.models.list(limit=1000)]

        return await _translated(collect())


class Answering:
    """One answer under way; owns its response until `close()`."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.headers: Mapping[str, str] = response.headers
        """Whatever the case of their names."""
        self._pieces = response.aiter_bytes()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes as the network brings them; raises Refused when it stops bringing them."""
        try:
            async for piece in self._pieces:
                yield piece
        except (httpx2.HTTPError, RuntimeError) as error:  # the second: the client was closed while this was read
            raise Refused(fault_of(Condition.STALLED)) from error

    async def close(self, *, finished: bool) -> None:
        """Let go of the connection; `finished`: the answer was read to its end, so the connection is worth keeping."""
        if finished and not self._response.is_closed:
            try:
                async with asyncio.timeout(_LAST_BYTES_SECONDS):
                    async for _ in self._pieces:
                        pass
            except (TimeoutError, httpx2.HTTPError):
                pass
        await self._response.aclose()


def _headers(body: ApiObject, betas: tuple[str, ...]) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    if any(name in body for name in _SAMPLING):
        headers["anthropic-version"] = _SAMPLING_VERSION
    return headers


async def _translated(asked: Awaitable[Result]) -> Result:
    """What was asked for, or Refused in place of everything the package raises."""
    try:
        return await asked
    except anthropic.APIStatusError as error:
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        said = error.api_message if isinstance(error.api_message, str) else None
        raise RefusedByService(Problem(error.status_code, said, headers), now=time.time()) from error
    except anthropic.APITimeoutError as error:
        unreached = isinstance(error.__cause__, httpx2.ConnectTimeout)
        raise Refused(fault_of(Condition.NO_CONNECTION if unreached else Condition.TIMED_OUT)) from error
    except anthropic.APIConnectionError as error:
        raise Unreached(fault_of(Condition.NO_CONNECTION)) from error
    except (anthropic.AnthropicError, httpx2.HTTPError) as error:
        raise Refused(fault_of(Condition.SERVICE_ERROR)) from error
