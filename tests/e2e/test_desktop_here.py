"""The desktop program on whatever system this is: it starts, obeys the command line, and leaves nothing behind.

On Linux without a screen it has no icon; tests/e2e/desktop shows what it does with one.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from tests.tidegate_process import environment, run, start

LIMIT_SECONDS = 60


def test_started_hidden_it_obeys_is_one_and_ends(tmp_path: Path):
    environ = environment(tmp_path)
    program = start(environ, "--hidden")
    try:
        status = told_by(environ, program)
        assert (status["paused"], status["engine"]) == (False, "demo")
        assert json.loads(run(environ, "pause", "--json").stdout)["ok"]
        again = run(environ, "--hidden")
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        assert told_by(environ, program)["paused"] is True
        assert run(environ, "restart").returncode == 0
        assert run(environ, "stop").stdout == "Tidegate has ended.\n"
        _, said = program.communicate(timeout=LIMIT_SECONDS)
    finally:
        program.kill()
        program.communicate()
    assert (program.returncode, "Traceback" in said) == (0, False)
    assert run(environ, "status").returncode == 3


def told_by(environ: dict[str, str], program: subprocess.Popen[str]) -> dict[str, object]:
    """Its status, once it serves."""
    end = time.monotonic() + LIMIT_SECONDS
    while (ran := run(environ, "status", "--json")).returncode != 0:
        assert program.poll() is None, program.communicate()
        assert time.monotonic() < end, ran.stdout
    found: dict[str, object] = json.loads(ran.stdout)
    return found
