"""`python -m tests.bench.bare`: one CLI process with one conversation, driven by hand with as little as will do.

The command, its environment and the frames are those of the agent engine, so that what Tidegate takes longer is
Tidegate's own share.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec

from app.proxy.engines.agent_sdk.command import cli_command
from app.proxy.engines.agent_sdk.history import user_frame
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.neutral.turn import Text, UserMessage
from tests.bench.chat import MODEL
from tests.bench.errand import run_errands
from tests.bench.heard import Heard

_SETTINGS = Settings(MODEL, thinking_tokens=0)
SYSTEM = "You are the one that is driven by hand."


class BareCli:
    """One process; asks one thing at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._to, self._from = process.stdin, process.stdout

    async def initialize(self) -> None:
        """What the SDK and the engine say before the first message."""
        await self._control({"subtype": "initialize", "hooks": None, "systemPrompt": [SYSTEM]})
        await self._control(_SETTINGS.request())
        await self._control(_SETTINGS.thinking_request())

    async def ask(self, text: str) -> Heard:
        line = msgspec.json.encode(user_frame(UserMessage((Text(text),)), to_answer=True))
        begun = time.perf_counter()
        self._to.write(line + b"\n")
        deltas: list[tuple[float, str]] = []
        while True:
            said = await self._next()
            now = time.perf_counter() - begun
            if said["type"] == "stream_event" and said["event"]["type"] == "content_block_delta":
                deltas.append((now, said["event"]["delta"]["text"]))
            elif said["type"] == "result":
                return Heard(tuple(deltas), now, failed=said.get("result") if said["is_error"] else None)

    async def _control(self, request: dict[str, Any]) -> None:
        frame = {"type": "control_request", "request_id": request["subtype"], "request": request}
        self._to.write(msgspec.json.encode(frame) + b"\n")
        while (await self._next())["type"] != "control_response":
            pass

    async def _next(self) -> dict[str, Any]:
        line = await self._from.readline()
        if not line:
            raise EOFError("the CLI ended")
        said: dict[str, Any] = msgspec.json.decode(line)
        return said


async def _main() -> None:
    command = cli_command(os.environ, Path(os.environ["HOME"]))
    process = await asyncio.create_subprocess_exec(
        *command.argv,
        cwd=command.folder,
        env=dict(command.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        limit=1 << 26,
    )
    try:
        cli = BareCli(process)
        await cli.initialize()
        await run_errands(cli.ask)
    finally:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_main())
