"""The pipes of one CLI process, as the Agent SDK's Transport.

The SDK gets what is its own, the control protocol: initialize, hooks, answers to its requests. Everything a
conversation consists of is tapped off before it: the SDK's buffer of a hundred messages would stall control
replies behind a slow reader, and parsing each token into typed objects costs more than sending it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

from claude_agent_sdk import CLIConnectionError, Transport

from app.proxy.engines.agent_sdk.command import Command
from app.proxy.neutral.json_text import json_bytes, json_object

log = logging.getLogger(__name__)

Frame: TypeAlias = dict[str, Any]
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message: several pictures in base64 fit."""
_STDERR_KEPT = 4_000
_OWN_ID = "tg"


class ProcessEnded(Exception):
    """The CLI is gone or talks nonsense; `exit_code` is None when it had to be killed for that."""

    def __init__(self, reason: str, exit_code: int | None, stderr: str) -> None:
        super().__init__(reason)
        self.exit_code, self.stderr = exit_code, stderr


class ControlRefused(Exception):
    """The CLI answered a control request with an error."""


class CliTransport(Transport):
    """From `connect()`, which starts the process, to `close()`, which leaves none behind."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._to_sdk: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._stderr = b""
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._completions: dict[str, asyncio.Future[None]] = {}
        self._ended: ProcessEnded | None = None
        self.inbox: asyncio.Queue[Frame | ProcessEnded] = asyncio.Queue()
        """Messages of the conversation, in order; the last one says how the process ended."""
        self.initialize_extra: Frame = {}
        """Added to the SDK's initialize request; set before the client connects."""
        self.on_mcp: Callable[[Frame], Frame] | None = None
        """Answers an MCP message of the CLI; returns the JSON-RPC response."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def ended(self) -> ProcessEnded | None:
        """How the process ended, once it has."""
        return self._ended

    async def connect(self) -> None:
        """Start the process; does nothing the second time, when the SDK's client calls it."""
        if self._process:
            return
        flags = {"start_new_session": True}
        if sys.platform == "win32":
            flags = {"creationflags": subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined,unused-ignore]
        self._process = await asyncio.create_subprocess_exec(
            *self._command.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._command.folder,
            env=dict(self._command.environment),
            limit=LINE_LIMIT,
            **flags,  # type: ignore[arg-type]
        )
        self._tasks = [
            asyncio.create_task(self._read_stdout(self._process), name="cli stdout"),
            asyncio.create_task(self._read_stderr(self._process), name="cli stderr"),
        ]

    async def write(self, data: str) -> None:
        """Called by the SDK; its initialize request gets what the public options can't say."""
        frame = json_object(data.encode())
        if frame.get("type") == "control_request" and frame["request"].get("subtype") == "initialize":
            frame["request"].update(self.initialize_extra)
        await self.send(frame)

    async def send(self, *frames: Frame) -> None:
        """Write frames, in order, in one go; raises ProcessEnded."""
        if self._ended:
            raise self._ended
        stdin = self._process.stdin if self._process else None
        if stdin is None:
            raise CLIConnectionError("the process is not started")
        stdin.write(b"".join(json_bytes(frame) + b"\n" for frame in frames))
        try:
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            await asyncio.wait(self._tasks)
            raise self._ended or ProcessEnded("its input closed", None, "") from error

    def ask(self, request: Frame) -> tuple[Frame, Awaitable[Frame]]:
        """A control request as a frame to send, and its answer to await; the answer may raise ControlRefused."""
        request_id = f"{_OWN_ID}{next(self._ids)}"
        answer = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        return {"type": "control_request", "request_id": request_id, "request": request}, answer

    async def control(self, request: Frame) -> Frame:
        """Send one control request and wait for its answer; raises ControlRefused and ProcessEnded."""
        frame, answer = self.ask(request)
        await self.send(frame)
        return await answer

    def completion(self, command_uuid: str) -> Awaitable[None]:
        """Done when the CLI says that it took in the user frame with this uuid; ask before sending it."""
        completed = asyncio.get_running_loop().create_future()
        self._completions[command_uuid] = completed
        return completed

    def read_messages(self) -> AsyncIterator[Frame]:
        """The control messages that belong to the SDK."""
        return self._sdk_messages()

    async def close(self) -> None:
        """Kill the process and whatever it started, and reap it; safe to call twice and when never connected."""
        process = self._process
        if process is None:
            return
        if not self._ended:  # else all of it is gone, and another program may have its number by now
            self._kill(process)
        await process.wait()
        await asyncio.wait(self._tasks)

    def is_ready(self) -> bool:
        return self._process is not None and self._process.returncode is None and self._ended is None

    async def end_input(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)  # the CLI keeps nothing on disk that a kill could harm

    async def _read_stdout(self, process: asyncio.subprocess.Process) -> None:
        stdout = _piped(process.stdout)
        reason = "it ended"
        try:
            while line := await stdout.readline():
                if line.startswith(b"{"):
                    self._route(json_object(line))
        except ValueError as error:  # of JSON, of UTF-8 or of the line's length
            reason = f"it printed what is not a message: {type(error).__name__}"
            self._kill(process)
        finally:
            self._kill(process)
            exit_code = await process.wait()
            await _closed(process.stdin)
            await asyncio.wait(self._tasks[1:])
            self._finish(ProcessEnded(reason, exit_code, self._stderr.decode(errors="replace")))

    async def _read_stderr(self, process: asyncio.subprocess.Process) -> None:
        stderr = _piped(process.stderr)
        while chunk := await stderr.read(_STDERR_KEPT):
            self._stderr = (self._stderr + chunk)[-_STDERR_KEPT:]

    def _finish(self, ended: ProcessEnded) -> None:
        self._ended = ended
        for answer in self._answers.values():
            _fail(answer, ended)
        for completion in self._completions.values():
            _fail(completion, ended)
        self.inbox.put_nowait(ended)
        self._to_sdk.put_nowait(None)

    def _route(self, frame: Frame) -> None:
        match frame.get("type"):
            case "stream_event":
                self.inbox.put_nowait(frame)
            case "control_response":
                self._on_answer(frame)
            case "control_request" if frame["request"].get("subtype") == "mcp_message":
                self._on_mcp_message(frame)
            case "control_request" | "control_cancel_request":
                self._to_sdk.put_nowait(frame)
            case "command_lifecycle":
                self._on_lifecycle(frame)
            case _:
                self.inbox.put_nowait(frame)

    def _on_answer(self, frame: Frame) -> None:
        response = frame["response"]
        answer = self._answers.pop(response.get("request_id"), None)
        if answer is None:
            self._to_sdk.put_nowait(frame)
        elif response.get("subtype") == "error":
            _fail(answer, ControlRefused(str(response.get("error"))))
        elif not answer.done():
            answer.set_result(response.get("response") or {})

    def _on_lifecycle(self, frame: Frame) -> None:
        if frame.get("state") in ("completed", "cancelled"):
            completed = self._completions.pop(frame.get("command_uuid", ""), None)
            if completed and not completed.done():
                completed.set_result(None)

    def _on_mcp_message(self, frame: Frame) -> None:
        reply = self.on_mcp(frame["request"]["message"]) if self.on_mcp else {}
        response = {"subtype": "success", "request_id": frame["request_id"], "response": {"mcp_response": reply}}
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(json_bytes({"type": "control_response", "response": response}) + b"\n")

    async def _sdk_messages(self) -> AsyncIterator[Frame]:
        while (frame := await self._to_sdk.get()) is not None:
            yield frame
        if self._ended:
            raise self._ended  # the SDK fails what it still waits for only when it is told so


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # whoever awaits it still sees it; that nobody does is no warning


async def _closed(stdin: asyncio.StreamWriter | None) -> None:
    """Hear of the broken pipe here, or asyncio logs that nobody did."""
    if stdin:
        stdin.close()
        with contextlib.suppress(OSError):
            await stdin.wait_closed()


def _piped(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if stream is None:
        raise CLIConnectionError("the process was started without pipes")
    return stream
