"""Processes that are told something by files at their start: all of a turn, the slow way that needs no unwritten
mechanism, or a history that would take long to tell."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from app.proxy.engines.agent_sdk.command import Command, scratch
from app.proxy.engines.agent_sdk.history import Held, session
from app.proxy.engines.agent_sdk.parameters import THINKING_SHOWN, Settings
from app.proxy.neutral.turn import Message


@contextmanager
def cold_command(
    command: Command, system: str, settings: Settings, history: Sequence[Message] = ()
) -> Iterator[tuple[Command, list[Held]]]:
    """The command of a process for one turn, and what that process holds; the files it reads last as long as the block.

    `history`: what it is to resume, where it can't be told later. Prompt and history are in files of the person's own,
    because everybody on the machine can read a command line.
    """
    with ExitStack() as files:
        prompt = files.enter_context(_file(command, ".txt", system.encode()))
        held: list[Held] = []
        if history:
            command, held = files.enter_context(resuming_command(command, history, settings.model))
        yield (
            replace(
                command,
                argv=(*_without_system_prompt(command.argv), *_arguments(prompt, settings)),
                environment={**command.environment, **settings.variables},
            ),
            held,
        )


@contextmanager
def resuming_command(command: Command, history: Sequence[Message], model: str) -> Iterator[tuple[Command, list[Held]]]:
    """The command of a process that reads a history at its start, and what it holds then; `model` as in `cold_command`.

    It takes the same time at any length, where each question that is told later takes its own.
    """
    lines, held = session(history, model)
    with _file(command, ".jsonl", lines) as file:
        yield replace(command, argv=(*command.argv, "--model", model, "--resume", str(file))), held


@contextmanager
def _file(command: Command, suffix: str, content: bytes) -> Iterator[Path]:
    """For its owner alone, and gone when it was read; what a killed Tidegate leaves goes at its next start."""
    folder = scratch(command.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield Path(name)
    finally:
        with suppress(OSError):  # Windows keeps a file that somebody has open
            Path(name).unlink()


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
