"""`python -m tests.bench [--quick]`: measure, print a table with the bars, write JSON and a plot."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.bench.conduct import conduct
from tests.bench.plot import plot
from tests.bench.scale import FULL, QUICK
from tests.bench.table import table
from tests.tidegate_process import ROOT

BUILD = ROOT / "build" / "bench"
README = ROOT / "assets"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a short run that shows the order of magnitude")
    arguments.add_argument("--into", type=Path, help="folder for speed.json and speed.svg")
    given = arguments.parse_args()
    into: Path = given.into or (BUILD if given.quick else README)
    begun = time.monotonic()

    def say(sentence: str) -> None:
        print(f"[{time.monotonic() - begun:4.0f} s] {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - progress, for whoever waits

    with tempfile.TemporaryDirectory(prefix="tidegate-bench-", ignore_cleanup_errors=True) as folder:
        figures = asyncio.run(conduct(QUICK if given.quick else FULL, Path(folder), say, quick=given.quick))
    into.mkdir(parents=True, exist_ok=True)
    (into / "speed.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    (into / "speed.svg").write_text(plot(figures))
    print(table(figures))  # noqa: T201 - what it was run for
    return 0


if __name__ == "__main__":
    sys.exit(main())
