"""The icon on macOS and Windows, as far as it goes without a person; on Linux tests/e2e/desktop shows it for real."""

from __future__ import annotations

import os
import sys
import threading
from typing import get_args

import pytest

from app.tray.icon import open_icon
from app.tray.images import ICONS, Kind, name_of, picture, png
from app.tray.menu import Entry
from app.tray.state import Look

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.skipif(sys.platform not in ("darwin", "win32"), reason="tests/e2e/desktop does more, on Linux")
def test_the_icon_of_this_system_is_shown_changed_and_taken_away():
    icon = open_icon(lambda name: None, lambda: None, os.environ)
    lines = Entry("a", "One"), None, Entry("b", "Two", checked=True)

    def change() -> None:
        icon.show(Look.BUSY, "Tidegate: busy", lines)
        icon.show(
            Look.READY, "Tidegate: ready", (Entry("a", "Other", visible=False), None, Entry("b", "Two", checked=False))
        )
        icon.stop()

    icon.run(threading.Thread(target=change).start)
    assert icon.hosted()


def test_every_state_has_a_picture_of_every_kind_and_no_two_are_the_same_without_colour():
    for kind in KINDS:
        shapes = {picture(look, kind).convert("LA").tobytes() for look in Look}
        assert len(shapes) == len(Look), kind
    assert {path.stem for path in ICONS.glob("*.png")} == {name_of(look, kind) for look in Look for kind in KINDS}


def test_a_picture_comes_in_the_size_it_is_asked_for():
    assert picture(Look.READY, "colour", 22).size == (22, 22)
    assert png(Look.READY, "template", 36).startswith(b"\x89PNG")


def test_the_template_is_black_and_clear_only():
    red, green, blue, _ = picture(Look.ATTENTION, "template").split()
    assert [band.getextrema() for band in (red, green, blue)] == [(0, 0)] * 3
