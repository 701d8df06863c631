"""The time to the first token as a picture for the README: one bar for each way to an answer."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tests.bench.figures import Figures

_SHOWN = {
    "query": "one CLI process per request, as others do",
    "agent cold": "Tidegate, nothing ready yet",
    "agent spare": "Tidegate, new system prompt",
    "agent same": "Tidegate, new chat",
    "agent live": "Tidegate, chat goes on",
    "direct": "Tidegate with an API key",
    "floor": "no proxy at all (API key)",
}
_WIDTH, _LABEL, _ROW, _TOP = 780, 316, 30, 48
_STYLE = """text { font: 14px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .note { fill: #59636e }
.other { fill: #8c959f } .ours { fill: #2f6feb }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .note { fill: #9198a1 } }"""


def plot(figures: Figures) -> str:
    """An SVG; readable on a light and on a dark page."""
    height = _TOP + _ROW * len(_SHOWN) + 34
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
            '     aria-label="Time to the first token">',
            f"<style>{_STYLE}</style>",
            '<text class="title" x="0" y="20">Time to the first token, less is better</text>',
            *_bars(figures),
            f'<text class="note" x="0" y="{height - 8}">{escape(_note(figures))}</text>',
            "</svg>",
            "",
        )
    )


def _bars(figures: Figures) -> Iterator[str]:
    shown = {name: figures.first_ms[name].median for name in _SHOWN}
    longest = max(shown.values())
    for place, (name, ms) in enumerate(shown.items()):
        top = _TOP + place * _ROW
        length = max((_WIDTH - _LABEL - 70) * ms / longest, 1.5)
        kind = "other" if name in ("query", "floor") else "ours"
        yield f'<text x="0" y="{top + 15}">{escape(_SHOWN[name])}</text>'
        yield f'<rect class="{kind}" x="{_LABEL}" y="{top}" width="{length:.1f}" height="20" rx="3"/>'
        yield f'<text x="{_LABEL + length + 8:.1f}" y="{top + 15}">{_milliseconds(ms)}</text>'


def _milliseconds(ms: float) -> str:
    return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _note(figures: Figures) -> str:
    return f"Median of {figures.first_ms['query'].count} runs side by side, scripted model API, {figures.machine}"
