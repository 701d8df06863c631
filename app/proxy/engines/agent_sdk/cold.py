"""The slow way that needs no unwritten mechanism: a process of its own for each turn, told everything at its start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.parameters import THINKING_SHOWN, Settings


@contextmanager
def cold_command(command: Command, system: str, settings: Settings) -> Iterator[Command]:
    """The command of a process for one turn; the file with its system prompt lasts until the end of the block.

    The prompt is in a file of the person's own, because everybody on the machine can read a command line.
    """
    handle, name = tempfile.mkstemp(prefix="tidegate-", suffix=".txt")  # made for its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(system)
        yield replace(
            command,
            argv=(*_without_system_prompt(command.argv), *_arguments(Path(name), settings)),
            environment={**command.environment, **settings.variables},
        )
    finally:
        Path(name).unlink(missing_ok=True)


def _arguments(system_file: Path, settings: Settings) -> Iterator[str]:
    yield from ("--system-prompt-file", str(system_file), "--model", settings.model)
    if settings.effort:
        yield from ("--effort", settings.effort)
    if settings.thinking_tokens is not None:
        yield from ("--max-thinking-tokens", str(settings.thinking_tokens))
    if settings.thinking_shown:
        yield from ("--thinking-display", THINKING_SHOWN)


def _without_system_prompt(argv: tuple[str, ...]) -> tuple[str, ...]:
    at = argv.index("--system-prompt")
    return argv[:at] + argv[at + 2 :]
