"""What is told of a limit."""

from __future__ import annotations

import pytest

from app.commandline.words import status_text
from app.core.moments import moment
from app.core.status import PlanWindow, standing, window_words

NOON = 1_795_262_400.0
LATER = NOON + 3_600


def window(share: float | None, resets_at: float | None, status: str = "allowed") -> PlanWindow:
    return PlanWindow("five_hour", "5 hours", share, resets_at, status)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (window(0.42, LATER), f"42% used, resets {moment(LATER, NOON)}"),
        (window(1.0, LATER, "rejected"), f"used up, works again {moment(LATER, NOON)}"),
        (window(None, None, "rejected"), "used up"),
        (window(None, None), "within its limit"),
    ],
)
def test_a_limit_says_how_much_is_used_and_until_when(told: PlanWindow, words: str):
    assert window_words(told, NOON) == words


def test_a_window_that_has_begun_anew_is_not_told_as_it_was_before():
    over, open_, endless = window(1.0, NOON, "rejected"), window(0.4, LATER), window(None, None)
    assert standing((over, open_, endless), NOON) == (open_, endless)


def test_the_command_line_says_it_in_the_same_words():
    status = {
        "sentence": "Claude answered.", "address": "http://127.0.0.1:3456", "method_sentence": ".", "running": 1,
        "started_at": NOON, "build": {"version": "0.1.0"},
        "windows": [{"name": "five_hour", "label": "5 hours", "used_share": None, "resets_at": LATER,
                     "status": "rejected"}],
    }  # fmt: skip
    said = f"Limit, 5 hours  used up, works again {moment(LATER, NOON)}"
    assert said in status_text(status, NOON).splitlines()
