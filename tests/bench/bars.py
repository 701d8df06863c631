"""The bars that the figures are held against, and by how much one was met or missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.figures import Figures, Loop


@dataclass(frozen=True, slots=True)
class Bar:
    """`limit` is the most that is allowed, or with `at_least` the least."""

    figure: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        said = f"{self.value:.3g}{self.unit}, bar {sign} {self.limit:.3g}{self.unit}"
        if self.met:
            return f"met     {self.figure}: {said}"
        by = abs(self.value - self.limit) / self.limit if self.limit else abs(self.value)
        return f"MISSED  {self.figure}: {said}, by {by:.0%}"


def bars(figures: Figures) -> Iterator[Bar]:
    """Every bar, in the order of the measurements."""
    first = {name: found.median for name, found in figures.first_ms.items()}
    for kind, share in (("live", 1 / 8), ("same", 1 / 8), ("spare", 1 / 2)):
        yield Bar(f"first token, agent {kind}, as a share of query()", first[f"agent {kind}"] / first["query"], share)
    if figures.own_share_ms and figures.over_floor_ms:
        yield Bar("Tidegate's own share of the first token, agent", figures.own_share_ms.median, 8, " ms")
        yield Bar("first token, direct, over the floor", figures.over_floor_ms.median, 4, " ms")
    yield from _streams(figures)
    yield from _loops(figures)
    for name, memory in figures.memory.items():
        yield Bar(f"memory growth over {memory.requests} requests, {name}", memory.growth * 100, 5, " %")
        yield Bar(f"server process idle, no spares, {name}", memory.idle, 120, " MB")


def _streams(figures: Figures) -> Iterator[Bar]:
    lost = sum(paced.lost for paced in figures.paced.values())
    lost += sum(streams.lost + streams.failed for each in figures.streams.values() for streams in each)
    yield Bar("tokens lost or answers failed", lost, 0)
    for name, each in figures.streams.items():
        for streams in each:
            if streams.at_once == 10 and name in ("agent", "direct"):
                yield Bar(f"unmerged deltas, 10 streams, {name}", streams.unmerged_share * 100, 95, " %", at_least=True)
    totals = {name: each[-1].total_ms.median for name, each in figures.streams.items()}
    at_once = figures.streams["direct"][-1].at_once
    for floor in ("floor", "wire"):
        yield Bar(f"{at_once} streams, direct, total over that of {floor}", totals["direct"] / totals[floor], 1.15, "x")


def _loops(figures: Figures) -> Iterator[Bar]:
    few, *more = figures.loops["agent"]
    yield _rate("agent", few, 25)
    for loop in more:
        yield _rate("agent", loop, few.per_second.median)
    for name, most in (("agent", 6), ("direct", 1)):
        for loop in figures.loops[name]:
            what = f"CPU seconds per 100 requests, {name}, {loop.at_once} at once"
            yield Bar(what, loop.cpu_per_100.whole, most, " s")
    for loop in figures.loops["direct"]:
        yield _rate("direct", loop, 150)
        yield _rate("direct (the goal)", loop, 300)
    yield Bar("requests failed", sum(loop.failed for each in figures.loops.values() for loop in each), 0)


def _rate(name: str, loop: Loop, least: float) -> Bar:
    return Bar(f"closed loop, {name}, {loop.at_once} at once", loop.per_second.median, least, "/s", at_least=True)
