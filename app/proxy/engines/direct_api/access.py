"""How the service is reached."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """A key, an address, and how long to wait for it."""

    api_key: str = field(repr=False)
    base_url: str = "https://api.anthropic.com"
    connect_seconds: float = 10.0
    silence_seconds: float = 600.0
    """The longest the service may say nothing; the pipeline's own deadlines come first."""
