"""Whether the CLI is, byte for byte, the one its makers published.

The list of files in the SDK's wheel holds its SHA-256. That wheel was installed against a hash of our own
(`requirements/*.txt`), and the list goes into a packaged Tidegate with the CLI, so the same comparison holds in a
checkout and in an installed program.
"""

from __future__ import annotations

import base64
import hashlib
from enum import Enum
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from app.proxy.engines.agent_sdk.command import bundled_cli

_PACKAGE = "claude-agent-sdk"


class Verdict(Enum):
    """What a look at the CLI found; the value is a sentence for a person."""

    GENUINE = "The engine's program is the one its makers published."
    CHANGED = (
        "The engine's program is not the one its makers published. Repair or reinstall Tidegate; "
        "antivirus software may have changed it."
    )
    MISSING = "The engine's program is missing. Repair or reinstall Tidegate; antivirus software may have removed it."
    UNKNOWN = "Nothing here says what the engine's program should be. Reinstall Tidegate."


def verdict(cli: Path | None = None) -> Verdict:
    """Compare the CLI with its recorded hash; it reads 400 MB, so it takes a second. `cli`: instead of ours."""
    cli = cli or bundled_cli()
    if not cli.is_file():
        return Verdict.MISSING
    recorded = recorded_sha256(cli.name)
    if recorded is None:
        return Verdict.UNKNOWN
    return Verdict.GENUINE if sha256(cli) == recorded else Verdict.CHANGED


def recorded_sha256(name: str, package: Distribution | None = None) -> str | None:
    """The CLI's SHA-256 in hexadecimal, as the SDK's wheel lists it; None when no list has it."""
    try:
        package = package or distribution(_PACKAGE)
    except PackageNotFoundError:
        return None
    for file in package.files or ():
        if file.parts == ("claude_agent_sdk", "_bundled", name) and file.hash and file.hash.mode == "sha256":
            return base64.urlsafe_b64decode(file.hash.value + "=").hex()
    return None


def sha256(file: Path) -> str:
    """In hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
