"""Whose word about new versions counts. Both are set once, before the first release: see docs/building.md."""

from __future__ import annotations

PUBLIC_KEY: str | None = None
"""The public half of the project's minisign key, as `minisign -G` prints it; None until there is one."""

FEED: str | None = None
"""Where `latest.json` of the newest release is; None until there is one. The setting `updates.feed` replaces it."""
