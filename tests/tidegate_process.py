"""The real program in a process of its own, with an environment built from nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEY = "tg-test-key"


def environment(home: Path, **more: str) -> dict[str, str]:
    """No account, no API key, no keyring, its state below `home`; any port, and the demo to answer."""
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TIDEGATE_HOME": str(home / "state"),
        "TIDEGATE_API_KEY": KEY,
        "TIDEGATE_PORT": "0",
        "TIDEGATE_ENGINE": "demo",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **{name: os.environ[name] for name in ("SYSTEMROOT", "COVERAGE_PROCESS_START") if name in os.environ},
        **more,
    }


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `tidegate` to its end."""
    return subprocess.run(
        command(*arguments), env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def start(environ: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start `tidegate`; whoever starts it ends it."""
    return subprocess.Popen(
        command(*arguments), env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]
