"""The environment of a child process that talks to the stand-in, built from nothing."""

from __future__ import annotations

import os
from pathlib import Path

KEY = "sk-ant-stand-in"
HERE_ONLY = {"HTTPS_PROXY": "http://127.0.0.1:9", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
"""No proxy answers there, so that nothing the CLI might try gets out."""


def engine_environment(url: str, home: Path) -> dict[str, str]:
    """Everything the CLI needs and nothing of the developer's own: no account, no key, no proxy.

    The SDK merges its own `env` over its parent's environment, so the *parent* has to be started with this too, or
    `os.environ` replaced by it.
    """
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    } | ({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {})
