"""`python -m tests.bench.query`: the SDK's `query()` for each request, as other proxies do."""

from __future__ import annotations

import asyncio
import os
import time

from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, query
from claude_agent_sdk.types import StreamEvent

from tests.bench.chat import MODEL
from tests.bench.errand import run_errands
from tests.bench.heard import Heard

OPTIONS = ClaudeAgentOptions(
    model=MODEL,
    system_prompt="You are a helpful assistant.",
    tools=[],
    setting_sources=[],
    max_turns=1,
    include_partial_messages=True,
    cwd=os.environ["HOME"],
)
"""The leanest that is usual: with tools or settings it would only be slower."""


async def _ask(text: str) -> Heard:
    begun = time.perf_counter()
    deltas: list[tuple[float, str]] = []
    async for message in query(prompt=text, options=OPTIONS):
        now = time.perf_counter() - begun
        if isinstance(message, StreamEvent) and message.event["type"] == "content_block_delta":
            if text_of := message.event["delta"].get("text"):
                deltas.append((now, text_of))
        elif isinstance(message, ResultMessage) and message.is_error:
            return Heard((), now, failed=str(message.result)[:300])
    return Heard(tuple(deltas), time.perf_counter() - begun)


if __name__ == "__main__":
    asyncio.run(run_errands(_ask))
