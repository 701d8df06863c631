"""Draws every picture of Tidegate's mark out of the few lines below: run it after a change, and commit what it made.

    python assets/generate.py          wants rsvg-convert (Debian package librsvg2-bin) and Pillow

The mark is a gate with the tide at its foot. The state of the program changes its shape, never only its colour:
    ready      the gate is open
    busy       the gate is full of water
    attention  an exclamation mark at its corner
    stopped    the gate is barred, the tide is gone
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

TILE = """<defs><linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/>
<stop offset="1" stop-color="{bottom}"/></linearGradient></defs>
<rect x="2" y="2" width="60" height="60" rx="14" fill="url(#sea)"/>"""
GATE = '<path d="M19 43 V28 a13 13 0 0 1 26 0 V43" fill="none" stroke="{ink}" stroke-width="6" stroke-linecap="round"/>'
WATER = '<path d="M26 41 V28.5 a6 6 0 0 1 12 0 V41 z" fill="{tide}"/>'
TIDE = """<path d="M10 50.5 c3.7 -4.6 7.3 -4.6 11 0 s7.3 4.6 11 0 s7.3 -4.6 11 0 s7.3 4.6 11 0" fill="none"
stroke="{tide}" stroke-width="5" stroke-linecap="round"/>"""
BARS = """<path d="M28.5 27 V47 M35.5 27 V47 M15 50.5 H49" fill="none" stroke="{ink}" stroke-width="4.5"
stroke-linecap="round"/>"""
CORNER = """<mask id="corner"><rect width="64" height="64" fill="#fff"/>
<circle cx="47" cy="47" r="18" fill="#000"/></mask>"""
CALL = """<circle cx="47" cy="47" r="15" fill="{call}"/>
<path d="M47 38.5 V48" stroke="{call_ink}" stroke-width="5.5" stroke-linecap="round"/>
<circle cx="47" cy="55" r="3.1" fill="{call_ink}"/>"""
CALL_CUT = """<mask id="call"><rect width="64" height="64" fill="#fff"/>
<path d="M47 38.5 V48" stroke="#000" stroke-width="5.5" stroke-linecap="round"/>
<circle cx="47" cy="55" r="3.1" fill="#000"/></mask>
<circle cx="47" cy="47" r="15" fill="{ink}" mask="url(#call)"/>"""


def drawing(state: str, kind: str) -> str:
    """The mark as SVG text."""
    ink = INKS[kind]
    on_tile = kind == "colour"
    colours = {
        "ink": "#f1f4f5" if on_tile and state == "stopped" else ink,
        "tide": "#8be4f2" if on_tile else ink,
        "top": "#7c8a91" if state == "stopped" else "#1583a6",
        "bottom": "#56646b" if state == "stopped" else "#0b4b70",
        "call": "#ffb02e",
        "call_ink": "#3a2500",
    }
    parts = [GATE, BARS] if state == "stopped" else [GATE, TIDE]
    if state == "busy":
        parts.append(WATER)
    body = "\n".join([TILE, *parts] if on_tile else parts)
    if state == "attention":
        body = f'{CORNER}<g mask="url(#corner)">{body}</g>{CALL if on_tile else CALL_CUT}'
    view = "0 0 64 64" if on_tile else "4 5 58 58"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">\n{body.format(**colours)}\n</svg>\n'


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
