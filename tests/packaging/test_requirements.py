"""What goes into packages is what was tested."""

from __future__ import annotations

import re

from tests.tidegate_process import ROOT

PINNED = re.compile(r"^([\w.-]+)==(\S+)(?: ;.*)? \\$", re.MULTILINE)


def test_packages_are_made_with_the_versions_that_run():
    run, package = (
        dict(PINNED.findall((ROOT / "requirements" / name).read_text("utf-8"))) for name in ("run.txt", "package.txt")
    )
    assert len(run) > 40
    assert {name: package.get(name) for name in run} == run
