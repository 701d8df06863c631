"""How much of a key's limits is used, as the headers of each answer tell; nobody is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.core.status import PlanWindow, window_label

_LIMITS = ("requests", "input-tokens", "output-tokens", "tokens")


def windows_of(headers: Mapping[str, str]) -> tuple[PlanWindow, ...]:
    """The limits that an answer's headers name, each with its used share and the moment it begins anew."""
    found = (_window(name, headers) for name in _LIMITS)
    return tuple(window for window in found if window)


def _window(name: str, headers: Mapping[str, str]) -> PlanWindow | None:
    prefix = f"anthropic-ratelimit-{name}"
    try:
        limit, left = int(headers[f"{prefix}-limit"]), int(headers[f"{prefix}-remaining"])
        resets_at = datetime.fromisoformat(headers[f"{prefix}-reset"]).timestamp()
    except (KeyError, ValueError):
        return None
    if limit <= 0:
        return None
    plain = name.replace("-", "_")
    used_share = min(max(1 - left / limit, 0.0), 1.0)
    return PlanWindow(plain, window_label(plain), used_share, resets_at, "allowed" if left > 0 else "rejected")
