"""How much the agent engine takes on, and how many processes it keeps for that."""

from __future__ import annotations

import msgspec


class PoolLimits(msgspec.Struct, frozen=True):
    """How many processes, for how long. One takes about 100 MB and a third of a second to start."""

    spares: int = 2
    """Started ahead, for chats with a new system prompt; 0 works, such a chat then waits for a start."""
    idle: int = 8
    """Kept for longer than half a minute after a turn; the longest unused goes first."""
    burst: int = 12
    """Kept for that half minute, where these are more: as many as there are turns at once, which may all come again. An
    app that changes its prompt or an early message with each request would otherwise fill the memory with them."""
    idle_seconds: float = 600.0
    """The prompt cache of the service lives five minutes; twice that is generous."""
    turns: int = 300
    """Then a process is replaced, whatever its state: so many unrelated ones were seen to leave nothing behind.

    A new one costs a core about a second.
    """
    told: int = 40
    """Earlier questions that a process is told one by one, each some milliseconds; for more, one is started that reads
    the history at its start, as fast at any length."""
    megabytes: int = 300
    start_seconds: float = 20.0
    """To start and bind one."""


class AgentLimits(msgspec.Struct, frozen=True):
    """How much the engine takes on."""

    pool: PoolLimits = msgspec.field(default_factory=PoolLimits)
    turns_at_once: int = 12
    """Two cores stream about a thousand tokens a second through the CLI: a dozen fast answers."""
    turns_waiting: int = 64
    wait_seconds: float = 30.0
    thinking_allowance: int = 8_192
    """Tokens added to the limit of an app that does not know that models think."""
