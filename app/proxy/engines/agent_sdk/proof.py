"""What the self-test proved of one build of the CLI, kept so that the next start need not wait for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from app.proxy.engines.agent_sdk.self_test import ALL, Mechanisms


async def proven_once(prove_now: Callable[[], Awaitable[Mechanisms]], cli: Path, file: Path) -> Mechanisms:
    """What the kept proof for this very program says, else what a new self-test finds out."""
    whole = Proof(build_of(cli), Mechanisms.__struct_fields__)
    if Proof.read(file) == whole:
        return ALL
    found = await prove_now()
    if found == ALL:  # one with gaps is not kept, the gap may have been a busy machine
        whole.write(file)
    return found


class Proof(msgspec.Struct, frozen=True):
    """That everything worked."""

    build: str
    proven: tuple[str, ...]
    """The names of all mechanisms there were when it was written; a newer Tidegate may know more."""

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The kept one, if there is one that can be read."""
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(file.read_bytes(), type=cls)
        return None

    def write(self, file: Path) -> None:
        """Keep it; that it can't be kept costs a self-test at the next start."""
        with suppress(OSError):
            file.write_bytes(msgspec.json.encode(self))


def build_of(cli: Path) -> str:
    """Changes when another CLI is there: its size and the moment it was written."""
    try:
        status = cli.stat()
    except OSError:
        return "missing"
    return f"{status.st_size}-{status.st_mtime_ns}"
