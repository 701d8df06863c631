"""The measured figures as plain values, as they go into the JSON file."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure, measured several times."""

    median: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.median:.4g} ({self.low:.4g} to {self.high:.4g}, {self.count} times)"


def spread(values: Sequence[float]) -> Spread:
    """Median, and the range without the outermost tenth at either side."""
    ordered = sorted(values)
    outside = len(ordered) // 10
    kept = ordered[outside : len(ordered) - outside]
    return Spread(statistics.median(ordered), kept[0], kept[-1], len(ordered))


@dataclass(frozen=True, slots=True)
class CpuShare:
    """CPU seconds, of the server and of the CLI processes."""

    server: float
    cli: float

    @property
    def whole(self) -> float:
        return self.server + self.cli


@dataclass(frozen=True, slots=True)
class Paced:
    """Answers of 200 tokens, one every 5 ms."""

    total_ms: Spread
    added_per_token_ms: float
    """What a token takes longer than the model API needs to send it; the first one not counted."""
    lost: int
    unmerged_share: float
    cpu_per_1000_tokens: CpuShare | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """Streams of 100 tokens, one every 20 ms, held at once."""

    at_once: int
    total_ms: Spread
    """Until the last of them was complete."""
    first_ms: Spread
    worst_gap_ms: float
    lost: int
    unmerged_share: float
    failed: int
    cpu_per_1000_tokens: CpuShare | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Clients that ask again as soon as they are answered; answers of 20 tokens without a pause."""

    at_once: int
    per_second: Spread
    failed: int
    requests: int
    cpu_per_100: CpuShare


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of the server process, with no spare process, before and after it worked."""

    idle: float
    warm: float
    after: float
    requests: int
    per_cli_process: float | None = None

    @property
    def growth(self) -> float:
        """The share by which it grew after warming up."""
        return self.after / self.warm - 1


@dataclass(slots=True)
class Figures:
    """Everything one run measured; keyed by the names of the ways to an answer."""

    machine: str
    load_before: float
    quick: bool
    first_ms: dict[str, Spread] = field(default_factory=dict)
    own_share_ms: Spread | None = None
    """First token of a live conversation over that of the bare CLI process, by rounds."""
    over_floor_ms: Spread | None = None
    """First token of the direct engine over that of the `anthropic` package straight to the model API, by rounds."""
    over_wire_ms: Spread | None = None
    """First token of the direct engine over that of the bare client that asks it, straight to the model API."""
    paced: dict[str, Paced] = field(default_factory=dict)
    streams: dict[str, list[Streams]] = field(default_factory=dict)
    loops: dict[str, list[Loop]] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    start_ms: dict[str, Spread] = field(default_factory=dict)
    load_after: float = 0.0
