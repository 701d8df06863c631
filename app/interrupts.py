"""Ctrl-C while Tidegate loads: there is nothing yet to end or to say, so the process just ends.

Not by an exception: imports swallow some, and one that passes through `exec`, which makes half of all classes, lets
Python end by a signal later although it was caught.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells count."""


def end_at_once() -> None:
    """From now on; where whoever started this has Ctrl-C ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raise_again() -> None:
    """From now on Ctrl-C is an exception as usual: something may have begun that has to be ended."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
