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

    @property
    def can_be_sent(self) -> bool:
        """False for a key that no header can carry: it was pasted with something that is not part of it."""
        return self.api_key.isascii() and self.api_key.isprintable()
