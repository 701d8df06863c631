"""The steps in order, and the table they make."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from app import __version__
from app.self_test import answers, parts
from app.self_test.service import Service


class Line(msgspec.Struct, frozen=True):
    """What came of one step."""

    title: str
    result: str
    """ok, FAILED or skipped."""
    words: str
    seconds: float


def run() -> int:
    """Take every step and print the table; 0 when none failed."""
    scratch = tempfile.TemporaryDirectory(prefix="tidegate-self-test-", ignore_cleanup_errors=True)
    with scratch as folder, Service().listening() as service:
        lines = [_taken(title, step) for title, step in _steps(Path(folder), service)]
    print(table(lines), flush=True)  # noqa: T201 - the command line talks on standard output
    return 1 if any(line.result == "FAILED" for line in lines) else 0


def table(lines: Sequence[Line]) -> str:
    """One line a step, and a closing one for whoever reads only that."""
    failed = sum(line.result == "FAILED" for line in lines)
    skipped = sum(line.result == "skipped" for line in lines)
    width = max(len(line.title) for line in lines)
    rows = [f"{line.result:8} {line.title:{width}} {line.seconds:6.2f} s  {line.words}" for line in lines]
    closing = f"{len(lines) - failed - skipped} passed, {failed} failed, {skipped} skipped"
    return "\n".join([f"Tidegate {__version__} on {sys.platform}", *rows, closing])


def _steps(folder: Path, service: Service) -> Iterable[tuple[str, Callable[[], str]]]:
    yield "engine's program", parts.engine_program
    yield "start to /health", lambda: answers.start(folder / "start")
    for engine in ("direct", "agent"):
        yield f"{engine} engine", lambda engine=engine: answers.through(engine, folder / engine, service)  # type: ignore[misc]
    yield "dashboard's pages", parts.pages
    yield "keyring", parts.keyring
    yield "tray icon", parts.tray
    yield "start at login", lambda: parts.autostart(folder / "login")
    yield "signed updates", parts.updates


def _taken(title: str, step: Callable[[], str]) -> Line:
    started = time.perf_counter()
    try:
        result, words = "ok", step()
    except parts.Absent as absent:
        result, words = "skipped", str(absent)
    except Exception as error:  # noqa: BLE001 - whatever it was, this step failed and the next is taken
        result, words = "FAILED", f"{type(error).__name__}: {error}"
    return Line(title, result, words, time.perf_counter() - started)
