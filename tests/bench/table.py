"""The figures and the bars as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.bars import bars
from tests.bench.figures import CpuShare, Figures, Spread

Row = Sequence[str]


def table(figures: Figures) -> str:
    """Everything, a section each."""
    return "\n".join((*_lines(figures), "", "Bars", *map(str, bars(figures))))


def _lines(figures: Figures) -> Iterator[str]:
    yield f"{figures.machine}, load {figures.load_before:.1f} before and {figures.load_after:.1f} after"
    query = figures.first_ms["query"].median
    yield from _section(
        "First token",
        ("", "ms", "range", "times as fast as query()"),
        ((name, *_ms(first), f"{query / first.median:.1f}") for name, first in figures.first_ms.items()),
    )
    if figures.own_share_ms and figures.over_floor_ms and figures.over_wire_ms:
        yield from _section(
            "Tidegate's share of it",
            ("", "ms", "range"),
            (
                ("agent live over bare", *_ms(figures.own_share_ms)),
                ("direct over floor", *_ms(figures.over_floor_ms)),
                ("direct over wire", *_ms(figures.over_wire_ms)),
            ),
        )
    yield from _section(
        "200 tokens, one every 5 ms",
        ("", "total ms", "range", "added per token", "lost", "unmerged", "CPU s / 1,000 tokens: server", "CLI"),
        (
            (name, *_ms(p.total_ms), f"{p.added_per_token_ms:.3f} ms", str(p.lost), f"{p.unmerged_share:.1%}",
             *_cpu(p.cpu_per_1000_tokens))
            for name, p in figures.paced.items()
        ),
    )  # fmt: skip
    yield from _section(
        "Streams held at once, 100 tokens, one every 20 ms",
        ("", "streams", "total ms", "range", "first token ms", "range", "worst gap", "lost", "unmerged", "failed",
         "CPU s / 1,000 tokens: server", "CLI"),
        (
            (name, str(s.at_once), *_ms(s.total_ms), *_ms(s.first_ms), f"{s.worst_gap_ms:.0f} ms", str(s.lost),
             f"{s.unmerged_share:.1%}", str(s.failed), *_cpu(s.cpu_per_1000_tokens))
            for name, each in figures.streams.items()
            for s in each
        ),
    )  # fmt: skip
    yield from _section(
        "Closed loop, answers of 20 tokens without a pause",
        ("", "at once", "requests/s", "failed", "CPU s / 100 requests: server", "CLI"),
        (
            (name, str(loop.at_once), f"{loop.per_second.median:.0f}", str(loop.failed), *_cpu(loop.cpu_per_100))
            for name, each in figures.loops.items()
            for loop in each
        ),
    )
    yield from _section(
        "Memory of the server process, MB",
        ("", "idle", "warm", "after", "requests", "growth", "each CLI process"),
        (
            (name, f"{m.idle:.0f}", f"{m.warm:.0f}", f"{m.after:.0f}", str(m.requests), f"{m.growth:+.1%}",
             "" if m.per_cli_process is None else f"{m.per_cli_process:.0f}")
            for name, m in figures.memory.items()
        ),
    )  # fmt: skip
    yield from _section(
        "Start to first /health",
        ("", "ms", "range"),
        ((name, *_ms(start)) for name, start in figures.start_ms.items()),
    )


def _section(title: str, head: Row, rows: Iterator[Row] | Sequence[Row]) -> Iterator[str]:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    yield ""
    yield title
    for line in lines:
        cells = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _ms(found: Spread) -> tuple[str, str]:
    return f"{found.median:.1f}", f"{found.low:.1f} to {found.high:.1f}"


def _cpu(share: CpuShare | None) -> tuple[str, str]:
    return ("", "") if share is None else (f"{share.server:.3f}", f"{share.cli:.3f}")
