"""How much is measured: enough to compare, or just enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    rounds: int
    """Runs of each way for first token and total."""
    starts: int
    """Starts of each engine."""
    at_once: tuple[tuple[int, int], ...]
    """(streams held at once, how often)."""
    loops: int
    """Closed loops of each kind."""
    agent_requests: int
    """In one closed loop."""
    direct_requests: int
    memory_warm_up: int
    memory_requests: int
    seconds: float
    """Everything ends after so long."""


FULL = Scale(
    rounds=20,
    starts=20,
    at_once=((1, 20), (4, 5), (10, 3), (25, 3)),
    loops=3,
    agent_requests=200,
    direct_requests=1500,
    memory_warm_up=300,
    memory_requests=500,
    seconds=1500,
)
QUICK = Scale(
    rounds=4,
    starts=2,
    at_once=((1, 1), (4, 1), (10, 1), (25, 1)),
    loops=1,
    agent_requests=80,
    direct_requests=600,
    memory_warm_up=100,
    memory_requests=100,
    seconds=300,
)
