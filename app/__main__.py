"""`python -m app` and the `tidegate` command."""

from __future__ import annotations

import sys

from app.cli import run


def main() -> int:
    """Run the command line; returns the exit code."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
