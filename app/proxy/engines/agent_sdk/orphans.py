"""Ends what an earlier Tidegate left running when it was killed.

On Linux the kernel does that at once (see `command`). Elsewhere, and where that launcher is missing, each process is
noted in a file while it lives; the next start ends those of them that still run. A process is known by its number
and the moment it was started, because numbers are used again.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from pathlib import Path

import psutil

log = logging.getLogger(__name__)


class Ledger:
    """The file with the processes that live now; written at each change, read once at the start."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._swept = False
        self._living: dict[int, float] = {}

    def add(self, pid: int) -> None:
        """Note a process that was just started."""
        with contextlib.suppress(psutil.Error):
            self._living[pid] = psutil.Process(pid).create_time()
            self._write()

    def remove(self, pid: int) -> None:
        """Note that a process has ended."""
        if self._living.pop(pid, None) is not None:
            self._write()

    def sweep(self) -> int:
        """End all that an earlier program noted and that still runs, once; how many there were."""
        if self._swept:
            return 0
        self._swept = True
        ended = 0
        for pid, started in self._read().items():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                if process.create_time() == started:
                    process.kill()
                    ended += 1
        self._write()
        if ended:
            log.warning("ended %d processes that an earlier run of Tidegate had left behind", ended)
        return ended

    def _read(self) -> dict[int, float]:
        try:
            noted = json.loads(self._file.read_text())
            return {int(pid): float(started) for pid, started in noted.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError):
            log.warning("the list of engine processes can't be read and is begun anew")
            return {}

    def _write(self) -> None:
        try:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self._living))
            fresh.replace(self._file)
        except OSError as error:  # a full disk must not cost an answer
            log.warning("the list of engine processes can't be written: %s", error.strerror)


@functools.cache
def ledger_in(run_folder: Path) -> Ledger:
    """The one of this program: while one engine takes over from another, the processes of both are in it."""
    return Ledger(run_folder / "engine-processes.json")
