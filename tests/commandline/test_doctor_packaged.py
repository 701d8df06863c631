"""The doctor in a packaged program, where no source file lies beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.commandline.doctor import computer
from app.commandline.doctor.finding import Verdict


@pytest.mark.parametrize(("made_at", "verdict"), [(1_000_000.0, Verdict.GOOD), (9_000_000.0, Verdict.BAD)])
def test_the_clock_is_compared_with_the_day_the_package_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_at: float, verdict: Verdict
):
    program = tmp_path / "tidegate"
    program.touch()
    os.utime(program, (made_at, made_at))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(computer, "__file__", str(tmp_path / "not there.py"))
    [found] = computer.clock(None, now=2_000_000.0)
    assert found.verdict is verdict
