"""Examines what is around Tidegate: folder, disk, clock, environment."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.commandline.doctor.finding import Finding, bad, good, note
from app.core.environment import active_method
from app.core.paths import Paths

_LITTLE_MB = 200
_DAY = 86_400.0
_MUCH_SECONDS = 150.0
"""Off by so much a clock shows wrong times; an answer's own is a little old when it comes."""
_WINS = (
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
)
"""Variables that decide how Claude is reached, before anything a person sets in Tidegate."""
_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def folder(paths: Paths) -> Sequence[Finding]:
    """Where everything is kept, and that nobody else can read it."""
    home = paths.home
    if not home.exists():
        return [note("folder", f"{home} is not there yet: Tidegate makes it at its first start.")]
    if not os.access(home, os.W_OK | os.X_OK):
        return [bad("folder", f"{home} can't be written.", "Take it back, or set TIDEGATE_HOME to another folder.")]
    if sys.platform != "win32" and stat.S_IMODE(home.stat().st_mode) & 0o077:
        return [bad("folder", f"Others can look into {home}.", f"chmod 700 '{home}'")]
    return [good("folder", f"{home}, for its owner only.")]


def disk(paths: Paths) -> Sequence[Finding]:
    """Room for history and log."""
    place = next(place for place in (paths.home, *paths.home.parents) if place.exists())
    free = shutil.disk_usage(place).free >> 20
    if free < _LITTLE_MB:
        return [bad("disk", f"Only {free} MB are free at {place}.", "Free some space: what can't be written is lost.")]
    return [good("disk", f"{free:,} MB free.")]


def clock(ahead: float | None, now: float | None = None) -> Sequence[Finding]:
    """A clock that is far off makes every certificate look invalid, and every time that is shown wrong.

    `ahead`: seconds, by the service that answered last; without that only the program's own date is there to compare.
    """
    now = time.time() if now is None else now
    if ahead is not None and abs(ahead) > _MUCH_SECONDS:
        off, direction = round(abs(ahead) / 60), "ahead of" if ahead > 0 else "behind"
        sentence = f"The computer's clock is {off:,} minutes {direction} the time that came with the last answer."
        return [bad("clock", sentence, "Set the computer's clock, or have the system do it.")]
    made = Path(sys.executable if getattr(sys, "frozen", False) else __file__).stat().st_mtime
    if now < made - _DAY:
        return [
            bad("clock", "The computer's clock is behind the day this program was made.", "Set the computer's clock.")
        ]
    agreed = "" if ahead is None else ", as the service has it too"
    return [good("clock", time.strftime("%A %H:%M, %Z", time.localtime(now)) + agreed + ".")]


def variables(environ: Mapping[str, str]) -> Sequence[Finding]:
    """Names only: their values are secrets."""
    found: list[Finding] = []
    winning = [name for name in _WINS if environ.get(name)]
    if winning:
        method = active_method(environ, kept_key=False)
        found.append(
            note(
                "environment",
                f"{', '.join(winning)} decide{'s' if len(winning) == 1 else ''} how Claude is reached: "
                f"{method.sentence}",
                f"If that is not meant, unset {'it' if len(winning) == 1 else 'them'} and start Tidegate again.",
            )
        )
    ours = sorted(name for name in environ if name.startswith("TIDEGATE_"))
    if ours:
        found.append(note("environment", f"{', '.join(ours)} overrule{'s' if len(ours) == 1 else ''} the settings."))
    through = [name for name in _PROXIES if environ.get(name)]
    spared = f"{environ.get('NO_PROXY', '')},{environ.get('no_proxy', '')}"
    if through and "127.0.0.1" not in spared:
        found.append(
            note(
                "environment",
                f"{through[0]} sends chat apps through a proxy, from where they can't reach this computer.",
                "Add 127.0.0.1,localhost to NO_PROXY.",
            )
        )
    return found or [good("environment", "No variable overrules anything.")]
