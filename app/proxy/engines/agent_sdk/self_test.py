"""Proves, at the start, each mechanism of the CLI that no public document promises.

A real process talks to a mirror of the model API, with an environment and a home of its own; what the mirror
received decides. A mechanism that fails is not used: the next slower way serves, and /health says so.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.proxy.engines.agent_sdk.at_start import resuming_command
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.mirror import Mirror
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.process import CliProcess
from app.proxy.engines.agent_sdk.tools import Toolbox, toolbox
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.neutral.turn import AssistantMessage, Message, Text, Tool, UserMessage

log = logging.getLogger(__name__)

_STEP_SECONDS = 10.0
_BAIT = "These words must never reach a model."
_SYSTEM = "Self-test of Tidegate."
_SETTINGS = Settings(model="claude-sonnet-4-5")
_BEFORE: Sequence[Message] = (UserMessage((Text("one"),)), AssistantMessage((Text("two"),)))
_KEPT_FROM_OUTSIDE = (
    "PATH",
    "LANG",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "TEMP",
    "TMP",
    "TMPDIR",
)


class Mechanisms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which mechanisms of the CLI work; all that is False is not used."""

    verbatim: bool = True
    """A chat text with @file or /command in it stays text. Without this nothing is answered at all."""
    late_binding: bool = True
    """A process started ahead takes its system prompt later."""
    history: bool = True
    """Earlier messages can be given as native turns; else each turn resumes them in a process of its own."""
    resume: bool = True
    """A process can read earlier messages at its start, and goes on from there like any other."""
    rewind: bool = True
    """Messages can be taken back."""
    settings: bool = True
    """Model and parameters can be set for each turn."""
    tools: bool = True
    """Tools can be exchanged, and their calls end the turn."""

    @property
    def adjustable(self) -> bool:
        """Whether one process can serve turns that differ in all but their history."""
        return self.late_binding and self.settings and self.tools

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of those that don't work."""
        return tuple(name for name in self.__struct_fields__ if not getattr(self, name))


ALL = Mechanisms()
NONE_PROVEN = Mechanisms(*[False] * len(Mechanisms.__struct_fields__))


async def prove(command: Callable[[Mapping[str, str]], Command], environment: Mapping[str, str]) -> Mechanisms:
    """Try every mechanism on a process or two; `command` makes the command for an environment, `environment` is the
    person's, of which only what a child needs to run is taken: no credential, no home, no settings.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-self-test-") as home:
        async with Mirror().listening() as mirror:
            scrubbed = {name: value for name, value in environment.items() if name.upper() in _KEPT_FROM_OUTSIDE}
            own = {
                "HOME": home,
                "USERPROFILE": home,
                "CLAUDE_CONFIG_DIR": str(Path(home, "config")),
                "ANTHROPIC_BASE_URL": mirror.url,
                "ANTHROPIC_API_KEY": "tidegate-self-test",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            }
            bait = Path(home, "bait.txt")
            bait.write_text(_BAIT)  # noqa: ASYNC240 - forty bytes, once
            trial = _Trial(command({**scrubbed, **own}), mirror, bait)
            try:
                return await trial.result()
            finally:
                await trial.process.kill()


class _Trial:
    """One process going through every step; a step that fails costs only what it proves."""

    def __init__(self, command: Command, mirror: Mirror, bait: Path) -> None:
        self._command = command
        self.process = CliProcess(command)
        self._mirror = mirror
        self._bait = bait

    async def result(self) -> Mechanisms:
        async with asyncio.timeout(_STEP_SECONDS):
            await self.process.spawn()
            await self.process.bind(_SYSTEM)
        proven: dict[str, bool] = {}
        steps = (
            self._verbatim,
            self._late_binding,
            self._history,
            self._rewind,
            self._settings,
            self._tools,
            self._resume,
        )
        for step in steps:
            name = step.__name__.lstrip("_")
            proven[name] = await self._holds(step)
            if not proven[name]:
                log.warning("the engine's %s does not work with this CLI and is not used", name.replace("_", " "))
        return Mechanisms(**proven)

    async def _holds(self, step: Callable[[], Awaitable[bool]]) -> bool:
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                return await step()
        except Exception as error:  # noqa: BLE001 - whatever it was, the mechanism did not work
            log.info("self-test: %s", type(error).__name__)
            return False

    async def _verbatim(self) -> bool:
        """Neither is a file read that a chat names, nor does a chat's word run a command."""
        for text in (f"@{self._bait}", "/cost"):
            await self._ask(text)
            if _texts(self._mirror.last)[-1:] != [text] or _BAIT in str(self._mirror.bodies):
                return False
        return True

    async def _late_binding(self) -> bool:
        return _SYSTEM in str(self._mirror.last.get("system"))

    async def _history(self) -> bool:
        self.process.held.clear()
        await self.process.adopt(Wanted(_SYSTEM, _BEFORE, _SETTINGS.model), _SETTINGS, Toolbox())
        await self._ask("three")
        return _texts(self._mirror.last)[-3:] == ["one", "two", "three"]

    async def _rewind(self) -> bool:
        await self.process.settle()
        await self.process.adopt(Wanted(_SYSTEM, (), _SETTINGS.model), _SETTINGS, Toolbox())
        await self._ask("four")
        return _texts(self._mirror.last)[-1:] == ["four"] and "three" not in _texts(self._mirror.last)

    async def _settings(self) -> bool:
        changed = Settings(
            model="claude-opus-4-5", extra_body='{"stop_sequences":["END"]}', max_output_tokens="77", thinking_tokens=0
        )
        await self._ask("five", changed)
        sent = self._mirror.last
        return (sent.get("model"), sent.get("stop_sequences"), sent.get("max_tokens")) == (
            "claude-opus-4-5",
            ["END"],
            77,
        )

    async def _tools(self) -> bool:
        asked = len(self._mirror.bodies)
        await self._ask("six", box=toolbox([Tool("self_test", "Never run.", {"type": "object", "properties": {}})]))
        offered = [tool["name"] for tool in self._mirror.last.get("tools") or ()]
        return offered == ["self_test"] and len(self._mirror.bodies) == asked + 1

    async def _resume(self) -> bool:
        """On a process of its own: what it read at its start is there, and can be taken back."""
        with resuming_command(self._command, _BEFORE, _SETTINGS.model) as (command, held):
            first, self.process = self.process, CliProcess(command, held=held)
            await first.kill()
            await self.process.spawn()
            await self.process.bind(_SYSTEM)
        await self._ask("seven")  # the file is gone by then, as it is in earnest
        read = _texts(self._mirror.last)[-3:] == ["one", "two", "seven"]
        bound = _SYSTEM in str(self._mirror.last.get("system"))
        return read and bound and await self._rewind() and _texts(self._mirror.last) == ["four"]

    async def _ask(self, text: str, settings: Settings = _SETTINGS, box: Toolbox | None = None) -> None:
        async for _ in self.process.ask(UserMessage((Text(text),)), settings, box or Toolbox()):
            pass


def _texts(body: Mapping[str, Any]) -> list[str]:
    """The texts of the conversation, without what the CLI adds of its own."""
    contents = [message["content"] for message in body.get("messages", ()) if message["role"] != "system"]
    blocks = [block for content in contents for block in ([{"text": content}] if isinstance(content, str) else content)]
    return [block["text"] for block in blocks if "text" in block and not block["text"].startswith("<system-reminder>")]
