"""`python -m app` and the `tidegate` command."""

from __future__ import annotations

import sys

from app.interrupts import end_at_once


def main() -> int:
    """Run the command line; returns the exit code."""
    end_at_once()
    from app.cli import run  # noqa: PLC0415  takes a tenth of a second, in which Ctrl-C may come

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
