"""How the CLI is started: nothing but the chat may reach the model, and nothing of this machine may reach the chat."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import claude_agent_sdk
from claude_agent_sdk import ClaudeAgentOptions
from claude_agent_sdk._internal.transport.subprocess_cli import SubprocessCLITransport

from app import __version__

OLDEST_SAFE_CLI = (2, 1, 248)
"""Older CLIs ignore `client_composed`: a chat text with @/etc/passwd in it would read the file."""

_FIXED_ENVIRONMENT = {
    # No silent waiting: apps retry by themselves, and a retry after the first words would double them.
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_RETRY": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK": "1",
    "DISABLE_AUTO_COMPACT": "1",
    # The chat app's tools under their own names, all of them, at once.
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX": "1",
    "ENABLE_TOOL_SEARCH": "false",
    # Half the CPU per streamed token.
    "CLAUDE_CODE_PLAIN_DELTA_FAST_PATH": "1",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
    "DISABLE_AUTOUPDATER": "1",
}

_NO_BROWSER = "tidegate-opens-the-page-itself"
"""No program has this name: else the page would be there twice, opened by the CLI and by the button that was clicked.
It heeds the variable on every system (2.1.329's builds for Linux, macOS and Windows) and prints the address anyway."""

NOT_STARTED = (126, 127)
"""How the launcher in front of the program ends when that is missing or can't be executed."""


@dataclass(frozen=True, slots=True)
class Command:
    """Everything needed to start one CLI process."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    """May hold credentials."""
    folder: Path


def cli_command(environment: Mapping[str, str], folder: Path, cli: Path | None = None) -> Command:
    """The command for one process.

    `environment`: all the child gets from outside, already reduced to an allow-list; `folder`: an empty private
    folder to run in; `cli`: another executable than the one the SDK brings.
    """
    path = cli or bundled_cli()
    options = ClaudeAgentOptions(
        cli_path=path,
        cwd=folder,
        tools=[],  # an empty allowed_tools would disable nothing
        setting_sources=[],
        strict_mcp_config=True,
        permission_mode="dontAsk",
        include_partial_messages=True,
        verbatim_prompts=True,
        extra_args={"no-session-persistence": None},
    )
    # The SDK alone knows its flags; asking it needs one private call, which test_command pins to this version.
    argv = SubprocessCLITransport(prompt="", options=options)._build_command()  # noqa: SLF001
    return Command(
        argv=(*_death_with_parent(), *argv),
        environment={
            **environment,
            **_FIXED_ENVIRONMENT,
            "CLAUDE_AGENT_SDK_CLIENT_APP": f"tidegate/{__version__}",
            "CLAUDE_AGENT_SDK_VERSION": claude_agent_sdk.__version__,
            "CLAUDE_CODE_TMPDIR": str(scratch(folder)),
            "PWD": str(folder),
        },
        folder=folder,
    )


def leaves_words_alone(version: str | None) -> bool:
    """Whether a CLI of this version heeds `client_composed`; one that tells none is left to the self-test."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version or "")
    return numbers is None or tuple(map(int, numbers.groups())) >= OLDEST_SAFE_CLI


def scratch(folder: Path) -> Path:
    """Where processes that run in `folder` put down what they forget when they are killed, and find what they read at
    their start; beside it, so that it stays empty. Nobody misses it at the next start."""
    return folder.with_name(f"{folder.name}-scratch")


def auth_command(environment: Mapping[str, str], folder: Path, *asked: str, cli: Path | None = None) -> Command:
    """The command that asks the same program about its sign-in (`status`, `login`, `logout`); parameters as above.

    Nothing of it is read or changed here: the program keeps, renews and removes the sign-in itself. Only the one that
    waits for a person dies with Tidegate: killed in the middle of a renewal, the others could lose the sign-in.
    """
    for_a_person = asked[:1] == ("login",)
    return Command(
        argv=(*(_death_with_parent() if for_a_person else ()), str(cli or bundled_cli()), "auth", *asked),
        environment={
            **environment,
            "DISABLE_AUTOUPDATER": "1",
            "PWD": str(folder),
            **({"BROWSER": _NO_BROWSER} if for_a_person else {}),
        },
        folder=folder,
    )


def bundled_cli() -> Path:
    """The unmodified program that comes with the SDK; the file may be missing (antivirus software)."""
    name = "claude.exe" if sys.platform == "win32" else "claude"
    return Path(claude_agent_sdk.__file__).parent / "_bundled" / name


def _death_with_parent() -> tuple[str, ...]:
    """A prefix that lets the kernel end the child when Tidegate is killed; where there is none, see orphans."""
    if sys.platform == "linux" and (setpriv := shutil.which("setpriv", path=os.defpath)):
        return (setpriv, "--pdeathsig", "KILL", "--")
    return ()
