"""One CLI process from start to end.

spawn ──► bind(system prompt) ──► adopt(messages, settings) ─► ask(message) ─► settle() ─┐
generic    the one thing fixed        ▲                                                  │
           for its life               └──────────────────────────────────────────────────┘
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Sequence

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, HookContext, HookInput, HookMatcher
from claude_agent_sdk.types import SyncHookJSONOutput

from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.history import (
    Held,
    assistant_frame,
    held,
    held_answer,
    reusable_length,
    user_frame,
)
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import CliTransport, ControlRefused, Frame, ProcessEnded
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.neutral.turn import AssistantMessage, Message, UserMessage

_TOOL_SERVER = "app"
_AS_STARTED = Settings(model="")
_SETTLE_SECONDS = 1.5
"""To stop a turn nobody wants any more; a process that needs longer is not worth keeping."""


class SurprisedError(Exception):
    """The process did something this program does not understand: it must not serve again."""


class CliProcess:
    """Owned by the pool; serves one turn at a time."""

    def __init__(
        self, command: Command, *, fixed: tuple[Settings, Toolbox] | None = None, held: Sequence[Held] = ()
    ) -> None:
        """`fixed`: what `command` already says, for a process that is told nothing later; `held`: what it resumes."""
        self._transport = CliTransport(command)
        self._client: ClaudeSDKClient | None = None
        self._fixed = fixed is not None
        self._settings: Settings | None = fixed[0] if fixed else None
        self._toolbox = fixed[1] if fixed else Toolbox()
        self._unheeded: list[Awaitable[Frame]] = []
        self._tools_generation = 0
        self._asked: str | None = None
        self._in_doubt = False
        self.system: str | None = None
        """The system prompt it is bound to; None while it is a spare."""
        self.held: list[Held] = list(held)
        """Its own history, oldest first."""
        self.served = 0
        """Turns asked so far."""
        self.idle_since = time.monotonic()
        self.forgotten = False
        """True once it may serve no further turn: it began with an account or an environment that has changed."""

    @property
    def pid(self) -> int | None:
        return self._transport.pid

    @property
    def finished(self) -> bool:
        """True when the last turn came to its own end, so that its answer is part of the history."""
        return self._asked is None

    @property
    def reusable(self) -> bool:
        """False for one that was started for one turn only, or of which nobody knows what it holds or heeds."""
        return not self._fixed and not self._in_doubt

    @property
    def settled(self) -> bool:
        """True when it is ready for the next turn as it is."""
        return self.finished and not (self.held and self.held[-1].from_user)

    @property
    def alive(self) -> bool:
        return self._transport.is_ready()

    async def spawn(self) -> None:
        """Start the program; it loads on while nobody waits for it. Raises OSError when it can't be started."""
        self._transport.on_mcp = self._on_mcp
        await self._transport.connect()

    async def bind(self, system: str) -> Frame:
        """Give it its system prompt, for good; returns what it says of itself: models, account, version."""
        self._transport.initialize_extra = self._introduction(system)
        options = ClaudeAgentOptions(verbatim_prompts=True, hooks={"PreToolUse": [HookMatcher(hooks=[_defer])]})
        self._client = ClaudeSDKClient(options, transport=self._transport)
        try:
            await self._client.connect()
        except Exception as error:
            raise self._transport.ended or SurprisedError("initialize failed") from error
        self.system = system
        return await self._client.get_server_info() or {}

    def _introduction(self, system: str) -> Frame:
        if not self._fixed:
            return {"systemPrompt": [system]}
        return {"sdkMcpServers": [_TOOL_SERVER]} if self._toolbox.listed else {}

    def keepable(self, wanted: Wanted) -> int | None:
        """How many of its messages can stay for this history; None when it can't take it at all.

        For another model none can: the CLI would tell that model within the conversation that it was switched.
        """
        same = self._settings is None or self._settings.model == wanted.model
        return reusable_length(self.held, wanted.digests if same else ())

    async def adopt(self, wanted: Wanted, settings: Settings, toolbox: Toolbox) -> None:
        """Make its history exactly the one that is wanted, keeping what it already holds of it.

        Broken off in the middle, it may hold more than is noted here: then it must not serve another turn.
        """
        self._in_doubt = True
        keep = self.keepable(wanted)
        if keep is None:
            raise SurprisedError("what it holds can't be taken back")
        await self._rewind(keep)
        if missing := wanted.messages[keep:]:
            await self._transport.send(*self._changes(settings, toolbox))  # the model before its history
        for message in missing:
            await self._play(message, settings.model)
        self._in_doubt = False

    async def ask(self, message: UserMessage, settings: Settings, toolbox: Toolbox) -> AsyncGenerator[Frame, None]:
        """Have the model answer; the frames up to and including this turn's result. Raises ProcessEnded."""
        frames = self._changes(settings, toolbox)
        asked = user_frame(message, to_answer=True)
        self._asked = asked["uuid"]
        self.served += 1
        self.held.append(held(message, asked))
        await self._transport.send(*frames, asked)
        while True:
            frame = await self._transport.inbox.get()
            if isinstance(frame, ProcessEnded):
                raise frame
            if frame["type"] == "result" and not _is_result_of(frame, self._asked):
                continue  # of a message that was only played back
            while self._unheeded and frame["type"] in ("stream_event", "result"):
                await self._heeded(self._unheeded.pop())
            if frame["type"] == "result":
                self._asked = None
                yield frame
                return
            yield frame

    def answered(self, answer: AssistantMessage) -> None:
        """Note the answer that the last turn ended with, which the process now holds too."""
        self.held.append(held_answer(answer))

    async def settle(self) -> None:
        """After a turn, however it ended: make the process ready for the next one; raises when it isn't.

        A turn that failed, was cut or nobody wants any more is stopped and taken out of the history.
        """
        async with asyncio.timeout(_SETTLE_SECONDS):
            if (asked := self._asked) is not None:
                await self._rewind(self._last_question(), interrupt=True)
                await self._until_result_of(asked)
                self._asked = None
            elif self.held and self.held[-1].from_user:
                await self._rewind(self._last_question())

    async def kill(self) -> None:
        """End it at once and wait until nothing of it is left; broken off, it can be called again."""
        await self._transport.close()  # before the SDK, which takes its time over a process that hangs
        if self._client:
            await self._client.disconnect()

    def _on_mcp(self, message: Frame) -> Frame:
        return self._toolbox.answer(message)

    def _changes(self, settings: Settings, toolbox: Toolbox) -> list[Frame]:
        """The control requests between what is set and what this turn needs; none when nothing differs."""
        requests: list[Frame] = []
        before = self._settings
        if before is None or before.request() != settings.request():
            requests.append(settings.request())
        if (before or _AS_STARTED).thinking_request() != settings.thinking_request():
            requests.append(settings.thinking_request())
        if toolbox.signature != self._toolbox.signature:
            self._tools_generation += 1  # a server of another name is asked for its tools anew
            name = f"{_TOOL_SERVER}{self._tools_generation}"
            servers = {name: {"type": "sdk", "name": name}} if toolbox.listed else {}
            requests.append({"subtype": "mcp_set_servers", "servers": servers})
        self._settings, self._toolbox = settings, toolbox
        asked = [self._transport.ask(request) for request in requests]
        self._unheeded += [answer for _, answer in asked]
        return [frame for frame, _ in asked]

    async def _heeded(self, answer: Awaitable[Frame]) -> None:
        """A setting that was refused must not pass for one that was heeded, neither now nor in the next turn."""
        try:
            await answer
        except ControlRefused:
            self._in_doubt = True
            raise

    async def _play(self, message: Message, model: str) -> None:
        if isinstance(message, UserMessage):
            frame = user_frame(message, to_answer=False)
            completed = self._transport.completion(frame["uuid"])
            await self._transport.send(frame)
            await completed  # user frames that overtake each other would lose their order
        else:
            frame = assistant_frame(message, model)
            await self._transport.send(frame)
        self.held.append(held(message, frame))

    def _last_question(self) -> int:
        """How many messages there are before it; what follows a tool call can't be taken back without the call."""
        try:
            return next(index for index in reversed(range(len(self.held))) if self.held[index].is_question)
        except StopIteration:
            raise SurprisedError("it holds no question") from None

    async def _rewind(self, length: int, *, interrupt: bool = False) -> None:
        """Keep the first `length` messages; the first one to go must be a question."""
        if length == len(self.held):
            return
        last_from_user = next(message.uuid for message in reversed(self.held) if message.from_user)
        request: Frame = {
            "subtype": "rewind_conversation",
            "target_message_uuid": self.held[length].uuid,
            "last_seen_user_message_uuid": last_from_user,
        }
        if interrupt:
            request["interrupt_if_running"] = True
        response = await self._transport.control(request)
        if not response.get("rewound"):  # it says "success" all the same
            raise SurprisedError(f"rewind refused: {response.get('reason')}")
        del self.held[length:]

    async def _until_result_of(self, asked: str) -> None:
        while True:
            frame = await self._transport.inbox.get()
            if isinstance(frame, ProcessEnded):
                raise frame
            if frame["type"] == "result" and _is_result_of(frame, asked):
                return


def _is_result_of(frame: Frame, asked: str | None) -> bool:
    return asked == frame.get("user_message_uuid") or asked in (frame.get("user_message_uuids") or ())


async def _defer(_input: HookInput, _tool_use_id: str | None, _context: HookContext) -> SyncHookJSONOutput:
    """The chat app runs its tools itself: end the turn with every call intact."""
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "defer"}}  # type: ignore[typeddict-item,unused-ignore]
