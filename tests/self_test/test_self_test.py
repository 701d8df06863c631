"""`tidegate --self-test` of this checkout passes, and its table and its exit code tell when something is missing."""

from __future__ import annotations

import re

from app.self_test.report import Line, table
from tests import tidegate_process


def test_this_checkout_passes_its_own_self_test(tmp_path):
    done = tidegate_process.run(tidegate_process.environment(tmp_path), "--self-test")
    lines = re.findall(r"^(ok|skipped|FAILED) +(.+?) +[\d.]+ s  ", done.stdout, re.MULTILINE)
    results = {title: result for result, title in lines}
    assert done.returncode == 0, done.stdout
    results.pop("tray icon")  # the system's own affair
    assert results == dict.fromkeys(
        [
            "engine's program",
            "start to /health",
            "direct engine",
            "agent engine",
            "dashboard's pages",
            "keyring",
            "start at login",
            "signed updates",
        ],
        "ok",
    )


def test_the_table_counts_what_failed_and_what_was_left_out():
    lines = [
        Line("one", "ok", "fine", 1.0),
        Line("two", "FAILED", "no", 2.0),
        Line("three", "skipped", "not here", 0.0),
    ]
    assert table(lines).splitlines()[1:] == [
        "ok       one     1.00 s  fine",
        "FAILED   two     2.00 s  no",
        "skipped  three   0.00 s  not here",
        "1 passed, 1 failed, 1 skipped",
    ]
