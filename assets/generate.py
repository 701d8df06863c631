"""Draws every picture of Tidegate's mark out of the few lines below: run it after a change, and commit what it made.

    python assets/generate.py          wants rsvg-convert (Debian package librsvg2-bin) and Pillow

The mark is a gate with the tide in it. The state of the program changes its shape, never only its colour:
    ready      the gate is open, the tide comes in
    busy       the gate is full to the brim
    attention  an exclamation mark at its corner
    stopped    the gate is barred, and dry
"""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

from PIL import Image

ASSETS = Path(__file__).resolve().parent
TRAY = ASSETS.parent / "app" / "tray" / "icons"
STATES = ("ready", "busy", "attention", "stopped")
INKS = {"colour": "#fff", "light": "#fff", "dark": "#1c2b33", "template": "#000"}
"""colour: on its own tile, for any panel; light and dark: for dark and light panels; template: macOS tints it."""
SIZES = (16, 20, 22, 24, 32, 40, 44, 48, 64, 128, 256, 512, 1024)
TRAY_SIZE = 128
"""The tray scales it down; twice what any panel shows."""

TILE = '<rect width="64" height="64" rx="15" fill="{tile}"/>'
GATE = '<path d="M13 50V31a19 19 0 0 1 38 0v19" fill="none" stroke="{ink}" stroke-width="6" stroke-linecap="round"/>'
WAVE = """<path d="M22.5 {y}q4.75-4.5 9.5 0t9.5 0" fill="none" stroke="{colour}" stroke-width="4.5"
stroke-linecap="round"/>"""
TIDE = WAVE.format(y=35.5, colour="{tide}") + WAVE.format(y=47.5, colour="{deep}")
FULL = (
    """<path d="M21 50V32q2.75-4.5 5.5-3.25t5.5 2.5t5.5 0t5.5 .75V50a3 3 0 0 1-3 3H24a3 3 0 0 1-3-3z" fill="{tide}"/>"""
)
BARS = """<path d="M26.5 26V50 M37.5 26V50 M13 53H51" fill="none" stroke="{ink}" stroke-width="5"
stroke-linecap="round"/>"""
CORNER = """<mask id="corner"><rect width="64" height="64" fill="#fff"/>
<circle cx="46" cy="46" r="20" fill="#000"/></mask>"""
CALL = """<circle cx="47" cy="47" r="16" fill="{call}"/>
<path d="M47 38V48" stroke="{call_ink}" stroke-width="6" stroke-linecap="round"/>
<circle cx="47" cy="56" r="3.4" fill="{call_ink}"/>"""
CALL_CUT = """<mask id="call"><rect width="64" height="64" fill="#fff"/>
<path d="M47 38V48" stroke="#000" stroke-width="6" stroke-linecap="round"/>
<circle cx="47" cy="56" r="3.4" fill="#000"/></mask>
<circle cx="47" cy="47" r="16" fill="{ink}" mask="url(#call)"/>"""


def drawing(state: str, kind: str) -> str:
    """The mark as SVG text."""
    ink = INKS[kind]
    on_tile = kind == "colour"
    colours = {
        "ink": "#f2fbfb" if on_tile else ink,
        "tide": "#8fe3dd" if on_tile else ink,
        "deep": "#4cc2c0" if on_tile else ink,
        "tile": "#66757a" if state == "stopped" else "#0c6570",
        "call": "#ffb02e",
        "call_ink": "#3a2500",
    }
    parts = [GATE, {"stopped": BARS, "busy": FULL}.get(state, TIDE)]
    body = "\n".join([TILE, *parts] if on_tile else parts)
    if state == "attention":
        body = f'{CORNER}<g mask="url(#corner)">{body}</g>{CALL if on_tile else CALL_CUT}'
    view = "0 0 64 64" if on_tile else "4 4 60 60"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img" aria-label="Tidegate">'
    return f"{head}\n<title>Tidegate</title>\n{body.format(**colours)}\n</svg>\n"


def rastered(svg: str, size: int) -> Image.Image:
    """The drawing, `size` pixels wide and high."""
    command = ["rsvg-convert", "--width", str(size), "--height", str(size), "--format", "png"]
    return Image.open(BytesIO(subprocess.run(command, input=svg.encode(), capture_output=True, check=True).stdout))


def main() -> None:
    """Write every file anew."""
    mark = drawing("ready", "colour")
    (ASSETS / "mark.svg").write_text(mark)
    (ASSETS / "mark-plain.svg").write_text(drawing("ready", "dark"))
    pictures = {size: rastered(mark, size) for size in SIZES}
    folder = ASSETS / "png"
    folder.mkdir(exist_ok=True)
    for size, picture in pictures.items():
        picture.save(folder / f"tidegate-{size}.png", optimize=True)
    small = [pictures[size] for size in (16, 20, 24, 32, 40, 48, 64, 128)]
    pictures[256].save(
        ASSETS / "tidegate.ico", sizes=[(p.width, p.height) for p in [*small, pictures[256]]], append_images=small
    )
    pictures[1024].save(ASSETS / "tidegate.icns", append_images=[pictures[size] for size in (32, 64, 128, 256, 512)])
    TRAY.mkdir(exist_ok=True)
    for state in STATES:
        for kind in INKS:
            rastered(drawing(state, kind), TRAY_SIZE).save(TRAY / f"{state}-{kind}.png", optimize=True)


if __name__ == "__main__":
    main()
