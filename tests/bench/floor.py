"""`python -m tests.bench.floor`: the `anthropic` package straight to the model API named in the environment."""

from __future__ import annotations

import asyncio
import time

import anthropic

from tests.bench.chat import anthropic_body
from tests.bench.errand import run_errands
from tests.bench.heard import Heard


async def _main() -> None:
    async with anthropic.AsyncAnthropic(max_retries=0) as client:

        async def ask(text: str) -> Heard:
            begun = time.perf_counter()
            stream = await client.messages.create(**anthropic_body([{"role": "user", "content": text}]))
            deltas = [
                (time.perf_counter() - begun, event.delta.text)
                async for event in stream
                if event.type == "content_block_delta"
            ]
            return Heard(tuple(deltas), time.perf_counter() - begun)

        await run_errands(ask)


if __name__ == "__main__":
    asyncio.run(_main())
