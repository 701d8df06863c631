"""A Claude Code sign-in that stands in for one, in an empty home, and no way for the CLI to reach the service.

A made-up file in the real CLI's own shape: only tests ever write it, and nothing of ours reads it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.stand_in.environment import HERE_ONLY

_DAY_SECONDS = 86_400.0


def signed_in(home: Path) -> Path:
    """Somebody is signed in there; the file that says so."""
    file = home / ".claude" / ".credentials.json"
    file.parent.mkdir(exist_ok=True)
    ends = int((time.time() + _DAY_SECONDS) * 1000)
    made_up = {"accessToken": "stand-in", "refreshToken": "stand-in", "expiresAt": ends, "scopes": ["user:inference"]}
    file.write_text(json.dumps({"claudeAiOauth": {**made_up, "subscriptionType": "max"}}))
    return file


def account_environment(url: str) -> dict[str, str]:
    """What Tidegate is started with, beside `environment`, to reach the stand-in as whoever is signed in."""
    return {"TIDEGATE_ENGINE": "auto", "ANTHROPIC_BASE_URL": url, "NO_PROXY": "127.0.0.1", **HERE_ONLY}
